"""Writing a schedule: its layers on one side, what they come to and for whom it changes what on the other."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypedDict
from urllib.parse import quote
from zoneinfo import ZoneInfo

import reflex as rx

from ui import drafts
from ui.calendar import drawing, window
from ui.choices import callable_of, named
from ui.components.live import calendar
from ui.editing import Editing
from ui.fixed_draft import following
from ui.importing import CLOSED, Importing, calendars
from ui.parts import anew, choice, done, shown
from ui.schedule_draft import LISTS, Schedule, body, fresh_layer, going, missing, person, schedule_of, turn
from ui.schedule_form import form, keeping
from ui.session import Session, told
from ui.shell import shell

SPANS = {"7": "1 week", "14": "2 weeks", "28": "4 weeks"}
NOTHING: Schedule = {"name": "", "zone": "UTC", "team_id": "", "layers": []}


class Effect(TypedDict):
    """What changes for somebody. `tone`: a CSS class."""

    text: str
    tone: str


class View(Editing, Importing, Session):
    """`saved`: its id; "": a new one. `stale`: the calendar is not of what is typed, which cannot be computed."""

    draft: Schedule = NOTHING
    saved: str = ""
    loaded: bool = False
    some: bool = False
    people: list[list[str]] = []
    teams: list[list[str]] = []
    calendars: list[list[str]] = []
    today: str = ""
    first: str = ""
    span: str = "14"
    drawn: dict[str, Any] = {}
    gaps: int = 0
    stale: bool = False
    effects: list[Effect] = []
    _users: list[dict[str, Any]] = []

    @rx.var
    def some_lines(self) -> bool:
        """There is a calendar to show."""
        return bool(self.drawn)

    @rx.var
    def some_effects(self) -> bool:
        """It is of what is typed, and something changes."""
        return bool(self.effects) and not self.stale

    @rx.event
    @told
    async def load(self) -> None:
        """The schedule of the address, or a new one."""
        self.reset_page()
        *_, ident, last = str(self.router.url.path).rstrip("/").split("/")
        self.saved = ident if last == "edit" else ""
        users = (await self.ask("GET", "/users"))["items"]
        self.people, self._users = callable_of(users), users
        self.teams, self.calendars = await named(self, "/teams"), await named(self, "/holiday-calendars")
        self.today = (await self.ask("GET", "/on-call"))["at"][:10]
        mine = next((u["zone"] for u in users if u["id"] == self.user_id), "UTC")
        self.draft = {**NOTHING, "zone": mine, "layers": [fresh_layer("Base", date.fromisoformat(self.today))]}
        if self.saved:
            said = await self.take(f"/schedules/{quote(self.saved, safe='')}")
            names = {u["id"]: u["name"] for u in users}
            self.draft = schedule_of(said, names, date.fromisoformat(self.today))
            await self.look_at_imports()
            await self.look()
        self.some = True

    def reset_page(self) -> None:
        """Nothing of what was typed before, for another schedule."""
        self.loaded, self.some, self.stale, self.first = True, False, False, ""
        self.drawn, self.effects, self.gaps = {}, [], 0
        self.imports, self.importing = [], CLOSED

    async def look(self) -> None:
        """What is typed, as the API computes it. Raises Refused, with the faults where they are."""
        self.stale = True
        self.faults = missing(self.draft)
        if self.faults:
            return
        zone = self._zone()
        today = date.fromisoformat(self.today)
        self.first = self.first or (today - timedelta(days=today.weekday())).isoformat()
        first, count = date.fromisoformat(self.first), int(self.span)
        start, end = window(first, count, zone)
        tried = {
            "schedule": body(self.draft),
            "start": start.isoformat(),
            "end": end.isoformat(),
            "compare": not self.as_of,
        }
        tried["replaces"] = self.saved or None
        said = await self.send("POST", "/schedules/preview", tried, "schedule", LISTS)
        self.drawn = drawing(said, self._users, first, count, zone, today)
        self.gaps = len(said["gaps"])
        tones = {"uncovered": "problem-text", "covered": "good"}
        self.effects = [{"text": c["words"], "tone": tones.get(c["kind"], "")} for c in said["consequences"]]
        self.stale = False

    def _zone(self) -> str:
        """For the columns; a zone that does not exist the API refuses with its name."""
        try:
            return ZoneInfo(self.draft["zone"]).key
        except (KeyError, ValueError, OSError):
            return "UTC"

    @rx.event
    @told
    async def add_layer(self) -> None:
        """On top of the others."""
        many = len(self.draft["layers"])
        fresh = fresh_layer(f"Layer {many + 1}", date.fromisoformat(self.today))
        self.draft = drafts.add(self.draft, "/layers", fresh)
        await self.look()

    @rx.event
    @told
    async def add_person(self, path: str, ident: str) -> None:
        """One more turn."""
        if ident:
            self.draft = drafts.add(self.draft, path, person(ident, dict(self.people)))
        await self.look()

    @rx.event
    @told
    async def add_turn(self, path: str) -> None:
        """One more hand-off in the week."""
        self.draft = drafts.add(self.draft, path, turn())
        await self.look()

    @rx.event
    @told
    async def add_going(self, path: str) -> None:
        """One more absence or term."""
        self.draft = drafts.add(self.draft, path, going())
        await self.look()

    @rx.event
    @told
    async def add_shift(self, path: str) -> None:
        """One more of those that are written down, after the last one."""
        there = drafts.got(self.draft, path)
        self.draft = drafts.add(self.draft, path, following(there, date.fromisoformat(self.today)))
        await self.look()

    @rx.event
    @told
    async def set_span(self, span: str) -> None:
        """Show more or fewer weeks."""
        self.span = span
        await self.look()

    @rx.event
    @told
    async def move(self, by: int) -> None:
        """The weeks before or after; 0: the present ones."""
        first = date.fromisoformat(self.first) + timedelta(days=by * int(self.span)) if self.first and by else None
        self.first = first.isoformat() if first is not None else ""
        await self.look()

    @rx.event
    @told
    async def save(self) -> Any:
        """All of it or nothing."""
        saved = await self.keep("/schedules", missing, body, LISTS)
        return rx.redirect(f"/on-call?schedule={quote(saved['id'], safe='')}") if saved is not None else None

    @rx.event
    @told
    async def delete(self) -> Any:
        """Refused while a policy names it."""
        await self.ask("DELETE", f"/schedules/{quote(self.saved, safe='')}")
        return rx.redirect("/on-call")


def preview() -> rx.Component:
    """The calendar of what is typed."""
    return rx.el.section(
        rx.el.h2("What it comes to"),
        rx.el.div(
            choice("Span", View.span, list(SPANS.items()), View.set_span),
            rx.el.button("Earlier", type="button", on_click=View.move(-1)),
            rx.el.button("Today", type="button", on_click=View.move(0)),
            rx.el.button("Later", type="button", on_click=View.move(1)),
            rx.cond(View.gaps > 0, rx.el.strong(View.gaps, " times with nobody on call", class_name="problem-text")),
            class_name="actions",
        ),
        rx.el.p(
            rx.cond(
                View.stale,
                "What is typed cannot be computed yet; see what is marked.",
                rx.cond(View.some_lines, "As typed; nothing is saved.", "Type, and it is shown here."),
            ),
            role="status",
            class_name="dim",
        ),
        rx.el.div(
            rx.cond(View.some_lines, calendar(shown=View.drawn, label="Shifts")),
            class_name=rx.cond(View.stale, "stale", ""),
        ),
        rx.el.h2("What changes, in the next 60 days"),
        rx.cond(
            View.some_effects,
            rx.el.ul(
                rx.foreach(View.effects, lambda e: rx.el.li(e["text"], class_name=e["tone"].to(str))),
                class_name="explained",
                id="changes",
            ),
            rx.el.p("Nothing, for nobody.", class_name="dim"),
        ),
        class_name="preview",
    )


def page() -> rx.Component:
    """Side by side where there is room, else the form first."""
    return shell(
        "/on-call",
        rx.el.h1(rx.cond(View.saved != "", "Edit the schedule", "New schedule")),
        shown(
            View.loaded,
            View.some,
            rx.el.div(
                rx.el.div(form(View), keeping(View), done(), calendars(View)),
                preview(),
                key=anew(View.saved),
                class_name="editor",
            ),
            "There is no such schedule.",
        ),
    )
