"""Who is on call now and how they are reached; a schedule's days, or all schedules beside each other; overriding.

What is looked at comes to the browser by the gateway's websocket (on_call.jsx); this page's state is the form.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from ui.calendar import instant
from ui.choices import callable_of, optional
from ui.components.live import on_call, rota_watch
from ui.parts import done, field, select
from ui.rota_tabs import rota_tabs
from ui.session import Session, told
from ui.shell import shell

KINDS = {"replace": "is on call instead", "add": "is on call too", "remove": "nobody is on call"}


class View(Session):
    """`schedule`: id of the one that is shown, and `zone` the one that its times are in: the form is about these;
    `typed`: the override as it was drawn, from and to."""

    schedule: str = ""
    zone: str = "UTC"
    people: list[list[str]] = []
    teams: list[list[str]] = [["", "all teams"]]
    typed: list[str] = ["", ""]

    @rx.event
    @told
    async def load(self) -> None:
        """Whom one can choose from."""
        await self._names()

    async def _names(self) -> None:
        self.people = callable_of((await self.ask("GET", "/users"))["items"])
        found = (await self.ask("GET", "/teams"))["items"]
        self.teams = [["", "all teams"], *([t["id"], t["name"]] for t in found)]

    @rx.event
    async def renamed(self, _people: bool, _version: int) -> Any:
        """The same, since names may be others; what is typed stays."""
        return await self.renew(self._names)

    @rx.event
    def show(self, schedule: str, zone: str) -> None:
        """This is what the browser shows now."""
        self.schedule, self.zone = schedule, zone

    @rx.event
    def draw(self, start: str, end: str) -> None:
        """An override was drawn on the final line: put its times into the form."""
        self.typed = [start, end]
        self.done = "The times are in the form below: say who, and save it."

    @rx.event
    @told
    async def override(self, form: dict[str, Any]) -> None:
        """Save what the form says; the gateway checks it."""
        try:
            start, end = instant(form["start"], self.zone), instant(form["end"], self.zone)
        except ValueError:
            self.problem = "Fill in both times, as day and time."
            return
        kind = form["kind"]
        body = {
            "kind": kind,
            "user_id": form["user"] if kind != "remove" else None,
            "instead_of": (form["instead_of"] or None) if kind != "add" else None,
            "start": start.isoformat(),
            "end": end.isoformat(),
            "note": form["note"],
        }
        await self.ask("POST", f"/schedules/{self.schedule}/overrides", body)
        self.done = "Saved; it counts from now on."

    @rx.event
    @told
    async def take_back(self, ident: str) -> None:
        """Remove an override."""
        await self.ask("DELETE", f"/schedules/{self.schedule}/overrides/{ident}")
        self.done = "Taken back."


def overriding() -> rx.Component:
    """The form; drawing on the final line fills in its times."""
    return rx.el.section(
        rx.el.h2("Override"),
        rx.el.form(
            field("Who", select(View.people, name="user"), "/user_id"),
            field("What", select(list(KINDS.items()), name="kind"), "/kind"),
            field(
                "Instead of",
                optional(
                    "everybody",
                    View.people,
                    name="instead_of",
                ),
                "/instead_of",
            ),
            _time("From", "start", View.typed[0]),
            _time("To", "end", View.typed[1]),
            field("Why", rx.el.input(name="note", max_length=200), "/note"),
            rx.el.button("Save the override", type="submit", class_name="first", disabled=~View.may_respond),
            on_submit=View.override,
            class_name="form",
        ),
        rx.el.p("By the clock of ", View.zone, ".", class_name="dim"),
        done(),
    )


def _time(label: str, name: str, drawn: rx.Var[str]) -> rx.Component:
    control = rx.el.input(type="datetime-local", name=name, required=True, default_value=drawn, key=drawn)
    return field(label, control, f"/{name}")


def page() -> rx.Component:
    """Who is on call comes first."""
    return shell(
        "/on-call",
        rota_watch(names=True, on_change=View.renamed),
        rota_tabs("/on-call"),
        rx.el.h1(rx.cond(View.as_of != "", "On call then", "On call now")),
        rx.cond(View.may_configure, rx.el.p(rx.el.a("New schedule", href="/schedules/new"))),
        on_call(
            overriding(),
            may=View.may_respond,
            configure=View.may_configure,
            teams=View.teams,
            schedule=View.schedule,
            zone=View.zone,
            on_shown=View.show,
            on_drawn=View.draw,
            on_take_back=View.take_back,
        ),
    )
