"""Everybody: role, whether they can be reached, whether they are ready; inviting."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.components.live import ago, place
from ui.components.person import copy
from ui.parts import count, done, field, select, shown, sure, table, tabs
from ui.person import DAYS_AHEAD, text_of
from ui.session import Session, told
from ui.shell import shell

ROLES = ("viewer", "responder", "manager", "admin")
TABS = (("People", "/people"), ("Teams", "/teams"))


class One(TypedDict):
    """One person. `unready`: coming shifts that are not ready."""

    id: str
    name: str
    email: str
    role: str
    active: bool
    verified: int
    unverified: int
    shifts: int
    unready: int
    teams: str


class Guest(TypedDict):
    """Who was invited and has not come yet."""

    id: str
    email: str
    role: str
    by: str
    until: str


class View(Session):
    """`link`: of an invitation made just now, shown once."""

    everybody: list[One] = []
    guests: list[Guest] = []
    loaded: bool = False
    words: str = ""
    teams: list[list[str]] = []
    roles: list[list[str]] = []
    link: str = ""

    @rx.var
    def shown_people(self) -> list[One]:
        """Whose name or address has the words in it."""
        words = self.words.lower()
        return [p for p in self.everybody if words in p["name"].lower() or words in p["email"].lower()]

    @rx.event
    @told
    async def load(self) -> None:
        """Everybody."""
        self.link = ""
        await self._read()

    async def _read(self) -> None:
        users = (await self.ask("GET", "/users"))["items"]
        teams = (await self.ask("GET", "/teams"))["items"]
        shifts = (await self.ask("GET", "/readiness", days=DAYS_AHEAD))["items"]
        self.teams = [["", "no team"], *([t["id"], t["name"]] for t in teams)]
        self.roles = [[r, r] for r in ROLES[: ROLES.index(self.role) + 1]] if self.role in ROLES else []
        self.everybody = [
            {
                **{key: u[key] for key in ("id", "name", "email", "role", "active")},  # type: ignore[typeddict-item]
                "verified": u["contacts_verified"],
                "unverified": u["contacts_unverified"],
                "shifts": sum(s["user_id"] == u["id"] for s in shifts),
                "unready": sum(s["user_id"] == u["id"] and not s["ready"] for s in shifts),
                "teams": ", ".join(t["name"] for t in teams if u["id"] in t["member_ids"]),
            }
            for u in users
            if not u["synthetic"]
        ]
        items = (await self.ask("GET", "/invitations"))["items"] if self.may_configure else []
        self.guests = [
            {"id": i["id"], "email": i["email"], "role": i["role"], "by": i["invited_by"], "until": i["expires_at"]}
            for i in items
        ]
        self.loaded = True

    @rx.event
    def set_words(self, words: str) -> None:
        """Narrow the list."""
        self.words = words

    @rx.event
    @told
    async def invite(self, form: dict[str, Any]) -> None:
        """By mail where there is a mail server, and by a link to copy in any case."""
        body = {
            "email": text_of(form, "email"),
            "name": text_of(form, "name"),
            "role": form["role"],
            "team_ids": [form["team"]] if form["team"] else [],
            "send": bool(form.get("send")),
        }
        made = await self.ask("POST", "/invitations", body)
        self.link = made["url"]
        await self._read()
        sent = "The invitation is on its way." if made["sent"] else f"No mail was sent: {made['problem']}"
        self.done = f"{sent} The link is shown this once; it works once, for seven days."

    @rx.event
    @told
    async def revoke(self, ident: str) -> None:
        """The link stops working."""
        await self.ask("DELETE", f"/invitations/{ident}")
        self.link = ""
        await self._read()
        self.done = "Taken back: the link does not work any more."


def _row(one: rx.Var[One]) -> rx.Component:
    reached = rx.cond(
        one["verified"].to(int) > 0,
        rx.el.span("● ", one["verified"], " verified", class_name="state good"),
        rx.cond(
            one["unverified"].to(int) > 0,
            rx.el.span("▲ ", one["unverified"], " not verified", class_name="state bad"),
            rx.el.span("▲ by no address", class_name="state bad"),
        ),
    )
    ready = rx.cond(
        one["shifts"].to(int) == 0,
        rx.el.span("no shifts", class_name="dim"),
        rx.cond(
            one["unready"].to(int) > 0,
            rx.el.span("▲ not ready for ", one["unready"], " of ", one["shifts"], class_name="state bad"),
            rx.el.span("● ready for ", one["shifts"], class_name="state good"),
        ),
    )
    return rx.el.tr(
        rx.el.th(place(one["name"], to="/people/" + one["id"].to(str) + View.keep_then, current=False), scope="row"),
        rx.el.td(one["email"]),
        rx.el.td(one["role"], rx.cond(one["active"], "", " · deactivated")),
        rx.el.td(one["teams"]),
        rx.el.td(rx.cond(one["active"], reached)),
        rx.el.td(rx.cond(one["active"], ready)),
    )


def _guest(guest: rx.Var[Guest]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(guest["email"], scope="row"),
        rx.el.td(guest["role"]),
        rx.el.td(guest["by"]),
        rx.el.td(ago(at=guest["until"])),
        rx.el.td(sure("Take it back", "The link will not work any more.", View.revoke(guest["id"]))),
        key=guest["id"],
    )


def inviting() -> rx.Component:
    """The form, the link it made, and who has not come yet."""
    return rx.el.section(
        rx.el.h2("Invite somebody"),
        rx.el.form(
            field("E-mail", rx.el.input(type="email", name="email", required=True, max_length=254), "/email"),
            field("Name", rx.el.input(name="name", max_length=200), "/name"),
            field(
                "Role",
                select(View.roles, name="role", default_value="responder", key=count(View.roles).to_string()),
                "/role",
            ),
            field("Team", select(View.teams, name="team")),
            rx.el.label(rx.el.input(type="checkbox", name="send", default_checked=True), " send it by e-mail"),
            rx.el.button("Invite", type="submit", class_name="first"),
            on_submit=View.invite,
            key=count(View.guests).to_string(),
            class_name="form",
        ),
        rx.cond(View.link != "", copy(text=View.link, label="The link of the invitation")),
        rx.cond(
            count(View.guests) > 0,
            table(("Invited", "As", "By", "Ends", ""), View.guests, _guest, "Who has not come yet"),
        ),
        id="inviting",
    )


def page() -> rx.Component:
    """The list, then inviting for who may."""
    heads = ("Name", "E-mail", "Role", "Teams", "Reached", "Ready")
    return shell(
        "/people",
        tabs("People and teams", "/people", TABS),
        rx.el.h1("People"),
        done(),
        rx.el.input(
            type="search",
            placeholder="Name or address",
            on_change=View.set_words.debounce(150),
            custom_attrs={"aria-label": "Name or address"},
        ),
        shown(
            View.loaded,
            count(View.shown_people) > 0,
            table(heads, View.shown_people, _row, "People", "people"),
            "Nobody has this in their name or address.",
        ),
        rx.cond(View.may_configure, inviting()),
    )
