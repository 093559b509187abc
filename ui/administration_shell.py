"""The pages of the place "Administration"."""

from __future__ import annotations

import reflex as rx

from ui.parts import tabs
from ui.session import Session

HEALTH = ("Health", "/administration")
REST = (
    ("Configuration", "/administration/configuration"),
    ("Versions", "/administration/versions"),
    ("Audit log", "/administration/audit"),
    ("API keys", "/administration/keys"),
)


def places(here: str) -> rx.Component:
    """All of them for managers and administrators; to others the health is shown, and nothing else offered."""
    return rx.cond(Session.may_configure, tabs("Administration", here, (HEALTH, *REST)), rx.fragment())
