"""What one can do with an incident beyond the first three buttons."""

from __future__ import annotations

import reflex as rx

from ui.choices import optional
from ui.components.live import incident_acts
from ui.pages.incident_view import WORDS, View
from ui.parts import done, field, out, select

SNOOZES = (("15", "15 minutes"), ("30", "30 minutes"), ("60", "1 hour"), ("240", "4 hours"), ("480", "8 hours"))
TIES = (("merge", "Merge this incident into"), ("attach", "Attach this incident to"))


def why() -> rx.Component:
    """What the timeline shall say."""
    return field("Note", rx.el.input(name="note", max_length=2000), "/note")


def send(text: str) -> rx.Component:
    """The button of a form."""
    return rx.el.button(text, type="submit", disabled=~View.may_respond)


def more() -> rx.Component:
    """Forms, out of the way until wanted."""
    return rx.el.details(
        rx.el.summary("More", class_name="button"),
        rx.el.form(
            field("Snooze for", select(SNOOZES, name="minutes"), "/minutes"),
            why(),
            send("Snooze"),
            on_submit=View.snooze,
            class_name="form",
        ),
        rx.el.form(
            field(
                "Call instead of the next step",
                optional("choose …", View.people, name="person", required=True),  # the first of a list is nobody's wish
                "/targets",
            ),
            why(),
            send("Reassign"),
            on_submit=View.reassign,
            class_name="form",
        ),
        rx.el.form(
            field("What", select(TIES, name="how")),
            field("Which incident (id or address)", rx.el.input(name="other", required=True), "/into"),
            why(),
            send("Do it"),
            on_submit=View.tie,
            class_name="form",
        ),
        class_name="more",
    )


def actions() -> rx.Component:
    """What fits the status."""
    return rx.fragment(
        rx.el.div(
            incident_acts(ident=View.key, status=View.status, may=View.may_respond, words=WORDS, on_acted=View.acted),
            out("Export", View.export, "button", download="download"),
            rx.cond(~View.may_respond, rx.el.span("Your role may only look.", class_name="dim")),
            rx.cond((View.status != "resolved") & View.may_respond, more()),
            class_name="actions",
        ),
        done(),
    )
