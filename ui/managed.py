"""Sections of the configuration that only a tree may change: said on the pages that edit them."""

from __future__ import annotations

import reflex as rx

from ui.session import Session

SECTIONS = {
    "/on-call": ("schedules", "holiday_calendars"),
    "/policies": ("policies", "last_resort", "organisation", "destinations"),
    "/services": ("services",),
    "/integrations": ("integrations", "routing_rules"),
    "/noise": ("maintenance", "heartbeats"),
    "/people": ("users", "teams"),
    "/profile": ("users",),
}
"""Place in the navigation -> sections of the tree that its pages edit."""
NEVER = {
    "/on-call": "Overrides, temporary schedules, swaps and time off are not: a night needs them now.",
    "/noise": "Silences are not: a night needs them now.",
}


def managed(here: str) -> rx.Component:
    """Over a page of such a section, for who would edit it otherwise. `here`: its place in the navigation."""
    sections = SECTIONS.get(here, ())
    if not sections:
        return rx.fragment()
    locked = rx.Var.create(Session.locked)
    some = locked.contains(sections[0])
    for section in sections[1:]:
        some = some | locked.contains(section)
    names = (rx.cond(locked.contains(s), rx.el.span(s.replace("_", " "), class_name="label")) for s in sections)
    return rx.cond(
        some & Session.may_configure,
        rx.el.p(
            rx.el.strong("Managed by code: "),
            *names,
            " A change by hand is refused: change the tree, and ",
            rx.el.code("sentinel apply"),
            rx.cond(Session.lives_in != "", rx.fragment(". It lives in ", Session.lives_in)),
            ". ",
            NEVER.get(here, ""),
            class_name="then",
            role="note",
        ),
    )
