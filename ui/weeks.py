"""Days as columns, one line for each thing that has shifts, bars from when to when (made in ui/calendar.py)."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ui.calendar import Bar, Cell, Day, Row, Week
from ui.components.rota import drawable
from ui.drafts import DAYS
from ui.parts import tabulated


def bar(shift: rx.Var[Bar]) -> rx.Component:
    """One shift, change or gap."""
    style = {"left": shift["left"], "width": shift["width"]}
    return rx.el.span(shift["text"], title=shift["title"], class_name="shift " + shift["tone"].to(str), style=style)


def line(row: rx.Var[Row], on_drawn: Any = None) -> rx.Component:
    """One row of the calendar. `on_drawn`: of the final line, told from where to where was drawn with the mouse."""
    bars = rx.foreach(row["bars"].to(list[Bar]), bar)
    plain = rx.el.div(bars, class_name="track")
    return rx.el.div(
        rx.el.span(row["name"], class_name="line-name"),
        rx.cond(row["kind"] == "final", drawable(bars, on_drawn=on_drawn), plain) if on_drawn is not None else plain,
        class_name="line " + row["kind"].to(str),
    )


def head(day: rx.Var[Day]) -> rx.Component:
    """A day's name."""
    style = {"left": day["left"], "width": day["width"]}
    return rx.el.span(day["text"], class_name="day " + day["tone"].to(str), style=style)


def day(cell: rx.Var[Cell]) -> rx.Component:
    """A day of a month."""
    return rx.el.td(
        rx.el.span(cell["text"], class_name="date"),
        rx.foreach(
            cell["bars"].to(list[Bar]),
            lambda b: rx.el.span(b["text"], title=b["title"], class_name="shift in-day " + b["tone"].to(str)),
        ),
        class_name="cell " + cell["tone"].to(str),
        role="cell",
    )


def month(listed: rx.Var[list[Week]]) -> rx.Component:
    """A month as a grid, with who is on call on each day."""
    grid = rx.foreach(listed, lambda week: rx.el.tr(rx.foreach(week["days"].to(list[Cell]), day), role="row"))
    heads = rx.fragment(*(rx.el.th(text, scope="col", role="columnheader") for text in DAYS))
    return tabulated(heads, grid, "Month", "month")


def weeks(
    heads: rx.Var[list[Day]], lines: rx.Var[list[Row]], label: str = "Shifts", on_drawn: Any = None
) -> rx.Component:
    """All of it; scrolls sideways by itself."""
    return rx.el.div(
        rx.el.div(
            rx.el.span(class_name="line-name"),
            rx.el.div(rx.foreach(heads, head), class_name="track"),
            class_name="line heads",
        ),
        rx.foreach(lines, lambda row: line(row, on_drawn)),
        class_name="calendar",
        tab_index=0,
        role="region",
        custom_attrs={"aria-label": label},
    )
