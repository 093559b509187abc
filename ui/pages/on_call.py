"""Who is on call now; a schedule's weeks with what they are made of; overriding."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

import reflex as rx

from ui.calendar import Bar, Day, Row, days, instant, rows, window
from ui.components.live import ago
from ui.gateway import Refused
from ui.session import Session
from ui.shell import choice, field, shell

SPANS = {"7": "1 week", "14": "2 weeks", "28": "4 weeks"}
KINDS = {"replace": "is on call instead", "add": "is on call too", "remove": "nobody is on call"}


class Duty(TypedDict):
    """One schedule now."""

    id: str
    schedule: str
    people: str
    until: str
    following: str


class Change(TypedDict):
    """One override that may be taken back."""

    id: str
    text: str


class View(Session):
    """`chosen`: id of the schedule whose weeks are shown; `first`: their first day (ISO)."""

    duties: list[Duty] = []
    loaded: bool = False
    chosen: str = ""
    zone: str = "UTC"
    first: str = ""
    span: str = "14"
    heads: list[Day] = []
    lines: list[Row] = []
    gaps: int = 0
    changes: list[Change] = []
    people: list[list[str]] = []
    done: str = ""

    @rx.var
    def some(self) -> bool:
        """True if there is a schedule."""
        return bool(self.duties)

    @rx.event
    async def load(self) -> Any:
        """As it is now."""
        try:
            found = await self.ask("GET", "/on-call")
            users = (await self.ask("GET", "/users"))["items"]
        except Refused as refused:
            return self.refused(refused)
        names = {u["id"]: u["name"] for u in users}
        self.people = [[u["id"], u["name"]] for u in users if u["active"]]
        self.duties = [
            {
                "id": d["schedule_id"],
                "schedule": d["schedule"],
                "people": ", ".join(d["users"]),
                "until": d["until"] or "",
                "following": ", ".join(names.get(u, u) for u in d["next_user_ids"]),
            }
            for d in found["items"]
        ]
        self.loaded = True
        if self.duties and self.chosen not in [d["id"] for d in self.duties]:
            self.chosen, self.first = self.duties[0]["id"], ""
        if self.duties:
            return await self._weeks()

    async def _weeks(self) -> Any:
        try:
            schedule = await self.ask("GET", f"/schedules/{self.chosen}")
            self.zone = schedule["zone"]
            now = datetime.fromisoformat((await self.ask("GET", "/on-call"))["at"]).astimezone(ZoneInfo(self.zone))
            if not self.first:
                self.first = (now.date() - timedelta(days=now.weekday())).isoformat()
            first, count = date.fromisoformat(self.first), int(self.span)
            start, end = window(first, count, self.zone)
            preview = await self.ask(
                "GET", f"/schedules/{self.chosen}/preview", start=start.isoformat(), end=end.isoformat()
            )
        except Refused as refused:
            return self.refused(refused)
        names = dict(self.people)
        self.heads = days(first, count, self.zone, now.date())
        self.lines = rows(preview, names, start, end, self.zone)
        self.gaps = len(preview["gaps"])
        self.changes = [
            {"id": c["id"], "text": bar["title"]}
            for c, bar in zip(preview["overrides"], self.lines[-1]["bars"] if preview["overrides"] else [], strict=True)
        ]

    @rx.event
    async def choose(self, ident: str) -> Any:
        """Show another schedule."""
        self.chosen, self.done, self.problem = ident, "", ""
        return await self._weeks()

    @rx.event
    async def set_span(self, span: str) -> Any:
        """Show more or fewer weeks."""
        self.span = span
        return await self._weeks()

    @rx.event
    async def move(self, by: int) -> Any:
        """The weeks before or after; 0: the present ones."""
        moved = date.fromisoformat(self.first) + timedelta(days=by * int(self.span)) if self.first else None
        self.first = moved.isoformat() if by and moved is not None else ""
        return await self._weeks()

    @rx.event
    async def override(self, form: dict[str, Any]) -> Any:
        """Save what the form says; the gateway checks it."""
        self.done = self.problem = ""
        try:
            start, end = instant(form["start"], self.zone), instant(form["end"], self.zone)
        except ValueError:
            self.problem = "Fill in both times, as day and time."
            return None
        kind = form["kind"]
        body = {
            "kind": kind,
            "user_id": form["user"] if kind != "remove" else None,
            "start": start.isoformat(),
            "end": end.isoformat(),
            "note": form["note"],
        }
        try:
            await self.ask("POST", f"/schedules/{self.chosen}/overrides", body)
        except Refused as refused:
            return self.refused(refused)
        self.done = "Saved; it counts from now on."
        return await self.load()

    @rx.event
    async def take_back(self, ident: str) -> Any:
        """Remove an override."""
        self.done = self.problem = ""
        try:
            await self.ask("DELETE", f"/schedules/{self.chosen}/overrides/{ident}")
        except Refused as refused:
            return self.refused(refused)
        self.done = "Taken back."
        return await self.load()


def duty_row(duty: rx.Var[Duty]) -> rx.Component:
    """One schedule; nobody is said in words and colour."""
    return rx.el.tr(
        rx.el.th(
            rx.el.button(
                duty["schedule"],
                on_click=View.choose(duty["id"]),
                custom_attrs={"aria-pressed": rx.cond(View.chosen == duty["id"], "true", "false")},
            ),
            scope="row",
        ),
        rx.el.td(
            rx.cond(duty["people"] != "", duty["people"], rx.el.strong("Nobody is on call", class_name="problem-text"))
        ),
        rx.el.td(rx.cond(duty["until"] != "", ago(at=duty["until"]), "no change in sight")),
        rx.el.td(duty["following"]),
    )


def bar(shown: rx.Var[Bar]) -> rx.Component:
    """One shift, change or gap."""
    style = {"left": shown["left"], "width": shown["width"]}
    return rx.el.span(shown["text"], title=shown["title"], class_name="shift " + shown["tone"].to(str), style=style)


def line(shown: rx.Var[Row]) -> rx.Component:
    """One row of the calendar."""
    return rx.el.div(
        rx.el.span(shown["name"], class_name="line-name"),
        rx.el.div(rx.foreach(shown["bars"].to(list[Bar]), bar), class_name="track"),
        class_name="line " + shown["kind"].to(str),
    )


def head(day: rx.Var[Day]) -> rx.Component:
    """A day's name."""
    style = {"left": day["left"], "width": day["width"]}
    return rx.el.span(day["text"], class_name="day " + day["tone"].to(str), style=style)


