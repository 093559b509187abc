"""Who changed what: the audit log with its filters, which are kept in the address."""

from __future__ import annotations

import json
from typing import Any, TypedDict
from urllib.parse import urlencode

import reflex as rx

from ui.administration_shell import places
from ui.components.live import ago
from ui.parts import count, field, following, select, shown, table
from ui.session import Session, told
from ui.shell import shell

FILTERS = ("actor", "kind", "since", "until")
PAGE = 50


class Entry(TypedDict):
    """One line of the log."""

    at: str
    actor: str
    action: str
    kind: str
    subject: str
    detail: str


class View(Session):
    """`following`: the cursor of what comes after, "" at the end."""

    loaded: bool = False
    entries: list[Entry] = []
    actors: list[list[str]] = []
    kinds: list[list[str]] = []
    actor: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""
    following: str = ""

    @rx.event
    @told
    async def load(self) -> Any:
        """What the address asks for."""
        query = self.router.url.query_parameters
        self.actor, self.kind, self.since, self.until = (query.get(name, "") for name in FILTERS)
        self.entries, self.loaded = [], False
        facets = await self.ask("GET", "/audit/facets")
        self.actors = [["", "anybody"], *([a, a] for a in facets["actors"])]
        self.kinds = [["", "anything"], *([k, k.replace("_", " ")] for k in facets["kinds"])]
        await self._more("")
        self.loaded = True

    @rx.event
    @told
    async def more(self) -> Any:
        """What comes after."""
        await self._more(self.following)

    async def _more(self, cursor: str) -> None:
        wanted = {"actor": self.actor, "kind": self.kind, "limit": PAGE, "cursor": cursor}
        since, until = (f"{day}T00:00:00Z" if day else "" for day in (self.since, self.until))
        found = await self.ask("GET", "/audit", since=since, until=until, **wanted)
        self.following = found["next_cursor"] or ""
        self.entries = [*self.entries, *map(_entry, found["items"])]

    @rx.event
    def filter(self, form: dict[str, Any]) -> Any:
        """Go to the address of what is asked for."""
        query = urlencode({name: form[name] for name in FILTERS if form.get(name)})
        return rx.redirect(f"/administration/audit?{query}" if query else "/administration/audit")


def _entry(found: dict[str, Any]) -> Entry:
    return {
        "at": found["at"],
        "actor": found["actor"],
        "action": found["action"].replace("_", " "),
        "kind": found["kind"].replace("_", " "),
        "subject": found["subject"],
        "detail": "; ".join(f"{name.replace('_', ' ')}: {_written(value)}" for name, value in found["detail"].items()),
    }


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def entry(shown_: rx.Var[Entry]) -> rx.Component:
    """One line."""
    return rx.el.tr(
        rx.el.td(ago(at=shown_["at"])),
        rx.el.td(shown_["actor"]),
        rx.el.td(shown_["action"]),
        rx.el.td(shown_["kind"], title=shown_["subject"]),
        rx.el.td(rx.el.code(shown_["detail"], class_name="detail")),
    )


def page() -> rx.Component:
    """The newest first."""
    return shell(
        "/administration",
        places("/administration/audit"),
        rx.el.h1("Audit log"),
        rx.cond(
            Session.may_configure,
            rx.fragment(
                rx.el.form(
                    field("Who", select(View.actors, name="actor", default_value=View.actor, key=View.actor)),
                    field("What", select(View.kinds, name="kind", default_value=View.kind, key=View.kind)),
                    field("From (UTC)", rx.el.input(type="date", name="since", default_value=View.since)),
                    field("Before (UTC)", rx.el.input(type="date", name="until", default_value=View.until)),
                    rx.el.button("Show", type="submit", class_name="first"),
                    on_submit=View.filter,
                    class_name="form",
                ),
                shown(
                    View.loaded,
                    count(View.entries) > 0,
                    rx.fragment(
                        table(("When", "Who", "Did", "What", "Detail"), View.entries, entry, "Audit log"),
                        following(View.following != "", View.more),
                    ),
                    "Nothing was changed that these filters let through.",
                ),
            ),
            rx.cond(
                Session.role != "", rx.el.p("Only managers and administrators see the audit log.", class_name="empty")
            ),
        ),
    )
