"""Fields of a draft. Each shows the fault that the API found at its path. `on`: the page's state, an Editing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import reflex as rx

from ui.choices import optional
from ui.drafts import DAYS, Window
from ui.parts import fault, field, only_look, overtaken, select, sure

Path: TypeAlias = Any
"""Of a field of the draft: known now, or in the state."""
ON_HOLIDAYS = [("never", "not on them"), ("only", "only on them")]


def text(on: Any, label: str, path: Path, value: Any, hint: str = "", **attributes: Any) -> rx.Component:
    """What is typed counts when the field is left, so that no letter is lost to an answer that comes meanwhile."""
    control = rx.el.input(default_value=value, on_blur=lambda typed: on.put(path, typed), **attributes)
    return field(label, control, path, hint)


def time(on: Any, label: str, path: Path, value: Any, kind: str = "datetime-local", hint: str = "") -> rx.Component:
    """A time of day (`kind` "time"), or a day and time; on the wall clock that the page says."""
    control = rx.el.input(type=kind, default_value=value, on_change=lambda typed: on.put(path, typed))
    return field(label, control, path, hint)


def pick(
    on: Any, label: str, path: Path, value: Any, options: Sequence[tuple[str, str]] | rx.Var[list[list[str]]]
) -> rx.Component:
    """One of several."""
    return field(label, select(options, value=value, on_change=lambda chosen: on.put(path, chosen)), path)


def somebody(on: Any, label: str, path: Path, value: Any, nobody: str) -> rx.Component:
    """One of `on.people`, [id, name]; `nobody`: what none of them means."""
    chosen = optional(nobody, on.people, value=value, on_change=lambda ident: on.put(path, ident))
    return field(label, chosen, path)


def tick(on: Any, label: str, path: Path, value: Any) -> rx.Component:
    """Yes or no."""
    box = rx.el.input(type="checkbox", checked=value, on_change=lambda checked: on.put(path, checked))
    return rx.el.div(rx.el.label(box, " ", label), fault(path), class_name="tick")


def up_down(on: Any, what: Any, path: Path) -> rx.Component:
    """Earlier, later, away. `what`: for who cannot see what it stands beside."""

    def button(sign: str, word: str, event: Any) -> rx.Component:
        label = rx.Var.create(word + " ") + what
        return rx.el.button(sign, type="button", on_click=event, title=label, custom_attrs={"aria-label": label})

    return rx.el.span(
        button("↑", "Move up", on.shift(path, -1)),
        button("↓", "Move down", on.shift(path, 1)),
        button("×", "Remove", on.drop(path)),
        class_name="nudge",
    )


def windows(on: Any, path: Path, listed: Any, zone: Any, calendars: rx.Var[list[list[str]]]) -> rx.Component:
    """A list of windows. `zone`: of a new one, in the state; "": they have none of their own."""

    def window(item: rx.Var[Window], n: rx.Var[int]) -> rx.Component:
        at = path + "/" + n.to_string()
        return rx.el.li(
            rx.el.div(
                *(_day(on, at + "/days", item["days"], n, name) for n, name in enumerate(DAYS)),
                role="group",
                class_name="days",
                custom_attrs={"aria-label": "Weekdays; none pressed means every day"},
            ),
            time(on, "From", at + "/start", item["start"], "time"),
            time(on, "To (the next day, if not later)", at + "/end", item["end"], "time"),
            text(on, "Zone", at + "/zone", item["zone"]) if isinstance(zone, rx.Var) else rx.fragment(),
            field(
                "Holidays",
                optional(
                    "like any day",
                    calendars,
                    value=item["holidays"],
                    on_change=lambda chosen: on.put(at + "/holidays", chosen),
                ),
                at + "/holidays",
            ),
            rx.cond(
                item["holidays"] != "",
                pick(
                    on,
                    "Then",
                    at + "/on_holidays",
                    item["on_holidays"],
                    [("never", "not on them"), ("only", "only on them")],
                ),
            ),
            rx.el.button("Remove the hours", type="button", on_click=on.drop(at)),
            key=item["key"],
            class_name="form",
        )

    return rx.el.div(
        rx.el.ul(rx.foreach(listed.to(list[Window]), window), class_name="plain"),
        rx.el.button("Add hours", type="button", on_click=on.add_window(path, zone)),
        fault(path),
    )


def _day(on: Any, path: Any, days: Any, n: int, name: str) -> rx.Component:
    pressed = rx.cond(days.to(list[str]).contains(str(n)), "true", "false")
    return rx.el.button(name, type="button", on_click=on.toggle(path, str(n)), custom_attrs={"aria-pressed": pressed})


def team(on: Any) -> rx.Component:
    """Whose it is. `on.teams`: [id, name]."""
    chosen = optional("no team", on.teams, value=on.draft["team_id"], on_change=lambda ident: on.put("/team_id", ident))
    return field("Team", chosen, "/team_id")


def keeping(on: Any, what: str, away: str, deleted: str, *more: rx.Component) -> rx.Component:
    """What becomes of it. `what`: "policy"; `away`: where one goes without saving; `deleted`: what deleting means."""
    buttons = rx.el.div(
        rx.el.button(f"Save the {what}", on_click=on.save, class_name="first", disabled=~on.may_configure),
        rx.el.a("Leave without saving", href=away),
        rx.cond((on.saved != "") & on.may_configure, sure(f"Delete the {what}", deleted, on.delete)),
        rx.cond(on.loaded, only_look(on.may_configure)),
        *more,
        class_name="actions",
    )
    return rx.fragment(overtaken(on.load, on.save), buttons)
