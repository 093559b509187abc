"""How alerts are answered: times, load, noise, delivery; each chart with its table and CSV, all in the address."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import reflex as rx

from ui.analytics_figures import Figure, canary, delivery, noise, over_time, people, response
from ui.charts import Bar, Column, Key, Piece
from ui.parts import field, out, select, tabulated
from ui.session import Session, told
from ui.shell import shell

DAYS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year"}
BY = {"severity": "severity", "service": "service", "team": "team"}
REPORTS = ("response", "incidents", "people", "noise", "delivery", "canary")
DEFAULT_DAYS = 30


class View(Session):
    """`first`, `last`: days (ISO) of the period, both part of it, by the clock of `zone`."""

    loaded: bool = False
    first: str = ""
    last: str = ""
    by: str = "severity"
    zone: str = "UTC"
    zones: list[list[str]] = []
    figures: list[Figure] = []

    @rx.event
    @told
    async def load(self) -> Any:
        """What the address asks for; without, the last thirty days."""
        query = self.router.url.query_parameters
        self.loaded = False
        at, home = await self._where()
        self.zone = query.get("zone", "") or home
        self.zones = [[z, z] for z in dict.fromkeys((home, "UTC", self.zone))]
        self.by = query.get("by", "") if query.get("by", "") in BY else "severity"
        try:
            today = at.astimezone(ZoneInfo(self.zone)).date()
            last = date.fromisoformat(query.get("to", "") or today.isoformat())
            first = date.fromisoformat(query.get("from", "") or (last - timedelta(days=DEFAULT_DAYS - 1)).isoformat())
        except (ValueError, KeyError):
            self.problem = "The address has a day or a time zone that does not exist. Choose again."
            return
        self.first, self.last = first.isoformat(), last.isoformat()
        place = ZoneInfo(self.zone)
        start, end = (datetime(d.year, d.month, d.day, tzinfo=place) for d in (first, last + timedelta(days=1)))
        asked = {"start": start.isoformat(), "end": end.isoformat(), "zone": self.zone}
        grouped = {**asked, "by": self.by}
        told_of = await asyncio.gather(
            *(self.ask("GET", f"/analytics/{r}", **(grouped if r in REPORTS[:2] else asked)) for r in REPORTS)
        )
        csv = {
            r: f"/api/v1/analytics/{r}?{urlencode({**(grouped if r in REPORTS[:2] else asked), 'format': 'csv'})}"
            for r in REPORTS
        }
        makers = (response, over_time, people, noise, delivery, canary)
        self.figures = [
            figure
            for name, make, report in zip(REPORTS, makers, told_of, strict=True)
            for figure in make(report, csv[name])
        ]
        self.loaded = True

    async def _where(self) -> tuple[datetime, str]:
        """What time it is by the gateway, and this person's zone."""
        at = datetime.fromisoformat((await self.ask("GET", "/on-call"))["at"])
        home = (await self.ask("GET", f"/users/{self.user_id}"))["zone"] if self.user_id else "UTC"
        return at, home

    @rx.event
    def choose(self, form: dict[str, Any]) -> Any:
        """Go to the address of what is asked for."""
        asked = {"from": form["first"], "to": form["last"], "by": form["by"], "zone": form["zone"]}
        return rx.redirect(f"/analytics?{urlencode({k: v for k, v in asked.items() if v})}")

    @rx.event
    def back(self, days: str) -> Any:
        """The last so many days, grouped as before."""
        last = date.fromisoformat(self.last) if self.last else None
        first = (last - timedelta(days=int(days) - 1)).isoformat() if last else ""
        return rx.redirect(
            f"/analytics?{urlencode({'from': first, 'to': self.last, 'by': self.by, 'zone': self.zone})}"
        )


def piece_of_bar(piece: rx.Var[Piece]) -> rx.Component:
    """A length."""
    return rx.el.span(class_name="piece " + piece["tone"].to(str), style={"width": piece["size"]}, title=piece["title"])


def bar(shown: rx.Var[Bar]) -> rx.Component:
    """A name, a length, and the same in words."""
    return rx.el.li(
        rx.el.span(shown["name"], class_name="bar-name"),
        rx.el.span(rx.foreach(shown["pieces"].to(list[Piece]), piece_of_bar), class_name="bar-track"),
        rx.el.span(shown["text"], class_name="bar-text"),
    )


