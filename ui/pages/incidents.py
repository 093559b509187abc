"""Every incident, live; over them how long an alert takes to its page today, and what of Sentinel is not well."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ui.components.every import every
from ui.components.live import incident_list
from ui.gateway import Refused
from ui.session import Session
from ui.shell import shell

REFRESH_S = 30
UNKNOWN = "How Sentinel itself stands cannot be told at the moment."


class Level(Session):
    """`level`: what became of the latest test alerts; `standing`: their state. `wrong`: names of parts that are bad."""

    level: str = ""
    standing: str = ""
    wrong: str = ""

    @rx.event
    async def look(self) -> None:
        """As it is now; whoever may not know, and who cannot be told, sees no problem of their own."""
        try:
            parts: list[dict[str, Any]] = (await self.ask("GET", "/health/parts"))["parts"]
        except Refused:
            self.level, self.standing, self.wrong = UNKNOWN, "warning", ""
            return
        tests = next((part for part in parts if part["key"] == "canary"), None)
        self.level, self.standing = (tests["text"], tests["state"]) if tests is not None else ("", "")
        self.wrong = ", ".join(part["name"] for part in parts if part["state"] == "bad" and part is not tests)


def service_level() -> rx.Component:
    """One line while all is well."""
    return rx.fragment(
        every(seconds=REFRESH_S, on_tick=Level.look),
        rx.cond(
            Level.wrong != "",
            rx.el.p(
                "Not well: ", Level.wrong, ". ", rx.el.a("What it means", href="/administration"),
                class_name="problem", role="status", id="not-well",
            ),
        ),
        rx.cond(
            Level.level != "",
            rx.el.p(
                rx.el.span("Service level", class_name="standing " + Level.standing), " ", Level.level,
                class_name="dim", id="service-level",
            ),
        ),
    )  # fmt: skip


def page() -> rx.Component:
    """The list does everything in the browser: it is what many people watch."""
    return shell(
        "/incidents",
        rx.el.h1("Incidents", class_name="out-of-sight"),
        service_level(),
        incident_list(may=Session.may_respond),
    )
