"""One person, as their own profile and the page about them share it. What is shown of them: ui/person_*.py."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.calendar import cut_off
from ui.components.live import ago
from ui.parts import shown
from ui.session import Session, told

DAYS_AHEAD = 28
PERSON = "person"
"""The part of the page that changes who they are."""


class Human(TypedDict):
    """As the API has them."""

    name: str
    email: str
    role: str
    zone: str
    active: bool
    has_password: bool


class Shift(TypedDict):
    """Coming time on call, `start` "" if it has begun and `end` "" if it is beyond what was looked at; `reasons`: what
    blocks, and what one should know."""

    schedule: str
    start: str
    end: str
    ready: bool
    reasons: list[str]


NOBODY: Human = {"name": "", "email": "", "role": "", "zone": "", "active": True, "has_password": False}


class Person(Session):
    """`who`: id of the person the page is about."""

    who: str = ""
    human: Human = NOBODY
    here: bool = False
    shifts: list[Shift] = []
    readied: bool = False

    @rx.var
    def own(self) -> bool:
        """True on one's own profile, by whichever address."""
        return bool(self.who) and self.who == self.user_id

    @rx.var
    def may_look_after(self) -> bool:
        """Whether to offer changes of how this person is reached."""
        return not self.as_of and (self.own or "configure" in self.permissions)

    @rx.var
    def some_shifts(self) -> bool:
        """True if something is coming."""
        return bool(self.shifts)

    @rx.var
    def unready(self) -> int:
        """Coming shifts that are not ready."""
        return sum(not s["ready"] for s in self.shifts)

    @rx.event
    @told
    async def load(self) -> None:
        """Who it is, by the address."""
        first, _, ident = self.page_path().strip("/").partition("/")
        self.who = ident if first == "people" and ident else self.user_id
        self.here = self.readied = False
        await self.meet()
        ready = await self.ask("GET", "/readiness", days=DAYS_AHEAD)
        of = (ready["at"], ready["until"])
        self.shifts = [
            {
                "schedule": s["schedule"],
                "start": "" if cut_off(s["start"], s["end"], of)[0] else s["start"],
                "end": "" if cut_off(s["start"], s["end"], of)[1] else s["end"],
                "ready": s["ready"],
                "reasons": [("✗ " if r["blocks"] else "· ") + r["text"] for r in s["reasons"]],
            }
            for s in ready["items"]
            if s["user_id"] == self.who
        ]
        self.readied = True

    async def meet(self) -> None:
        """The person anew."""
        if self.own:
            await self.take("/me", PERSON)
        user = await self.take(f"/users/{self.who}", PERSON)
        self.human = {
            "name": user["name"],
            "email": user["email"],
            "role": user["role"],
            "zone": user["zone"],
            "active": user["active"],
            "has_password": user["has_password"],
        }
        self.here = True


def badge() -> rx.Component:
    """Ready for what is coming, or not; in words, shape and colour."""
    return rx.cond(
        Person.readied & Person.some_shifts,
        rx.cond(
            Person.unready > 0,
            rx.el.span("▲ Not ready for ", Person.unready, " of the coming shifts", class_name="state bad"),
            rx.el.span("● Ready for the coming shifts", class_name="state good"),
        ),
    )


def _shift(item: rx.Var[Shift]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.cond(
                item["ready"],
                rx.el.span("● ready", class_name="state good"),
                rx.el.span("▲ not ready", class_name="state bad"),
            ),
            rx.el.strong(item["schedule"]),
            rx.cond(item["start"] != "", rx.fragment(" begins ", ago(at=item["start"])), " now"),
            rx.cond(item["end"] != "", rx.fragment(", ends ", ago(at=item["end"])), ", and longer than four weeks"),
        ),
        rx.el.ul(rx.foreach(item["reasons"].to(list[str]), rx.el.li), class_name="reasons"),
    )


def coming() -> rx.Component:
    """The next four weeks on call, each with its badge and the reasons."""
    return rx.el.section(
        rx.el.h2("Coming shifts"),
        shown(
            Person.readied,
            Person.some_shifts,
            rx.el.ul(rx.foreach(Person.shifts, _shift), class_name="explained"),
            "Nobody has put this person on call in the next four weeks, in any schedule that a policy calls.",
        ),
    )


def text_of(form: dict[str, Any], name: str) -> str:
    """A field of a form, without blanks around it."""
    return str(form.get(name) or "").strip()
