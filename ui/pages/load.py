"""What being on call costs whom, and which swaps would even it out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict

import reflex as rx

from ui.parts import choice, count, shown, table
from ui.rota_tabs import rota_tabs
from ui.session import Session, told
from ui.shell import shell

PERIODS = {"-90": "the last 90 days", "-30": "the last 30 days", "30": "the coming 30 days", "90": "the coming 90 days"}
ALL = [["", "all schedules"]]


class Person(TypedDict):
    """Hours, as text."""

    name: str
    hours: str
    night: str
    weekend: str
    holiday: str
    shifts: int
    in_a_row: int
    longest: str
    burden: str
    share: str


class View(Session):
    """`suggestions`: swaps in words."""

    people: list[Person] = []
    suggestions: list[str] = []
    schedules: list[list[str]] = ALL
    schedule: str = ""
    period: str = "30"
    loaded: bool = False

    @rx.var
    def uneven(self) -> bool:
        """A swap would help."""
        return bool(self.suggestions)

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        await self._load()

    async def _load(self) -> None:
        found = (await self.ask("GET", "/schedules"))["items"]
        self.schedules = [*ALL, *([s["id"], s["name"]] for s in found)]
        now = datetime.fromisoformat((await self.ask("GET", "/on-call"))["at"])
        low, high = sorted([now, now + timedelta(days=int(self.period))])
        said = await self.ask(
            "GET", "/on-call/load", start=low.isoformat(), end=high.isoformat(), schedule=self.schedule
        )
        most = max((p["burden"] for p in said["people"]), default=0) or 1
        self.people = [
            {
                "name": p["name"],
                "hours": f"{p['hours']:.1f}",
                "night": f"{p['night']:.1f}",
                "weekend": f"{p['weekend']:.1f}",
                "holiday": f"{p['holiday']:.1f}",
                "burden": f"{p['burden']:.1f}",
                "shifts": p["shifts"],
                "in_a_row": p["in_a_row"],
                "longest": f"{p['longest_h']:.1f}",
                "share": f"{100 * p['burden'] / most:.0f}%",
            }
            for p in said["people"]
        ]
        self.suggestions = [one["words"] for one in said["suggestions"]]
        self.loaded = True

    @rx.event
    @told
    async def set_period(self, period: str) -> None:
        """Another time."""
        if period in PERIODS:
            self.period = period
        await self._load()

    @rx.event
    @told
    async def set_schedule(self, schedule: str) -> None:
        """One schedule, or all."""
        self.schedule = schedule
        await self._load()


def row(one: rx.Var[Person]) -> rx.Component:
    """One person; the bar repeats the burden."""
    names = ("hours", "night", "weekend", "holiday", "shifts", "in_a_row", "longest")
    return rx.el.tr(
        rx.el.th(one["name"], scope="row"),
        *(rx.el.td(one[name], class_name="number") for name in names),
        rx.el.td(
            one["burden"],
            rx.el.span(class_name="share", style={"width": one["share"]}, custom_attrs={"aria-hidden": "true"}),
            class_name="number burden",
        ),
    )


def page() -> rx.Component:
    """Heaviest first."""
    heads = ("Person", "Hours", "At night", "Weekend", "Holidays", "Shifts", "In a row", "Longest, h", "Burden")
    return shell(
        "/on-call",
        rota_tabs("/on-call/load"),
        rx.el.h1("Load"),
        rx.el.div(
            choice("Time", View.period, list(PERIODS.items()), View.set_period),
            rx.el.select(
                rx.foreach(View.schedules, lambda s: rx.el.option(s[1], value=s[0])),
                value=View.schedule,
                on_change=View.set_schedule,
                custom_attrs={"aria-label": "Schedule"},
            ),
            class_name="actions",
        ),
        shown(
            View.loaded,
            count(View.people) > 0,
            rx.fragment(
                table(heads, View.people, row, "Hours on call by person"),
                rx.el.p(
                    "Nights are 22:00 to 07:00 and weekends Saturday and Sunday, on each person's own clock. "
                    "The burden counts nights and weekends twice, holidays three times.",
                    class_name="dim",
                ),
            ),
            "Nobody is on call in this time.",
        ),
        rx.cond(
            View.uneven,
            rx.fragment(
                rx.el.h2("What would even it out"),
                rx.el.ul(rx.foreach(View.suggestions, rx.el.li), class_name="explained"),
                rx.el.p("Nothing of it happens by itself: ask for a swap under My shifts.", class_name="dim"),
            ),
        ),
    )
