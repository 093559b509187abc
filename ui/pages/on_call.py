"""Who is on call now and how they are reached; a schedule's days, or all schedules beside each other; overriding."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

import reflex as rx

from ui import calendar
from ui.calendar import Day, Row, Week, days, everyone, instant, month_of, next_month, rows, window
from ui.choices import callable_of, optional
from ui.components.live import ago
from ui.parts import choice, count, done, field, select, shown, table
from ui.renewing import Renewing, watching
from ui.rota_tabs import rota_tabs
from ui.session import Session, told
from ui.shell import shell
from ui.viewer import Viewer
from ui.weeks import month, weeks

SPANS = {"7": "1 week", "14": "2 weeks", "28": "4 weeks", "month": "a month"}
KINDS = {"replace": "is on call instead", "add": "is on call too", "remove": "nobody is on call"}
EVERYONE = "*"


class Duty(TypedDict):
    """One schedule now. `people`: one line each, with how they are reached."""

    id: str
    schedule: str
    people: list[str]
    until: str
    following: str


class Change(TypedDict):
    """One override that may be taken back."""

    id: str
    text: str


class View(Renewing, Viewer, Session):
    """`chosen`: id of the schedule that is shown, or EVERYONE; `first`: the first day (ISO); `clock`: whose zone the
    times are in, "schedule" or "viewer"; `typed`: the override as it was drawn, from and to."""

    duties: list[Duty] = []
    chosen: str = ""
    zone: str = "UTC"
    clock: str = "schedule"
    first: str = ""
    span: str = "14"
    heads: list[Day] = []
    lines: list[Row] = []
    grid: list[Week] = []
    title: str = ""
    gaps: int = 0
    changes: list[Change] = []
    people: list[list[str]] = []
    typed: list[str] = ["", ""]
    teams: list[list[str]] = [["", "all teams"]]
    team: str = ""
    zones: dict[str, str] = {}
    _names: dict[str, str] = {}

    @rx.var
    def one(self) -> bool:
        """A single schedule is shown."""
        return self.chosen != EVERYONE

    @rx.var
    def monthly(self) -> bool:
        """The days are shown as a month."""
        return self.span == "month" and self.chosen != EVERYONE

    @rx.var
    def shown_zone(self) -> str:
        """The zone of the times shown and typed."""
        return self.viewer if self.clock != "schedule" or self.chosen == EVERYONE else self.zone

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now; `?schedule=` says which to show."""
        self.chosen = self.router.url.query_parameters.get("schedule", self.chosen)
        await self._begin()

    def _by_viewer(self) -> bool:
        return self.clock != "schedule" or self.chosen == EVERYONE

    async def _load_names(self) -> None:
        users = (await self.ask("GET", "/users"))["items"]
        self._names = {u["id"]: u["name"] for u in users}
        self.people = callable_of(users)
        found = (await self.ask("GET", "/teams"))["items"]
        self.teams = [["", "all teams"], *([t["id"], t["name"]] for t in found)]

    async def _load(self) -> None:
        found = await self._standing()
        names = self._names
        self.zones = {d["schedule_id"]: d["zone"] for d in found["items"]}
        self.duties = [
            {
                "id": d["schedule_id"],
                "schedule": d["schedule"],
                "people": [reached(*one) for one in zip(d["users"], d["reach"], strict=True)],
                "until": d["until"] or "",
                "following": ", ".join(names.get(u, u) for u in d["next_user_ids"]),
            }
            for d in found["items"]
        ]
        self.loaded = True
        if self.duties and self.chosen not in [EVERYONE, *(d["id"] for d in self.duties)]:
            self.chosen, self.first = self.duties[0]["id"], ""
        if self.duties:
            await self._days(datetime.fromisoformat(found["at"]))

    async def _days(self, now: datetime | None = None) -> None:
        if now is None:
            now = datetime.fromisoformat((await self.ask("GET", "/on-call"))["at"])
        if self.chosen != EVERYONE:
            self.zone = self.zones.get(self.chosen, self.zone)
        zone = self.shown_zone
        today = now.astimezone(ZoneInfo(zone)).date()
        if not self.first:
            self.first = (today - timedelta(days=today.weekday())).isoformat()
        first = date.fromisoformat(self.first)
        begin, count = month_of(first) if self.span == "month" else (first, int(self.span))
        start, end = window(begin, count, zone)
        of = {"start": start.isoformat(), "end": end.isoformat()}
        names = self._names
        self.heads, self.grid, self.changes = days(begin, count, zone, today), [], []
        self.title = f"{first:%B %Y}" if self.span == "month" else ""
        if self.chosen == EVERYONE:
            found = (await self.ask("GET", "/on-call/timeline", **of, team=self.team))["items"]
            self.lines, self.gaps = everyone(found, names, zone, (start, end)), sum(len(s["gaps"]) for s in found)
            return
        preview = await self.ask("GET", f"/schedules/{self.chosen}/preview", **of)
        self.lines, self.gaps = rows(preview, names, start, end, zone), len(preview["gaps"])
        if self.span == "month":
            self.grid = calendar.month(preview, names, first, zone, today)
        self.changes = [
            {"id": c["id"], "text": bar["title"]}
            for c, bar in zip(preview["overrides"], self.lines[-1]["bars"] if preview["overrides"] else [], strict=True)
        ]

    @rx.event
    @told
    async def choose(self, ident: str) -> None:
        """Show another schedule, or everyone's."""
        self.chosen = ident
        await self._days()

    @rx.event
    @told
    async def set_span(self, span: str) -> None:
        """Show more or fewer days."""
        self.span = span
        await self._days()

    @rx.event
    @told
    async def set_clock(self, clock: str) -> None:
        """Times in the schedule's zone, or in that of whoever looks."""
        self.clock = clock
        await self._days()

    @rx.event
    @told
    async def set_team(self, team: str) -> None:
        """Of everyone only this team's schedules; "" for all."""
        self.team = team
        await self._days()

    @rx.event
    @told
    async def move(self, by: int) -> None:
        """The days before or after; 0: the present ones."""
        if not by or not self.first:
            self.first = ""
        elif self.span == "month":
            self.first = next_month(date.fromisoformat(self.first), by).isoformat()
        else:
            self.first = (date.fromisoformat(self.first) + timedelta(days=by * int(self.span))).isoformat()
        await self._days()

    @rx.event
    async def draw(self, low: float, high: float) -> None:
        """An override was drawn on the final line: put its times into the form."""
        first = date.fromisoformat(self.first)
        begin, count = month_of(first) if self.span == "month" else (first, int(self.span))
        of = window(begin, count, self.shown_zone)
        self.typed = list(calendar.drawn((low, high), of, self.shown_zone))
        self.done = "The times are in the form below: say who, and save it."

    @rx.event
    @told
    async def override(self, form: dict[str, Any]) -> None:
        """Save what the form says; the gateway checks it."""
        try:
            start, end = instant(form["start"], self.shown_zone), instant(form["end"], self.shown_zone)
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


