"""Every incident, live."""

from __future__ import annotations

import reflex as rx

from ui.components.live import incident_list
from ui.session import Session
from ui.shell import shell


def page() -> rx.Component:
    """The list does everything in the browser: it is what many people watch."""
    return shell("/incidents", rx.el.h1("Incidents", class_name="out-of-sight"), incident_list(may=Session.may_respond))
