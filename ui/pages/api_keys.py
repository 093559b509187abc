"""Keys for the API: made, shown once, revoked."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.administration_shell import places
from ui.components.live import ago
from ui.parts import count, done, fault, field, shown, sure, table
from ui.session import Session, told
from ui.shell import shell

SCOPES = (
    ("read", "read everything"),
    ("respond", "acknowledge, resolve, and the like"),
    ("configure", "change the configuration"),
    ("admin", "everything that you may"),
)


class Key(TypedDict):
    """One that works."""

    id: str
    name: str
    hint: str
    scopes: str
    at: str


class View(Session):
    """`fresh`: the key that was just made, until the page is left; `fresh_name`: what it is for."""

    loaded: bool = False
    keys: list[Key] = []
    fresh: str = ""
    fresh_name: str = ""

    @rx.event
    @told
    async def load(self) -> Any:
        """Those that work."""
        self.fresh = self.fresh_name = ""
        if self.may_admin:
            await self._read()

    async def _read(self) -> None:
        found = await self.ask("GET", "/api-keys")
        self.keys = [
            {
                "id": k["id"],
                "name": k["name"],
                "hint": k["hint"],
                "scopes": ", ".join(k["scopes"]),
                "at": k["created_at"],
            }
            for k in found["items"]
        ]
        self.loaded = True

    @rx.event
    @told
    async def make(self, form: dict[str, Any]) -> Any:
        """A new one; it is shown this once."""
        scopes = [scope for scope, _ in SCOPES if form.get(f"scope_{scope}")]
        made = await self.ask("POST", "/api-keys", {"name": form["name"], "scopes": scopes})
        self.fresh, self.fresh_name = made["key"], made["name"]
        await self._read()

    @rx.event
    @told
    async def revoke(self, ident: str) -> Any:
        """It stops working at once."""
        await self.ask("DELETE", f"/api-keys/{ident}")
        self.done = "Revoked; it does not work any more."
        await self._read()


def key(shown_: rx.Var[Key]) -> rx.Component:
    """One that works."""
    return rx.el.tr(
        rx.el.th(shown_["name"], scope="row"),
        rx.el.td(rx.el.code(shown_["hint"])),
        rx.el.td(shown_["scopes"]),
        rx.el.td(ago(at=shown_["at"])),
        rx.el.td(sure("Revoke", "Whatever uses this key stops working at once.", View.revoke(shown_["id"]))),
        key=shown_["id"],
    )


def making() -> rx.Component:
    """The form, and what came of it."""
    boxes = (
        rx.el.label(rx.el.input(type="checkbox", name=f"scope_{scope}"), f" {scope}: {text}") for scope, text in SCOPES
    )
    return rx.el.section(
        rx.el.h2("A new key"),
        rx.el.form(
            field("What for", rx.el.input(name="name", required=True, max_length=200), "/name"),
            rx.el.fieldset(rx.el.legend("It may"), *boxes, fault("/scopes"), class_name="boxes"),
            rx.el.button("Make the key", type="submit", class_name="first"),
            on_submit=View.make,
            class_name="form",
            reset_on_submit=True,
        ),
        rx.cond(
            View.fresh != "",
            rx.el.div(
                rx.el.p("The key ", rx.el.strong(View.fresh_name), ". Copy it now: it is shown this once."),
                rx.el.code(View.fresh, id="fresh", tab_index=0),
                class_name="secret",
                role="status",
            ),
        ),
    )


def page() -> rx.Component:
    """For administrators."""
    return shell(
        "/administration",
        places("/administration/keys"),
        rx.el.h1("API keys"),
        rx.cond(
            Session.may_admin,
            rx.fragment(
                done(),
                shown(
                    View.loaded,
                    count(View.keys) > 0,
                    table(("Key", "Ends in", "May", "Made", "Revoke"), View.keys, key, "API keys"),
                    "There is no key. Make one for each program that calls the API, so that each can be revoked alone.",
                ),
                making(),
            ),
            rx.cond(Session.role != "", rx.el.p("Only administrators make and revoke keys.", class_name="empty")),
        ),
    )