def calendar() -> rx.Component:
    """The chosen schedule."""
    return rx.el.section(
        rx.el.h2("Calendar"),
        rx.el.div(
            choice("Span", View.span, list(SPANS.items()), View.set_span),
            rx.el.button("Earlier", on_click=View.move(-1)),
            rx.el.button("Today", on_click=View.move(0)),
            rx.el.button("Later", on_click=View.move(1)),
            rx.el.span("Times of ", View.zone, class_name="dim"),
            rx.cond(View.gaps > 0, rx.el.strong(View.gaps, " times with nobody on call", class_name="problem-text")),
            class_name="actions",
        ),
        rx.el.div(
            rx.el.div(
                rx.el.span(class_name="line-name"),
                rx.el.div(rx.foreach(View.heads, head), class_name="track"),
                class_name="line heads",
            ),
            rx.foreach(View.lines, line),
            class_name="calendar",
            tab_index=0,
            role="region",
            custom_attrs={"aria-label": "Shifts"},
        ),
    )


def change(shown: rx.Var[Change]) -> rx.Component:
    """An override with the button that takes it back."""
    return rx.el.li(shown["text"], " ", rx.el.button("Take back", on_click=View.take_back(shown["id"])))


def overriding() -> rx.Component:
    """The form."""
    return rx.el.section(
        rx.el.h2("Override"),
        rx.el.form(
            field("Who", rx.el.select(rx.foreach(View.people, lambda p: rx.el.option(p[1], value=p[0])), name="user")),
            field("What", rx.el.select(*(rx.el.option(text, value=key) for key, text in KINDS.items()), name="kind")),
            field("From", rx.el.input(type="datetime-local", name="start", required=True)),
            field("To", rx.el.input(type="datetime-local", name="end", required=True)),
            field("Why", rx.el.input(name="note", max_length=200)),
            rx.el.button("Save the override", type="submit", class_name="first", disabled=~View.may_respond),
            on_submit=View.override,
            class_name="form",
        ),
        rx.el.p("By the clock of ", View.zone, ".", class_name="dim"),
        rx.el.p(View.done, role="status"),
        rx.el.ul(rx.foreach(View.changes, change), class_name="explained"),
    )


def page() -> rx.Component:
    """Who is on call comes first."""
    return shell(
        "/on-call",
        rx.el.h1("On call now"),
        rx.cond(
            View.some,
            rx.fragment(
                rx.el.table(
                    rx.el.thead(
                        rx.el.tr(*(rx.el.th(text, scope="col") for text in ("Schedule", "On call", "Changes", "Then")))
                    ),
                    rx.el.tbody(rx.foreach(View.duties, duty_row)),
                    class_name="dense",
                ),
                calendar(),
                overriding(),
            ),
            rx.cond(
                View.loaded,
                rx.el.p(
                    "There is no schedule yet. `sentinel demo` makes one, or POST /api/v1/schedules.",
                    class_name="empty",
                ),
                rx.el.p("Loading …", class_name="dim", role="status"),
            ),
        ),
    )
