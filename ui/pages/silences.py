"""Silences: what keeps quiet and until when; making one, after a look at what it would fit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict

import reflex as rx

from ui.calendar import instant
from ui.choices import named, offered, optional
from ui.components.live import ago
from ui.lines import Unclear, matchers, of_matchers
from ui.noise import noise, typed
from ui.parts import anew, count, ending, field, overtaken, shown, sure
from ui.session import Session, told
from ui.viewer import Viewer, seen_from

SHOWN = 20
TIMES = ("starts_at", "ends_at")


class Item(TypedDict):
    """One silence."""

    id: str
    what: str
    state: str
    starts_at: str
    ends_at: str
    comment: str
    by: str


class Fitted(TypedDict):
    """An incident that it would fit."""

    id: str
    text: str


class View(Viewer, Session):
    """`previewed`: the form's silence was looked at, and `fits` says what it fits. `editing`: whose times and comment

    are being changed, "": of none; `times`: what that form begins with, its `starts_at` "" once it has begun.
    """

    items: list[Item] = []
    loaded: bool = False
    integrations: list[list[str]] = []
    services: list[list[str]] = []
    teams: list[list[str]] = []
    previewed: bool = False
    fits: list[Fitted] = []
    told_of: str = ""
    form_key: int = 0
    editing: str = ""
    times: dict[str, str] = {}

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        self.previewed, self.editing = False, ""
        self.integrations = await offered(self, "/integrations")
        self.services, self.teams = await named(self, "/services"), await named(self, "/teams")
        await self._load()

    async def _load(self) -> None:
        names = dict((*self.integrations, *self.services, *self.teams))
        self.items = [_item(found, names) for found in (await self.ask("GET", "/silences"))["items"]]
        self.loaded = True

    @rx.event
    @told
    async def submit(self, form: dict[str, Any]) -> None:
        """The first time show what it would fit; the second time save it."""
        try:
            body = _body(form, self.viewer)
        except (Unclear, ValueError) as error:
            self.problem = str(error)
            return
        if not form.get("seen"):
            await self._preview(body)
            return
        await self.ask("POST", "/silences", body)
        self.previewed, self.form_key = False, self.form_key + 1
        self.done = "Saved: what it fits pages nobody from now on. Incidents that page already go on."
        await self._load()

    async def _preview(self, body: dict[str, Any]) -> None:
        found = await self.ask("POST", "/silences/preview", body)
        now, late = found["open"], found["recent"]
        whole = sum(f["whole"] for f in now)
        self.told_of = (
            f"It fits {len(now)} open incidents ({whole} wholly) and {len(late)} of the last 24 hours. "
            "Those that are open go on paging: acknowledge, snooze or resolve them."
        )
        if not found["complete"]:
            self.told_of += " There are more incidents than were looked at."
        said = [("open, ", f) for f in now] + [("over, ", f) for f in late]
        self.fits = [
            {"id": f["id"], "text": f"{state}{f['title']} ({f['alerts']} alerts)"} for state, f in said[:SHOWN]
        ]
        self.previewed = True

    @rx.event
    def changed(self) -> None:
        """The form says something else: look again before saving."""
        self.previewed = False

    @rx.event
    @told
    async def longer(self, ident: str) -> None:
        """An hour more."""
        found = await self.take(f"/silences/{ident}")
        end = datetime.fromisoformat(found["ends_at"]) + timedelta(hours=1)
        times = {"starts_at": found["starts_at"], "ends_at": end.isoformat(), "comment": found["comment"]}
        await self.ask("PUT", f"/silences/{ident}", times)
        self.done = "It lasts an hour longer."
        await self._load()

    @rx.event
    @told
    async def edit(self, ident: str) -> None:
        """Have its times and comment in a form, by the viewer's clock; "": none."""
        self.editing, self.times = "", {}
        if ident:
            found = await self.take(f"/silences/{ident}")
            begins = typed(found["starts_at"], self.viewer) if found["state"] == "pending" else ""
            end = {"end": found["ends_at"], "ends_at": typed(found["ends_at"], self.viewer)}
            self.times = {"starts_at": begins, **end, "comment": found["comment"]}
            self.editing = ident

    @rx.event
    @told
    async def change(self, form: dict[str, Any]) -> None:
        """Other times, another comment. What it no longer keeps quiet escalates."""
        start, end = form.get("starts_at"), form["ends_at"]
        body = {
            "starts_at": instant(start, self.viewer).isoformat() if start else None,  # null: as it is
            "ends_at": self.times["end"]
            if end == self.times["ends_at"]
            else instant(end, self.viewer).isoformat(),  # to the second
            "comment": form["comment"],
        }
        await self.ask("PUT", f"/silences/{self.editing}", body)
        self.editing, self.done = "", "Saved. What it keeps quiet no longer escalates at once."
        await self._load()

    @rx.event
    @told
    async def expire(self, ident: str) -> None:
        """End it now."""
        await self.ask("POST", f"/silences/{ident}/expire")
        self.done = "Ended: what fires under it escalates now."
        await self._load()


