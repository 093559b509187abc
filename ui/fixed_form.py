"""Fields for shifts that are written down one by one. `on`: the page's state."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ui.draft_fields import Path, somebody, time
from ui.fixed_draft import Fixed, Shift
from ui.parts import fault


def shifts(on: Any, at: Path, fixed: rx.Var[Fixed]) -> rx.Component:
    """Each with its person and times; `at`: where they are in the draft."""
    return rx.el.div(
        rx.el.h4("Shifts, one by one"),
        rx.el.p(
            "On the clock of the layer's zone, or else the schedule's. Shifts of several people may overlap.",
            rx.cond(fixed["told"] != "", rx.fragment(" Over by now and kept as they were: ", fixed["told"], ".")),
            class_name="dim",
        ),
        rx.el.ul(
            rx.foreach(
                fixed["shifts"].to(list[Shift]), lambda shift, n: _shift(on, shift, at + "/shifts/" + n.to_string())
            ),
            class_name="plain",
        ),
        rx.el.button("Add a shift", type="button", on_click=on.add_shift(at + "/shifts")),
        fault(at + "/shifts"),
    )


def _shift(on: Any, shift: rx.Var[Shift], at: Path) -> rx.Component:
    return rx.el.li(
        somebody(on, "Who", at + "/user", shift["user"], "choose …"),
        time(on, "From", at + "/start", shift["start"]),
        time(on, "To", at + "/end", shift["end"]),
        rx.el.button("Remove the shift", type="button", on_click=on.drop(at)),
        key=shift["key"],
        class_name="form",
    )
