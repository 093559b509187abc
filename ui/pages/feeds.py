"""Addresses of calendars for a calendar program to subscribe to, and how to revoke them."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.components.live import ago
from ui.components.person import copy
from ui.parts import count, done, field, select, shown, sure, table
from ui.rota_tabs import rota_tabs
from ui.session import Session, told
from ui.shell import shell

KINDS = {"user": "shifts of", "schedule": "schedule", "team": "team"}


class Feed(TypedDict):
    """A subscription that works."""

    id: str
    name: str
    about: str
    hint: str
    made: str
    used: str


class View(Session):
    """`url`, `webcal`: of the one just made; they are shown this once."""

    feeds: list[Feed] = []
    subjects: list[list[str]] = []
    url: str = ""
    webcal: str = ""
    loaded: bool = False

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        self.url = self.webcal = ""
        await self._load()

    async def _load(self) -> None:
        users = (await self.ask("GET", "/users"))["items"]
        schedules = (await self.ask("GET", "/schedules"))["items"]
        teams = (await self.ask("GET", "/teams"))["items"]
        mine = [[f"user {self.user_id}", "my own shifts"]] if self.user_id else []
        self.subjects = [
            *mine,
            *([f"schedule {s['id']}", f"schedule {s['name']}"] for s in schedules),
            *([f"team {t['id']}", f"team {t['name']}"] for t in teams),
        ]
        names = {x["id"]: x["name"] for x in (*users, *schedules, *teams)}
        self.feeds = [
            {
                "id": t["id"],
                "name": t["name"],
                "about": f"{KINDS[t['kind']]} {names.get(t['subject_id'], 'that is gone')}",
                "hint": t["hint"],
                "made": t["created_at"],
                "used": t["used_at"] or "",
            }
            for t in (await self.ask("GET", "/calendar-tokens"))["items"]
        ]
        self.loaded = True

    @rx.event
    @told
    async def make(self, form: dict[str, Any]) -> None:
        """A new address."""
        kind, _, subject = form["subject"].partition(" ")
        body = {"kind": kind, "subject_id": subject, "name": form["name"] or "calendar"}
        made = await self.ask("POST", "/calendar-tokens", body)
        self.url, self.webcal = made["url"], made["webcal_url"]
        self.done = "Made. Copy the address now: it is shown this once."
        await self._load()

    @rx.event
    @told
    async def revoke(self, ident: str) -> None:
        """The address stops working at once."""
        await self.ask("DELETE", f"/calendar-tokens/{ident}")
        self.url = self.webcal = ""
        self.done = "Revoked; the address works no more."
        await self._load()


def row(feed: rx.Var[Feed]) -> rx.Component:
    """One subscription."""
    return rx.el.tr(
        rx.el.th(feed["name"], scope="row"),
        rx.el.td(feed["about"]),
        rx.el.td(rx.el.code(feed["hint"])),
        rx.el.td(ago(at=feed["made"])),
        rx.el.td(rx.cond(feed["used"] != "", ago(at=feed["used"]), "never")),
        rx.el.td(sure("Revoke", "Whoever subscribed sees no changes any more.", View.revoke(feed["id"]))),
        key=feed["id"],
    )


def made() -> rx.Component:
    """The address, once."""
    return rx.el.div(
        copy(text=View.url, label="Address of the calendar"),
        rx.el.a("Open in the calendar program", href=View.webcal),
        rx.el.p("Whoever knows it reads the calendar, without signing in.", class_name="dim"),
        id="feed-url",
    )


def page() -> rx.Component:
    """A form and a table."""
    return shell(
        "/on-call",
        rota_tabs("/on-call/feeds"),
        rx.el.h1("Calendar links"),
        rx.el.form(
            field("Whose shifts", select(View.subjects, name="subject"), "/subject_id"),
            field("Name, for you", rx.el.input(name="name", max_length=200), "/name"),
            rx.el.button("Make a link", type="submit", class_name="first", disabled=~View.loaded),
            on_submit=View.make,
            class_name="form",
        ),
        done(),
        rx.cond(View.url != "", made()),
        shown(
            View.loaded,
            count(View.feeds) > 0,
            table(("Name", "Shows", "Ends in", "Made", "Last read", ""), View.feeds, row, "Links that work"),
            "There is no link yet. One puts your shifts into the calendar on your phone, and keeps them right.",
        ),
    )
