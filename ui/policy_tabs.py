"""The pages about who is called: policies, what they call besides people, and when they call again."""

from __future__ import annotations

import reflex as rx

from ui.parts import tabs

PLACE = "/policies"
PAGES = (
    ("Escalation", PLACE),
    ("Destinations", "/destinations"),
    ("When an acknowledgement stops to count", "/acknowledged"),
)


def policy_tabs(here: str) -> rx.Component:
    """Links to them; `here`: the path of this one."""
    return tabs("Policies", here, PAGES)