def _item(found: dict[str, Any], names: dict[str, str]) -> Item:
    scope = [
        f"{what} {names.get(found[f'{what}_id'], 'that is gone')}"
        for what in ("integration", "service", "team")
        if found[f"{what}_id"]
    ]
    return {
        "id": found["id"],
        "what": " and ".join([*of_matchers(found["matchers"]).splitlines(), *scope]),
        "state": found["state"],
        "starts_at": found["starts_at"],
        "ends_at": found["ends_at"],
        "comment": found["comment"],
        "by": found["created_by"],
    }


def _body(form: dict[str, Any], zone: str) -> dict[str, Any]:
    body: dict[str, Any] = {"matchers": matchers(form["matchers"]), "comment": form["comment"]}
    body |= {f"{what}_id": form[what] or None for what in ("integration", "service", "team")}
    hours, start = float(form["hours"]), form["starts_at"]
    if not start:
        return body | {"minutes": round(60 * hours)}
    begun = instant(start, zone)
    return body | {"starts_at": begun.isoformat(), "ends_at": (begun + timedelta(hours=hours)).isoformat()}


def _shown(item: rx.Var[Item]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.strong(item["what"]),
            rx.el.p(
                rx.cond(
                    item["state"] == "pending",
                    rx.fragment("begins ", ago(at=item["starts_at"]), ", ends "),
                    "active, ends ",
                ),
                ago(at=item["ends_at"]),
                rx.el.span(" · by ", item["by"], class_name="dim"),
            ),
            rx.el.p(item["comment"], class_name="dim"),
        ),
        rx.cond(
            View.may_respond,
            rx.el.div(
                rx.el.button("An hour longer", type="button", on_click=View.longer(item["id"])),
                rx.el.button(
                    "Edit",
                    type="button",
                    on_click=View.edit(item["id"]),
                    custom_attrs={"aria-label": "Edit the silence of " + item["what"].to(str)},
                ),
                sure("End it now", "What fires under it starts to page people at once.", View.expire(item["id"])),
                class_name="actions",
            ),
        ),
        rx.cond(View.editing == item["id"], _times()),
        key=item["id"],
    )


def _times() -> rx.Component:
    """What of a silence can be changed."""
    start, end = (rx.el.input(type="datetime-local", name=n, default_value=View.times[n], required=True) for n in TIMES)
    return rx.el.form(
        rx.cond(View.times["starts_at"] != "", field("From (" + View.viewer + ")", start, "/starts_at")),
        field("Until (" + View.viewer + ")", end, "/ends_at"),
        field("Why", rx.el.input(name="comment", default_value=View.times["comment"], max_length=500), "/comment"),
        overtaken(View.edit(View.editing), form=True),
        ending("Save the change", View.edit("")),
        on_submit=View.change,
        class_name="form panel times",
        key=anew(),
        custom_attrs={"aria-label": "Change the silence"},
    )


def _form() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Silence alerts"),
        rx.el.form(
            field(
                "Conditions on labels, one a line",
                rx.el.textarea(name="matchers", rows=3, on_change=View.changed),
                "/matchers",
                "alertname=~Disk.*, cluster=blue; all must hold",
            ),
            field(
                "Integration",
                optional("any", View.integrations, name="integration", on_change=View.changed),
                "/integration_id",
            ),
            field("Service", optional("any", View.services, name="service", on_change=View.changed), "/service_id"),
            field("Team", optional("any", View.teams, name="team", on_change=View.changed), "/team_id"),
            field(
                "From (" + View.viewer + ")",
                rx.el.input(type="datetime-local", name="starts_at", on_change=View.changed),
                "/starts_at",
                "empty: now",
            ),
            field(
                "For how many hours",
                rx.el.input(name="hours", type="number", min=0.1, step=0.1, default_value="2", required=True),
                "/ends_at",
            ),
            field("Why", rx.el.input(name="comment", max_length=500), "/comment"),
            rx.cond(View.previewed, rx.el.input(type="hidden", name="seen", value="yes")),
            rx.el.button(
                rx.cond(View.previewed, "Save the silence", "Look what it fits"), type="submit", class_name="first"
            ),
            on_submit=View.submit,
            class_name="form",
            key=rx.Var.create(View.form_key).to(str),
        ),
        rx.cond(
            View.previewed,
            rx.el.div(
                rx.el.p(View.told_of),
                rx.el.ul(
                    rx.foreach(
                        View.fits,
                        lambda item: rx.el.li(rx.el.a(item["text"], href="/incidents/" + item["id"].to(str))),
                    )
                ),
                class_name="panel",
                role="status",
                id="fits",
            ),
        ),
    )


def page() -> rx.Component:
    """What is quiet now comes first."""
    empty = "Nothing is silenced. A silence keeps alerts from paging people for a time, and always ends."
    return noise(
        "/noise",
        "Silences",
        seen_from(View),
        shown(View.loaded, count(View.items) > 0, rx.el.ul(rx.foreach(View.items, _shown), class_name="rules"), empty),
        rx.cond(View.may_respond & View.loaded, _form()),
    )
