"""Holiday calendars, which windows of schedules, policies and rules name: a country's days, with more and fewer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, TypedDict

import reflex as rx

from ui.listing import CLOSED, NEW, Listing, adding
from ui.parts import anew, count, done, edit_button, ending, field, overtaken, shown, sure, table
from ui.rota_tabs import rota_tabs
from ui.session import Session, told
from ui.shell import shell

AHEAD = timedelta(days=366)


class Item(TypedDict):
    """One calendar."""

    id: str
    name: str
    where: str
    more: str
    fewer: str


NOTHING = {"name": "", "country": "", "subdivision": "", "dates": "", "except_dates": ""}


class View(Listing, Session):
    """`coming`: the days of the calendar in the form, of the next twelve months."""

    resource: ClassVar[str] = "/holiday-calendars"
    items: list[Item] = []
    form: dict[str, str] = NOTHING
    coming: list[str] = []

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        self.editing = CLOSED
        await self._load()

    async def _load(self) -> None:
        self.items = [_item(found) for found in (await self.ask("GET", "/holiday-calendars"))["items"]]
        self.loaded = True

    @rx.event
    @told
    async def edit(self, ident: str) -> None:
        """Open the form, with a calendar or empty."""
        self.form, self.coming = NOTHING, []
        if ident != NEW:
            found = await self.take(f"/holiday-calendars/{ident}")
            texts = {key: found[key] or "" for key in ("name", "country", "subdivision")}
            self.form = {**texts, **{key: "\n".join(found[key]) for key in ("dates", "except_dates")}}
            at = (await self.ask("GET", "/on-call"))["at"]  # the gateway's clock, or the time that is looked at
            self.coming = _coming(found["days"], datetime.fromisoformat(at))
        self.editing = ident

    @rx.event
    @told
    async def save(self, form: dict[str, Any]) -> None:
        """What the form says; the API checks it."""
        body: dict[str, Any] = {"name": form["name"]}
        body |= {key: form[key].strip().upper() or None for key in ("country", "subdivision")}
        body |= {key: form[key].split() for key in ("dates", "except_dates")}
        made = "Made. Windows of schedules, policies and quiet hours can name it now."
        await self._send(body, made, "Saved. Schedules and policies that name it go by it from now on.")


def _item(found: dict[str, Any]) -> Item:
    return {
        "id": found["id"],
        "name": found["name"],
        "where": ", ".join(part for part in (found["country"], found["subdivision"]) if part) or "of no country",
        "more": ", ".join(found["dates"]),
        "fewer": ", ".join(found["except_dates"]),
    }


def _coming(days: list[str], now: datetime) -> list[str]:
    first, last = now.date(), (now + AHEAD).date()
    return [f"{day:%a %d %b %Y}" for day in map(datetime.fromisoformat, days) if first <= day.date() <= last]


def _row(item: rx.Var[Item]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(item["name"], scope="row"),
        rx.el.td(item["where"]),
        rx.el.td(item["more"]),
        rx.el.td(item["fewer"]),
        rx.el.td(edit_button(View.may_configure, View.edit(item["id"]), item["name"])),
        key=item["id"],
    )


def _days(label: str, name: str) -> rx.Component:
    return field(label, rx.el.textarea(name=name, default_value=View.form[name], rows=3), f"/{name}", "2026-12-24")


def _form() -> rx.Component:
    form = View.form
    return rx.el.section(
        rx.el.h2(rx.cond(View.editing == NEW, "A new calendar", "Change the calendar")),
        rx.el.form(
            field("Name", rx.el.input(name="name", default_value=form["name"], required=True, max_length=200), "/name"),
            field(
                "Public holidays of country (ISO 3166)",
                rx.el.input(name="country", default_value=form["country"], max_length=8, size=4),
                "/country",
                "DE; empty: of no country",
            ),
            field(
                "Only of this part of it",
                rx.el.input(name="subdivision", default_value=form["subdivision"], max_length=40, size=6),
                "/subdivision",
                "BE",
            ),
            _days("And these days, one a line", "dates"),
            _days("But not these, one a line", "except_dates"),
            overtaken(View.edit(View.editing), form=True),
            ending("Save the calendar", View.close),
            on_submit=View.save,
            class_name="form panel",
            key=anew(View.editing),
            custom_attrs={"aria-label": "Holiday calendar"},
        ),
        rx.cond(
            View.editing != NEW,
            rx.fragment(
                rx.el.h2("Its days, in the next twelve months, as saved"),
                rx.el.ul(rx.foreach(View.coming, lambda day: rx.el.li(day)), class_name="explained"),
                sure("Delete the calendar", "Refused while a schedule or a policy names it.", View.delete),
            ),
        ),
    )


def page() -> rx.Component:
    """The list, then the form."""
    heads = ("Name", "Public holidays of", "More days", "But not", "")
    empty = (
        "There is no holiday calendar. Layers of schedules, quiet hours and steps of policies can be of holidays only, "
        "or never; they go by a calendar of this list."
    )
    return shell(
        "/on-call",
        rota_tabs("/on-call/holidays"),
        rx.el.div(
            rx.el.h1("Holidays"),
            shown(View.loaded, count(View.items) > 0, table(heads, View.items, _row, "All holiday calendars"), empty),
            adding(View, "Add a calendar"),
            rx.cond(View.editing != CLOSED, _form()),
            rx.el.div(done(), class_name="toast"),
            class_name="setup",
        ),
    )
