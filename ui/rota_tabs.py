"""The pages about being on call."""

from __future__ import annotations

import reflex as rx

from ui.parts import tabs

PAGES = (
    ("Now", "/on-call"),
    ("My shifts", "/on-call/mine"),
    ("Load", "/on-call/load"),
    ("Holidays", "/on-call/holidays"),
    ("Calendar links", "/on-call/feeds"),
)


def rota_tabs(here: str) -> rx.Component:
    """Links to them; `here`: the path of this one."""
    return tabs("On call", here, PAGES)
