"""An address that leads to no page."""

from __future__ import annotations

import reflex as rx

from ui.shell import shell


def page() -> rx.Component:
    """What to do instead; the places are above."""
    return shell(
        "",
        rx.el.h1("There is no page at this address"),
        rx.el.p(
            "It may be mistyped, or of another version of Sentinel. What is open now is under ",
            rx.el.a("Incidents", href="/incidents"),
            ".",
        ),
    )
