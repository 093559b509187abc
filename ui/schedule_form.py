"""The form in which a schedule is written: its layers, the lowest first. `on`: the page's state."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ui import draft_fields
from ui.choices import optional
from ui.draft_fields import Path, pick, somebody, text, tick, time, up_down, windows
from ui.drafts import DAYS
from ui.fixed_draft import Fixed
from ui.fixed_form import shifts
from ui.parts import fault, field
from ui.schedule_draft import KINDS, UNITS, Going, Layer, Person, Rotation, Turn

WEEKDAYS = [(str(n), name) for n, name in enumerate(DAYS)]


def form(on: Any) -> rx.Component:
    """All fields; a viewer reads them."""
    return rx.el.fieldset(
        rx.el.legend("Schedule", class_name="out-of-sight"),
        rx.el.div(
            text(on, "Name", "/name", on.draft["name"], max_length=200),
            text(on, "Time zone", "/zone", on.draft["zone"], "As in Europe/Berlin"),
            draft_fields.team(on),
            class_name="form",
        ),
        rx.el.h2("Layers"),
        rx.el.p(
            "The first is the base. A later one counts instead of those before it wherever it has somebody.",
            class_name="dim",
        ),
        fault("/layers"),
        rx.el.ol(
            rx.foreach(on.draft["layers"].to(list[Layer]), lambda layer, nth: _layer(on, layer, nth)),
            class_name="plain",
        ),
        rx.el.button("Add a layer", type="button", on_click=on.add_layer),
        disabled=~on.may_configure,
        class_name="bare",
    )


def _layer(on: Any, layer: rx.Var[Layer], n: rx.Var[int]) -> rx.Component:
    # The compiled page names an index after its lambda's argument, so lists within this one must not call theirs `nth`.
    at, fixed = "/layers/" + n.to_string(), layer["fixed"].to(Fixed)
    return rx.el.li(
        rx.el.div(rx.el.h3("Layer ", n + 1, ": ", layer["name"]), up_down(on, layer["name"], at), class_name="head"),
        fault(at),
        text(on, "Name of the layer", at + "/name", layer["name"], max_length=200),
        rx.cond(
            fixed["source"] != "",
            rx.el.p(
                "Imported: ",
                fixed["told"],
                ", which change with their calendar. See Calendars below.",
                class_name="dim",
            ),
            rx.fragment(
                pick(on, "Who is on call in it", at + "/kind", layer["kind"], KINDS),
                rx.cond(
                    layer["kind"] == "fixed",
                    shifts(on, at + "/fixed", fixed),
                    _rotation(on, at + "/rotation", layer["rotation"].to(Rotation)),
                ),
            ),
        ),
        tick(on, "On call together with the layer before it", at + "/together", layer["together"]),
        rx.el.details(
            rx.el.summary("Only at some hours; begin, end and zone of the layer"),
            rx.el.p("Without hours it holds around the clock.", class_name="dim"),
            windows(on, at + "/windows", layer["windows"], "", on.calendars),
            rx.el.div(
                time(on, "Begins", at + "/since", layer["since"]),
                time(on, "Ends", at + "/until", layer["until"]),
                text(on, "Zone, if another", at + "/zone", layer["zone"]),
                class_name="form",
            ),
            open=(layer["windows"].to(list[Any]).length() > 0) | (layer["since"] != "") | (layer["zone"] != ""),
        ),
        key=layer["key"],
        class_name="card",
    )


def _rotation(on: Any, at: Path, turns: rx.Var[Rotation]) -> rx.Component:
    return rx.el.div(
        rx.el.h4("Who takes turns, in this order"),
        rx.el.ol(
            rx.foreach(
                turns["users"].to(list[Person]),
                lambda person, n: rx.el.li(
                    person["name"],
                    up_down(on, person["name"], at + "/users/" + n.to_string()),
                    key=person["key"],
                ),
            ),
            class_name="people",
        ),
        field(
            "Add a person",
            optional(
                "choose …",
                on.people,
                value="",
                on_change=lambda chosen: on.add_person(at + "/users", chosen),
            ),
            at + "/users",
        ),
        rx.el.div(
            text(on, "Every", at + "/every", turns["every"], input_mode="numeric", size=3),
            pick(on, "Unit", at + "/unit", turns["unit"], list(UNITS.items())),
            time(on, "First shift, which sets the hour of the hand-off", at + "/start", turns["start"]),
            class_name="form",
        ),
        rx.cond(turns["unit"] == "custom", _handoffs(on, at + "/handoffs", turns["handoffs"])),
        _goings(on, at, turns),
    )


def _goings(on: Any, at: Path, turns: rx.Var[Rotation]) -> rx.Component:
    away, terms = turns["absences"].to(list[Going]), turns["terms"].to(list[Going])
    return rx.el.details(
        rx.el.summary("Comings and goings"),
        rx.el.p(
            "Who is away keeps their place: nobody else's turns move. "
            "Who comes or leaves has a term, and turns before it stay whose they were.",
            class_name="dim",
        ),
        rx.el.ul(
            rx.foreach(away, lambda one, n: _going(on, one, at + "/absences/" + n.to_string(), True)),
            rx.foreach(terms, lambda one, n: _going(on, one, at + "/terms/" + n.to_string(), False)),
            class_name="plain",
        ),
        rx.el.button("Add an absence", type="button", on_click=on.add_going(at + "/absences")),
        " ",
        rx.el.button("Add a term", type="button", on_click=on.add_going(at + "/terms")),
        open=(away.length() > 0) | (terms.length() > 0),
    )


def _going(on: Any, one: rx.Var[Going], at: Path, away: bool) -> rx.Component:
    stand_in = somebody(on, "Stand-in", at + "/stand_in", one["stand_in"], "the next in the list")
    return rx.el.li(
        somebody(on, "Absent" if away else "With a term", at + "/user", one["user"], "choose …"),
        time(on, "Away from" if away else "Turns from", at + "/start", one["start"]),
        time(on, "Back at" if away else "Turns until", at + "/end", one["end"]),
        stand_in if away else rx.fragment(),
        rx.el.button("Remove", type="button", on_click=on.drop(at)),
        key=one["key"],
        class_name="form",
    )


def _handoffs(on: Any, at: Path, listed: Any) -> rx.Component:
    return rx.el.div(
        rx.el.p("In every such week the next one takes over at each of these times.", class_name="dim"),
        rx.el.ul(
            rx.foreach(
                listed.to(list[Turn]),
                lambda turn, n: rx.el.li(
                    pick(on, "Weekday", at + "/" + n.to_string() + "/weekday", turn["weekday"], WEEKDAYS),
                    time(on, "Time", at + "/" + n.to_string() + "/time", turn["time"], "time"),
                    rx.el.button("Remove", type="button", on_click=on.drop(at + "/" + n.to_string())),
                    key=turn["key"],
                    class_name="form",
                ),
            ),
            class_name="plain",
        ),
        rx.el.button("Add a hand-off", type="button", on_click=on.add_turn(at)),
        fault(at),
    )


def keeping(on: Any) -> rx.Component:
    """What becomes of it."""
    deleted = "Nobody is on call in it any more from that moment on."
    return draft_fields.keeping(on, "schedule", "/on-call", deleted)
