"""Who is on call now; a schedule's weeks with what they are made of; overriding."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

import reflex as rx

from ui.calendar import Bar, Day, Row, days, instant, rows, window
from ui.components.live import ago
from ui.parts import choice, done, field, select, shown, table
from ui.session import Session, told
from ui.shell import shell

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

    @rx.var
    def some(self) -> bool:
        """True if there is a schedule."""
        return bool(self.duties)

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        await self._load()

    async def _load(self) -> None:
        found = await self.ask("GET", "/on-call")
        users = (await self.ask("GET", "/users"))["items"]
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
            await self._weeks()

    async def _weeks(self) -> None:
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
        names = dict(self.people)
        self.heads = days(first, count, self.zone, now.date())
        self.lines = rows(preview, names, start, end, self.zone)
        self.gaps = len(preview["gaps"])
        self.changes = [
            {"id": c["id"], "text": bar["title"]}
            for c, bar in zip(preview["overrides"], self.lines[-1]["bars"] if preview["overrides"] else [], strict=True)
        ]

    @rx.event
    @told
    async def choose(self, ident: str) -> None:
        """Show another schedule."""
        self.chosen = ident
        await self._weeks()

    @rx.event
    @told
    async def set_span(self, span: str) -> None:
        """Show more or fewer weeks."""
        self.span = span
        await self._weeks()

    @rx.event
    @told
    async def move(self, by: int) -> None:
        """The weeks before or after; 0: the present ones."""
        moved = date.fromisoformat(self.first) + timedelta(days=by * int(self.span)) if self.first else None
        self.first = moved.isoformat() if by and moved is not None else ""
        await self._weeks()

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
            "start": start.isoformat(),
            "end": end.isoformat(),
            "note": form["note"],
        }
        await self.ask("POST", f"/schedules/{self.chosen}/overrides", body)
        self.done = "Saved; it counts from now on."
        await self._load()

    @rx.event
    @told
    async def take_back(self, ident: str) -> None:
        """Remove an override."""
        await self.ask("DELETE", f"/schedules/{self.chosen}/overrides/{ident}")
        self.done = "Taken back."
        await self._load()


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


def bar(shift: rx.Var[Bar]) -> rx.Component:
    """One shift, change or gap."""
    style = {"left": shift["left"], "width": shift["width"]}
    return rx.el.span(shift["text"], title=shift["title"], class_name="shift " + shift["tone"].to(str), style=style)


def line(row: rx.Var[Row]) -> rx.Component:
    """One row of the calendar."""
    return rx.el.div(
        rx.el.span(row["name"], class_name="line-name"),
        rx.el.div(rx.foreach(row["bars"].to(list[Bar]), bar), class_name="track"),
        class_name="line " + row["kind"].to(str),
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


def change(saved: rx.Var[Change]) -> rx.Component:
    """An override with the button that takes it back."""
    return rx.el.li(saved["text"], " ", rx.el.button("Take back", on_click=View.take_back(saved["id"])))


def overriding() -> rx.Component:
    """The form."""
    return rx.el.section(
        rx.el.h2("Override"),
        rx.el.form(
            field("Who", select(View.people, name="user"), "/user_id"),
            field("What", select(list(KINDS.items()), name="kind"), "/kind"),
            field("From", rx.el.input(type="datetime-local", name="start", required=True), "/start"),
            field("To", rx.el.input(type="datetime-local", name="end", required=True), "/end"),
            field("Why", rx.el.input(name="note", max_length=200), "/note"),
            rx.el.button("Save the override", type="submit", class_name="first", disabled=~View.may_respond),
            on_submit=View.override,
            class_name="form",
        ),
        rx.el.p("By the clock of ", View.zone, ".", class_name="dim"),
        done(),
        rx.el.ul(rx.foreach(View.changes, change), class_name="explained"),
    )


def page() -> rx.Component:
    """Who is on call comes first."""
    return shell(
        "/on-call",
        rx.el.h1("On call now"),
        shown(
            View.loaded,
            View.some,
            rx.fragment(
                table(
                    ("Schedule", "On call", "Changes", "Then"),
                    rx.foreach(View.duties, duty_row),
                    "On call, by schedule",
                ),
                calendar(),
                overriding(),
            ),
            "There is no schedule yet. `sentinel demo` makes one, or POST /api/v1/schedules.",
        ),
    )
