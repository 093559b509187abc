"""One's own account: name, password, tokens, and where one is signed in."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.components.live import ago
from ui.components.person import copy
from ui.parts import count, field, overtaken, select, shown, sure, table
from ui.person import PERSON, Person, text_of
from ui.session import told

SCOPES = {"read": "only look", "respond": "acknowledge, resolve", "configure": "configure", "admin": "everything"}


class Browser(TypedDict):
    """One session."""

    id: str
    device: str
    address: str
    created_at: str
    seen_at: str
    current: bool


class Token(TypedDict):
    """One API key."""

    id: str
    name: str
    hint: str
    scopes: str
    created_at: str


class Account(Person):
    """`fresh`: a key that was made just now; it is shown once."""

    browsers: list[Browser] = []
    tokens: list[Token] = []
    listed: bool = False
    scopes: list[list[str]] = []
    fresh: str = ""

    @rx.var
    def some_tokens(self) -> bool:
        """True if there is any."""
        return bool(self.tokens)

    @rx.event
    @told
    async def load_account(self) -> None:
        """Sessions and tokens."""
        self.fresh = ""
        self.scopes = [[p, f"{p}: {SCOPES[p]}"] for p in self.permissions]
        await self._read()

    async def _read(self) -> None:
        sessions = (await self.ask("GET", "/me/sessions"))["items"]
        self.browsers = [{key: s[key] for key in Browser.__annotations__} for s in sessions]  # type: ignore[misc]
        keys = (await self.ask("GET", "/api-keys", mine="true"))["items"]
        self.tokens = [
            {k: key[k] for k in ("id", "name", "hint", "created_at")} | {"scopes": ", ".join(key["scopes"])}  # type: ignore[misc]
            for key in keys
        ]
        self.listed = True

    @rx.event
    @told
    async def save(self, form: dict[str, Any]) -> None:
        """Name, address, zone."""
        await self.replace("/me", {name: text_of(form, name) for name in ("name", "email", "zone")}, PERSON)
        await self.meet()
        self.name = self.human["name"]
        self.done = "Saved."

    @rx.event
    @told
    async def change_password(self, form: dict[str, Any]) -> None:
        """The browser's password manager sees both."""
        if form["new"] != form["again"]:
            self.problem, self.faults = "Nothing was changed.", {"/again": "Type the same new password twice."}
            return
        await self.ask("PUT", "/me/password", {"current": form.get("current") or "", "new": form["new"]})
        await self.meet()
        await self._read()
        self.done = "The password is changed; every other browser is signed out."

    @rx.event
    @told
    async def make_token(self, form: dict[str, Any]) -> None:
        """Shown this once."""
        body = {"name": text_of(form, "name"), "scopes": [form["scope"]]}
        self.fresh = (await self.ask("POST", "/api-keys", body))["key"]
        await self._read()
        self.done = "Made. Copy it now: it is not shown again."

    @rx.event
    @told
    async def revoke(self, ident: str) -> None:
        """It stops working at once."""
        await self.ask("DELETE", f"/api-keys/{ident}")
        self.fresh = ""
        await self._read()
        self.done = "Revoked."

    @rx.event
    @told
    async def end(self, ident: str) -> None:
        """Sign that browser out."""
        await self.ask("DELETE", f"/me/sessions/{ident}")
        await self._read()
        self.done = "That browser is signed out."

    @rx.event
    @told
    async def end_others(self) -> None:
        """Sign every browser out but this one."""
        ended = (await self.ask("DELETE", "/me/sessions"))["ended"]
        await self._read()
        self.done = f"Signed out elsewhere: {ended}."


def _password(label: str, name: str, kind: str, pointer: str) -> rx.Component:
    control = rx.el.input(
        type="password", name=name, auto_complete=kind, max_length=200, min_length=10 if kind == "new-password" else 0
    )
    return field(label, control, pointer)


def yourself() -> rx.Component:
    """Name and password."""
    human = Account.human
    return rx.el.section(
        rx.el.h2("You"),
        rx.el.form(
            field("Name", rx.el.input(name="name", default_value=human["name"], max_length=200), "/name"),
            field("E-mail, to sign in", rx.el.input(name="email", default_value=human["email"]), "/email"),
            field("Time zone", rx.el.input(name="zone", default_value=human["zone"], max_length=64), "/zone"),
            rx.el.button("Save", type="submit"),
            overtaken(Person.load, form=True, part=PERSON),
            on_submit=Account.save,
            key=Person.who + human["name"] + human["email"] + human["zone"],
            class_name="form",
        ),
        rx.el.form(
            rx.cond(
                Account.human["has_password"],
                _password("Present password", "current", "current-password", "/current"),
            ),
            _password("New password", "new", "new-password", "/new"),
            _password("The same again", "again", "new-password", "/again"),
            rx.el.button("Change the password", type="submit"),
            on_submit=Account.change_password,
            reset_on_submit=True,
            class_name="form",
        ),
    )


def _browser(item: rx.Var[Browser]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(item["device"], scope="row"),
        rx.el.td(item["address"]),
        rx.el.td(ago(at=item["created_at"])),
        rx.el.td(ago(at=item["seen_at"])),
        rx.el.td(
            rx.cond(
                item["current"],
                "this browser",
                rx.el.button("Sign it out", type="button", on_click=Account.end(item["id"])),
            )
        ),
        key=item["id"],
    )


def sessions() -> rx.Component:
    """Where one is signed in."""
    heads = ("Device", "Address", "Signed in", "Last seen", "")
    return rx.el.section(
        rx.el.h2("Signed in"),
        table(heads, Account.browsers, _browser, "Browsers that are signed in"),
        rx.cond(
            count(Account.browsers) > 1,
            rx.el.button("Sign all others out", type="button", on_click=Account.end_others),
        ),
        id="sessions",
    )


def _token(item: rx.Var[Token]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(item["name"], scope="row"),
        rx.el.td(item["hint"]),
        rx.el.td(item["scopes"]),
        rx.el.td(ago(at=item["created_at"])),
        rx.el.td(sure("Revoke", "Whatever uses this key stops working at once.", Account.revoke(item["id"]))),
        key=item["id"],
    )


def tokens() -> rx.Component:
    """API keys of one's own."""
    heads = ("Name", "Ends with", "May", "Made", "")
    return rx.el.section(
        rx.el.h2("API tokens"),
        shown(
            Account.listed,
            Account.some_tokens,
            table(heads, Account.tokens, _token, "Your API tokens"),
            "You have none. A token lets a script act for you, and never more than you may yourself.",
        ),
        rx.cond(Account.fresh != "", copy(text=Account.fresh, label="The new token")),
        rx.el.form(
            field("Name", rx.el.input(name="name", required=True, max_length=200), "/name"),
            field("May", select(Account.scopes, name="scope"), "/scopes"),
            rx.el.button("Make a token", type="submit"),
            on_submit=Account.make_token,
            key=count(Account.tokens).to_string(),
            class_name="form",
        ),
        id="tokens",
    )
