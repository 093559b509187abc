"""Versions of the configuration: who changed what, what is different, the way back after a look at what it means."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.administration_shell import places
from ui.components.live import ago
from ui.parts import count, done, field, following, shown, table
from ui.session import Session, told
from ui.shell import shell

PAGE = 50
HEADS = ("Version", "When", "Who", "What", "Ask")
DONE = {"create": "made", "update": "changed", "delete": "deleted"}


class Version(TypedDict):
    """One saved change."""

    number: int
    at: str
    actor: str
    words: str


class View(Session):
    """`about`: what `lines` say, "" if nothing is asked. `planned`: the version to go back to, 0 if none is looked at.

    `stored`: the version that the plan was made for; another one meanwhile, and the gateway refuses.
    `moment`: as typed.
    """

    loaded: bool = False
    versions: list[Version] = []
    following: str = ""
    about: str = ""
    lines: list[str] = []
    meaning: list[str] = []
    planned: int = 0
    stored: int = 0
    moment: str = ""

    @rx.event
    def at(self, typed: str) -> None:
        """A time to look at, by the clock of UTC; "": none."""
        self.moment = typed

    @rx.var
    def means(self) -> bool:
        """True if the plan changes something for people."""
        return bool(self.meaning)

    @rx.event
    @told
    async def load(self) -> Any:
        """The newest ones."""
        self.versions, self.about, self.planned = [], "", 0
        if self.may_configure:
            await self._more("")
        self.loaded = True

    @rx.event
    @told
    async def more(self) -> Any:
        """What comes after."""
        await self._more(self.following)

    async def _more(self, cursor: str) -> None:
        found = await self.ask("GET", "/configuration/versions", limit=PAGE, cursor=cursor)
        self.following = found["next_cursor"] or ""
        self.versions = [*self.versions, *map(_version, found["items"])]

    @rx.event
    @told
    async def look(self, number: int) -> Any:
        """What this change changed."""
        found = await self.ask("GET", f"/configuration/versions/{number}")
        self.planned, self.meaning = 0, []
        self.about = f"What version {number} changed"
        nothing = "It is the first that is known: there is nothing to compare it with."
        self.lines = _lines(found["changes"]) if found["changes"] is not None else [nothing]

    @rx.event
    @told
    async def compare(self, number: int) -> Any:
        """What is different now."""
        found = await self.ask("GET", "/configuration/diff", **{"from": number})
        self.planned, self.meaning = 0, []
        self.about = f"What is different now from version {number}"
        self.lines = _lines(found["changes"])

    @rx.event
    @told
    async def plan(self, number: int) -> Any:
        """What going back would change, and what that means for people; nothing is saved."""
        found = await self.ask("POST", f"/configuration/versions/{number}/roll-back", dry="true")
        self.about = f"Going back to version {number} would change"
        self.lines, self.meaning = _lines(found["changes"]), [c["words"] for c in found["consequences"]]
        self.planned, self.stored = number, found["version"]

    @rx.event
    @told
    async def roll_back(self) -> Any:
        """Go back, unless somebody has changed something since the look."""
        number = self.planned
        path = f"/configuration/versions/{number}/roll-back"
        await self.ask("POST", path, if_version=self.stored)
        self.versions, self.about, self.planned = [], "", 0
        await self._more("")
        self.done = f"The configuration is as it was in version {number}, as a new version."


def _version(found: dict[str, Any]) -> Version:
    return {"number": found["number"], "at": found["at"], "actor": found["actor"], "words": found["words"]}


def _lines(changes: list[dict[str, Any]]) -> list[str]:
    told_of = [
        f"{c['section'].replace('_', ' ')} {c['name']}".strip()
        + f" is {DONE[c['action']]}"
        + (": " + "; ".join(f["words"] for f in c["fields"]) if c["fields"] and c["action"] == "update" else "")
        for c in changes
    ]
    return told_of or ["Nothing."]


def version(shown_: rx.Var[Version]) -> rx.Component:
    """One saved change with what one can ask of it."""
    number = shown_["number"].to(int)
    return rx.el.tr(
        rx.el.th(number, scope="row"),
        rx.el.td(ago(at=shown_["at"])),
        rx.el.td(shown_["actor"]),
        rx.el.td(shown_["words"]),
        rx.el.td(
            rx.el.div(
                rx.el.button("What changed", on_click=View.look(number)),
                rx.el.a("Look at it", href="/on-call?as_of=" + shown_["at"].to(str), class_name="button"),
                rx.el.button("Compare with now", on_click=View.compare(number)),
                rx.el.button("Go back to it …", on_click=View.plan(number)),
                class_name="actions",
            )
        ),
        key=shown_["number"],
    )


def at_a_time() -> rx.Component:
    """The configuration at any time since versions are kept."""
    typed = rx.el.input(type="datetime-local", default_value=View.moment, on_change=View.at)
    link = rx.el.a("Look at it then", href="/on-call?as_of=" + View.moment + "Z", class_name="button")
    return rx.el.div(field("As it was at (UTC)", typed), rx.cond(View.moment != "", link), class_name="form")


def asked() -> rx.Component:
    """The answer to what was asked last; with the button that goes back, if that was looked at."""
    return rx.el.section(
        rx.el.h2(View.about),
        rx.el.ul(rx.foreach(View.lines, rx.el.li), class_name="explained"),
        rx.cond(
            View.means,
            rx.fragment(
                rx.el.h2("For people that means"),
                rx.el.ul(rx.foreach(View.meaning, rx.el.li), class_name="explained"),
            ),
        ),
        rx.cond(
            View.planned > 0,
            rx.el.p(rx.el.button("Yes, go back", on_click=View.roll_back, class_name="danger")),
        ),
        id="asked",
        custom_attrs={"aria-live": "polite"},
    )


def page() -> rx.Component:
    """The newest first."""
    return shell(
        "/administration",
        places("/administration/versions"),
        rx.el.h1("Versions of the configuration"),
        rx.cond(
            Session.may_configure,
            rx.fragment(
                done(),
                at_a_time(),
                rx.cond(View.about != "", asked()),
                shown(
                    View.loaded,
                    count(View.versions) > 0,
                    rx.fragment(
                        table(("Version", "When", "Who", "What", "Ask"), View.versions, version, "Versions"),
                        following(View.following != "", View.more),
                    ),
                    "Nothing was changed since versions are kept.",
                ),
            ),
            rx.cond(
                Session.role != "",
                rx.el.p("Only managers and administrators go back.", class_name="empty"),
            ),
        ),
    )