def reached(name: str, ways: list[dict[str, Any]]) -> str:
    """A person with how pages reach them."""
    known = [f"{w['channel']} {w['address_hint']}".strip() + ("" if w["verified"] else " (not verified)") for w in ways]
    return f"{name}: {', '.join(known) or 'cannot be reached'}"


def duty_row(duty: rx.Var[Duty]) -> rx.Component:
    """One schedule; nobody is said in words and colour."""
    people = duty["people"].to(list[str])
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
            rx.cond(
                people.length() > 0,
                rx.el.ul(rx.foreach(people, rx.el.li), class_name="plain"),
                rx.el.strong("Nobody is on call", class_name="problem-text"),
            )
        ),
        rx.el.td(rx.cond(duty["until"] != "", ago(at=duty["until"]), "no change in sight")),
        rx.el.td(duty["following"]),
        key=duty["id"],
    )


def calendar_of() -> rx.Component:
    """The chosen schedule, or all."""
    return rx.el.section(
        rx.el.h2("Calendar ", rx.el.span(View.title, class_name="dim")),
        rx.el.div(
            rx.el.button(
                "Everyone",
                on_click=View.choose(EVERYONE),
                custom_attrs={"aria-pressed": rx.cond(View.one, "false", "true")},
            ),
            choice("Span", View.span, list(SPANS.items()), View.set_span),
            rx.el.button("Earlier", on_click=View.move(-1)),
            rx.el.button("Today", on_click=View.move(0)),
            rx.el.button("Later", on_click=View.move(1)),
            rx.cond(
                View.one,
                choice(
                    "Clock of the times",
                    View.clock,
                    [("schedule", "the schedule's clock"), ("viewer", "my clock")],
                    View.set_clock,
                ),
                select(View.teams, value=View.team, on_change=View.set_team, custom_attrs={"aria-label": "Team"}),
            ),
            rx.el.span("Times of ", View.shown_zone, class_name="dim", id="zone"),
            rx.cond(View.gaps > 0, rx.el.strong(View.gaps, " times with nobody on call", class_name="problem-text")),
            class_name="actions",
        ),
        rx.cond(
            View.monthly,
            month(View.grid),
            rx.cond(
                View.one, weeks(View.heads, View.lines, "Shifts", View.draw), weeks(View.heads, View.lines, "Everyone")
            ),
        ),
        rx.cond(
            (View.may_configure | (View.as_of != "")) & View.one,
            rx.el.p(
                rx.el.a(
                    rx.cond(View.as_of != "", "What this schedule said", "Edit this schedule"),
                    href="/schedules/" + View.chosen + "/edit" + View.keep_then,
                )
            ),
        ),
    )


def change(saved: rx.Var[Change]) -> rx.Component:
    """An override with the button that takes it back."""
    return rx.el.li(
        saved["text"],
        " ",
        rx.el.button("Take back", on_click=View.take_back(saved["id"]), disabled=~View.may_respond),
        key=saved["id"],
    )


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
        rx.el.p("By the clock of ", View.shown_zone, ".", class_name="dim"),
        done(),
        rx.el.ul(rx.foreach(View.changes, change), class_name="explained"),
    )


def _time(label: str, name: str, drawn: rx.Var[str]) -> rx.Component:
    control = rx.el.input(type="datetime-local", name=name, required=True, default_value=drawn, key=drawn)
    return field(label, control, f"/{name}")


def page() -> rx.Component:
    """Who is on call comes first."""
    return shell(
        "/on-call",
        watching(View),
        rota_tabs("/on-call"),
        rx.el.h1(rx.cond(View.as_of != "", "On call then", "On call now")),
        rx.cond(View.may_configure, rx.el.p(rx.el.a("New schedule", href="/schedules/new"))),
        shown(
            View.loaded,
            count(View.duties) > 0,
            rx.fragment(
                table(
                    ("Schedule", "On call", "Changes", "Then"),
                    View.duties,
                    duty_row,
                    "On call, by schedule",
                ),
                calendar_of(),
                rx.cond(View.one & (View.as_of == ""), overriding()),
            ),
            "There is no schedule yet: nobody is on call. A manager makes the first one at /schedules/new.",
        ),
    )
