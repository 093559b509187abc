"""Who is on call now, until when, and who is next."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.components.live import ago
from ui.gateway import Refused
from ui.session import Session
from ui.shell import shell


class Duty(TypedDict):
    """One schedule."""

    schedule: str
    people: str
    until: str
    following: str


class View(Session):
    """`loaded` tells an empty list from one that is on its way."""

    duties: list[Duty] = []
    loaded: bool = False

    @rx.var
    def some(self) -> bool:
        """True if there is a schedule."""
        return bool(self.duties)

    @rx.event
    async def load(self) -> Any:
        """As it is now."""
        try:
            found = await self.ask("GET", "/on-call")
            users = {u["id"]: u["name"] for u in (await self.ask("GET", "/users"))["items"]}
        except Refused as refused:
            return self.refused(refused)
        self.duties = [
            {
                "schedule": d["schedule"],
                "people": ", ".join(d["users"]),
                "until": d["until"] or "",
                "following": ", ".join(users.get(u, u) for u in d["next_user_ids"]),
            }
            for d in found["items"]
        ]
        self.loaded = True


def row(duty: rx.Var[Duty]) -> rx.Component:
    """One schedule; nobody is said in words and colour."""
    return rx.el.tr(
        rx.el.th(duty["schedule"], scope="row"),
        rx.el.td(
            rx.cond(duty["people"] != "", duty["people"], rx.el.strong("Nobody is on call", class_name="problem-text"))
        ),
        rx.el.td(rx.cond(duty["until"] != "", ago(at=duty["until"]), "no change in sight")),
        rx.el.td(duty["following"]),
    )


def page() -> rx.Component:
    """A table; the calendar is not built yet."""
    return shell(
        "/on-call",
        rx.el.h1("On call now"),
        rx.cond(
            View.some,
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(*(rx.el.th(text, scope="col") for text in ("Schedule", "On call", "Changes", "Then")))
                ),
                rx.el.tbody(rx.foreach(View.duties, row)),
                class_name="dense",
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
