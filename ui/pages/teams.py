"""Teams: who is in them, and who owns them."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.choices import callable_of
from ui.pages.people import TABS
from ui.parts import count, done, field, select, shown, sure, tabs
from ui.person import text_of
from ui.session import Session, told
from ui.shell import shell


class Member(TypedDict):
    """One of a team; `team` is the team's id."""

    id: str
    team: str
    name: str
    owner: bool
    may: bool


class Team(TypedDict):
    """`may`: whether to offer changes."""

    id: str
    name: str
    may: bool
    members: list[Member]


class View(Session):
    """Every change sends the team as a whole, as it is at that moment."""

    teams: list[Team] = []
    people: list[list[str]] = []
    loaded: bool = False

    @rx.event
    @told
    async def load(self) -> None:
        """All of them."""
        await self._read()

    async def _read(self) -> None:
        users = (await self.ask("GET", "/users"))["items"]
        names = {u["id"]: u["name"] for u in users}
        self.people = callable_of(users)
        found: list[Team] = []
        for team in (await self.ask("GET", "/teams"))["items"]:
            may = not self.as_of and (self.may_configure or self.user_id in team["owner_ids"])
            members: list[Member] = [
                {"id": u, "team": team["id"], "name": names.get(u, u), "owner": u in team["owner_ids"], "may": may}
                for u in team["member_ids"]
            ]
            members.sort(key=lambda m: (not m["owner"], m["name"]))
            found.append({"id": team["id"], "name": team["name"], "may": may, "members": members})
        self.teams, self.loaded = found, True

    async def _change(self, ident: str, change: Any) -> None:
        team = await self.take(f"/teams/{ident}")
        body = {key: team[key] for key in ("name", "member_ids", "owner_ids")}
        change(body)
        await self.ask("PUT", f"/teams/{ident}", body)
        await self._read()
        self.done = "Saved."

    @rx.event
    @told
    async def create(self, form: dict[str, Any]) -> None:
        """Whoever makes it owns it."""
        mine = [self.user_id] if self.user_id else []
        body = {"name": text_of(form, "name"), "member_ids": mine, "owner_ids": mine}
        await self.ask("POST", "/teams", body)
        await self._read()
        self.done = "Made, with you as its owner."

    @rx.event
    @told
    async def add(self, form: dict[str, Any]) -> None:
        """Another member."""
        await self._change(form["team"], lambda t: t.update(member_ids=[*t["member_ids"], form["user"]]))

    @rx.event
    @told
    async def drop(self, team: str, user: str) -> None:
        """Out of it, also as an owner."""
        await self._change(
            team, lambda t: t.update({k: [u for u in t[k] if u != user] for k in ("member_ids", "owner_ids")})
        )

    @rx.event
    @told
    async def own(self, team: str, user: str, owner: bool) -> None:
        """May change the team from now on, or not any more."""

        def change(body: dict[str, Any]) -> None:
            body["owner_ids"] = [u for u in body["owner_ids"] if u != user] + ([user] if owner else [])

        await self._change(team, change)

    @rx.event
    @told
    async def delete(self, ident: str) -> None:
        """What belonged to it belongs to no team then."""
        await self.ask("DELETE", f"/teams/{ident}")
        await self._read()
        self.done = "Deleted."


def _member(member: rx.Var[Member]) -> rx.Component:
    name = member["name"].to(str)
    return rx.el.li(
        rx.el.strong(member["name"]),
        rx.cond(member["owner"], rx.el.span("owner", class_name="label")),
        rx.cond(
            member["may"],
            rx.fragment(
                rx.el.button(
                    rx.cond(member["owner"], "Owner no more", "Make owner"),
                    type="button",
                    on_click=View.own(member["team"], member["id"], ~member["owner"].to(bool)),
                    custom_attrs={"aria-label": rx.cond(member["owner"], "Owner no more: ", "Make owner: ") + name},
                ),
                rx.el.button(
                    "Take out",
                    type="button",
                    on_click=View.drop(member["team"], member["id"]),
                    custom_attrs={"aria-label": "Take out " + name},
                ),
            ),
        ),
        class_name="inline",
        key=member["id"],
    )


def _team(team: rx.Var[Team]) -> rx.Component:
    members = team["members"].to(list[Member])
    return rx.el.section(
        rx.el.h2(team["name"]),
        rx.cond(
            count(members) > 0,
            rx.el.ul(rx.foreach(members, _member), class_name="explained"),
            rx.el.p("Nobody is in it: a policy that calls this team calls nobody.", class_name="problem-text"),
        ),
        rx.cond(
            team["may"],
            rx.el.form(
                rx.el.input(type="hidden", name="team", value=team["id"]),
                field("Add", select(View.people, name="user")),
                rx.el.button("Add to the team", type="submit"),
                on_submit=View.add,
                class_name="form",
            ),
        ),
        rx.cond(
            View.may_configure,
            sure("Delete the team", "Schedules and services of it belong to no team then.", View.delete(team["id"])),
        ),
        class_name="team",
        key=team["id"],
    )


def page() -> rx.Component:
    """One section a team."""
    return shell(
        "/people",
        tabs("People and teams", "/teams", TABS),
        rx.el.h1("Teams"),
        done(),
        shown(
            View.loaded,
            count(View.teams) > 0,
            rx.el.div(rx.foreach(View.teams, _team)),
            "There is no team yet. A team owns services and can be called by a policy.",
        ),
        rx.cond(
            View.may_configure,
            rx.el.section(
                rx.el.h2("A new team"),
                rx.el.form(
                    field("Name", rx.el.input(name="name", required=True, max_length=200), "/name"),
                    rx.el.button("Make the team", type="submit", class_name="first"),
                    on_submit=View.create,
                    key=count(View.teams).to_string(),
                    class_name="form",
                ),
            ),
        ),
    )