def piece_of_column(piece: rx.Var[Piece]) -> rx.Component:
    """A height."""
    return rx.el.span(
        class_name="piece " + piece["tone"].to(str), style={"height": piece["size"]}, title=piece["title"]
    )


def column(shown: rx.Var[Column]) -> rx.Component:
    """A unit with its total above and its name beneath."""
    return rx.el.div(
        rx.el.span(
            rx.el.span(shown["text"], class_name="column-text"),
            rx.foreach(shown["pieces"].to(list[Piece]), piece_of_column),
            class_name="column-track",
        ),
        rx.el.span(shown["label"], class_name="column-label"),
        class_name="column",
        title=shown["title"],
    )


def key(shown: rx.Var[Key]) -> rx.Component:
    """What a pattern stands for."""
    return rx.el.li(rx.el.span(class_name="piece " + shown["tone"].to(str)), shown["name"])


def row(cells: rx.Var[list[str]], heads: rx.Var[list[str]]) -> rx.Component:
    """The first cell names the row."""

    def cell(text: rx.Var[str], n: rx.Var[int]) -> rx.Component:
        under = {"data-label": heads[n]}
        named = rx.el.th(text, scope="row", role="rowheader")
        return rx.cond(n == 0, named, rx.el.td(text, class_name="number", role="cell", custom_attrs=under))

    return rx.el.tr(rx.foreach(cells, cell), role="row")


def figure(shown: rx.Var[Figure]) -> rx.Component:
    """A chart, what it says, its table, its CSV. The chart is hidden from screen readers: the table says the same."""
    some, heads = shown["rows"].to(list[list[str]]).length() > 0, shown["heads"].to(list[str])
    return rx.el.section(
        rx.el.h2(shown["title"]),
        rx.el.p(shown["reading"], class_name="dim"),
        rx.cond(
            some,
            rx.fragment(
                rx.cond(
                    shown["keys"].to(list[Key]).length() > 0,
                    rx.el.ul(rx.foreach(shown["keys"].to(list[Key]), key), class_name="keys-of-chart"),
                ),
                rx.cond(
                    shown["columns"].to(list[Column]).length() > 0,
                    rx.el.div(
                        rx.foreach(shown["columns"].to(list[Column]), column),
                        class_name="columns",
                        custom_attrs={"aria-hidden": "true"},
                    ),
                    rx.el.ul(
                        rx.foreach(shown["bars"].to(list[Bar]), bar),
                        class_name="bars",
                        custom_attrs={"aria-hidden": "true"},
                    ),
                ),
                tabulated(
                    rx.foreach(heads, lambda h: rx.el.th(h, scope="col", role="columnheader")),
                    rx.foreach(shown["rows"].to(list[list[str]]), lambda cells: row(cells, heads)),
                    shown["title"],
                    "figures",
                    "short",
                ),
                rx.el.p(out("CSV of this", shown["csv"], **{"aria-label": "CSV: " + shown["title"].to(str)})),
            ),
            rx.el.p(shown["empty"], class_name="empty"),
        ),
        class_name="figure",
        custom_attrs={"data-figure": shown["name"]},
    )


def page() -> rx.Component:
    """The period first, then one figure after the other."""
    return shell(
        "/analytics",
        rx.el.h1("Analytics"),
        rx.el.div(
            *(rx.el.button(f"Last {text}", type="button", on_click=View.back(days)) for days, text in DAYS.items()),
            class_name="actions",
        ),
        rx.el.form(
            field("From", rx.el.input(type="date", name="first", default_value=View.first, key=View.first)),
            field("To and including", rx.el.input(type="date", name="last", default_value=View.last, key=View.last)),
            field("Grouped by", select(list(BY.items()), name="by", default_value=View.by, key=View.by)),
            field("Clock of", select(View.zones, name="zone", default_value=View.zone, key=View.zone)),
            rx.el.button("Show", type="submit", class_name="first"),
            on_submit=View.choose,
            class_name="form",
        ),
        rx.cond(
            View.loaded,
            rx.el.div(rx.foreach(View.figures, figure), id="figures"),
            rx.cond(Session.problem == "", rx.el.p("Loading …", class_name="dim", role="status")),
        ),
    )
