"""The pages about what pages nobody, and what is expected of jobs: one place, three tabs."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import reflex as rx

from ui.parts import done, tabs
from ui.shell import shell

PLACE = "/noise"
TABS = (("Silences", PLACE), ("Maintenance", f"{PLACE}/maintenance"), ("Heartbeats", f"{PLACE}/heartbeats"))


def noise(here: str, title: str, *content: rx.Component) -> rx.Component:
    """A page. `here`: its path."""
    return shell(
        PLACE,
        rx.el.div(
            tabs("Noise", here, TABS),
            rx.el.h1(title),
            *content,
            rx.el.div(done(), class_name="toast"),
            class_name="setup",
        ),
    )


def typed(at: str | None, zone: str) -> str:
    """A time as an input of the browser has it, by the clock of the zone; "" for none."""
    return "" if at is None else datetime.fromisoformat(at).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
