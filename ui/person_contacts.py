"""How a person is reached: their addresses, each added, proved by its code, tested, removed."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.gateway import Refused
from ui.parts import answered, count, field, overtaken, select, shown, sure
from ui.person import text_of
from ui.person_reach import Reach
from ui.session import told

KINDS = {
    "email": "E-mail",
    "webhook": "Webhook",
    "slack": "Slack",
    "sms": "SMS",
    "voice": "Phone call",
    "push": "Push to the app",
    "outbox": "Outbox page",
}
PART = "addresses"
HINTS = "To add: an e-mail address, a number with its country code such as +49301234567, or a URL."


class Contact(TypedDict):
    """One address. `said`: what its provider answered to the last test; `asked`: a code is on its way to it."""

    id: str
    kind: str
    label: str
    hint: str
    verified: bool
    provable: bool
    enabled: bool
    asked: bool
    said: str


class Contacts(Reach):
    """`kinds`: channels that are configured; `missing`: what to set for the others."""

    contacts: list[Contact] = []
    listed: bool = False
    kinds: list[list[str]] = []
    missing: list[str] = []

    @rx.var
    def some_contacts(self) -> bool:
        """True if there is any."""
        return bool(self.contacts)

    @rx.var
    def proven(self) -> bool:
        """True if an address is verified."""
        return any(c["verified"] and c["provable"] for c in self.contacts)

    @rx.event
    @told
    async def load_contacts(self) -> None:
        """All addresses, and what can be added."""
        self.listed = False
        channels = (await self.ask("GET", "/setup"))["channels"]
        ready = {c["name"] for c in channels if c["configured"]}
        self.kinds = [[name, text] for name, text in KINDS.items() if name in ready]
        self.missing = [c["problem"] for c in channels if not c["configured"]]
        await self.list_contacts()

    async def list_contacts(self, asked: str = "", said: dict[str, str] | None = None) -> None:
        """Anew; what was said of them before is kept."""
        before = {c["id"]: c for c in self.contacts}
        path = f"/users/{self.who}/contact-methods"
        listed = (await self.ask("GET", path))["items"]
        items = [await self.take(f"{path}/{c['id']}", PART) for c in listed]
        self.contacts = [
            {
                "id": c["id"],
                "kind": KINDS[c["channel"]],
                "label": c["label"],
                "hint": c["address_hint"],
                "verified": c["verified"],
                "provable": c["channel"] != "outbox",
                "enabled": c["enabled"],
                "asked": c["id"] == asked or (not c["verified"] and c["id"] in before and before[c["id"]]["asked"]),
                "said": (said or {}).get(c["id"], before[c["id"]]["said"] if c["id"] in before else ""),
            }
            for c in items
        ]
        self.listed = True
        await self.read_reach()

    @rx.event
    @told
    async def add(self, form: dict[str, Any]) -> None:
        """Save the address and send it a code at once."""
        kind, address = text_of(form, "channel"), text_of(form, "address")
        body = {"channel": kind, "address": address, "label": text_of(form, "label")}
        made = await self.ask("POST", f"/users/{self.who}/contact-methods", body)
        await self.list_contacts()
        if kind == "outbox":
            self.done = "Added. Pages are shown on the outbox page; nobody carries that along."
            return
        await self._send(made["id"])

    async def _send(self, ident: str) -> None:
        try:
            await self.ask("POST", f"/users/{self.who}/contact-methods/{ident}/verification")
        except Refused as refused:
            if refused.status == 401:
                raise
            await self.list_contacts(said={ident: str(refused)})
            self.problem = f"The address is saved, but no code could be sent to it: {refused}"
            return
        await self.list_contacts(asked=ident, said={ident: ""})
        self.done = "A code is on its way. Enter it here within ten minutes."

    @rx.event
    @told
    async def send_code(self, ident: str) -> None:
        """A new code; the one before counts no more."""
        await self._send(ident)

    @rx.event
    @told
    async def confirm(self, form: dict[str, Any]) -> None:
        """The code as it was read there."""
        path = f"/users/{self.who}/contact-methods/{form['contact']}/verification/confirm"
        await self.ask("POST", path, {"code": text_of(form, "code")})
        await self.list_contacts()
        self.done = "The address is verified: pages go there."

    @rx.event
    @told
    async def test(self, ident: str) -> None:
        """A real page, now."""
        answer = await self.ask("POST", f"/users/{self.who}/contact-methods/{ident}/test")
        await self.list_contacts(said={ident: answered(answer)})
        self.done = "Tested."

    @rx.event
    @told
    async def remove(self, ident: str) -> None:
        """With the rules that use it."""
        await self.remove_taken(f"/users/{self.who}/contact-methods/{ident}", PART)
        await self.list_contacts()
        self.done = "Removed."


def _state(contact: rx.Var[Contact]) -> rx.Component:
    return rx.cond(
        contact["enabled"],
        rx.cond(
            contact["verified"],
            rx.el.span("● in use", class_name="state good"),
            rx.el.span("▲ not verified", class_name="state bad", title="Used only while no address is verified"),
        ),
        rx.el.span("○ switched off", class_name="state"),
    )


def _row(contact: rx.Var[Contact]) -> rx.Component:
    code = rx.el.form(
        rx.el.input(type="hidden", name="contact", value=contact["id"]),
        rx.el.input(
            name="code",
            auto_complete="one-time-code",
            max_length=6,
            size=8,
            required=True,
            custom_attrs={"inputMode": "numeric", "aria-label": "Code for " + contact["label"].to(str)},
        ),
        rx.el.button("Confirm the code", type="submit", class_name="first"),
        on_submit=Contacts.confirm,
        class_name="inline",
    )
    label = contact["label"].to(str)
    return rx.el.li(
        rx.el.div(
            _state(contact),
            rx.el.strong(contact["label"]),
            rx.el.span(contact["kind"], " ", contact["hint"], class_name="dim"),
            class_name="inline",
        ),
        rx.cond(
            Contacts.may_look_after & contact["provable"],
            rx.el.div(
                rx.cond(contact["asked"], code),
                rx.cond(
                    ~contact["verified"].to(bool),
                    rx.el.button(
                        rx.cond(contact["asked"], "Send another code", "Send a code"),
                        type="button",
                        on_click=Contacts.send_code(contact["id"]),
                        custom_attrs={"aria-label": "Send a code to " + label},
                    ),
                ),
                rx.el.button(
                    "Test",
                    type="button",
                    on_click=Contacts.test(contact["id"]),
                    custom_attrs={"aria-label": "Test " + label},
                ),
                sure("Remove", "Pages will not go there any more.", Contacts.remove(contact["id"])),
                class_name="inline",
            ),
        ),
        rx.cond(contact["said"] != "", rx.el.p(contact["said"], class_name="dim", role="status")),
        key=contact["id"],
    )


def adding() -> rx.Component:
    """The form for a new address."""
    return rx.fragment(
        rx.el.p(HINTS, class_name="dim"),
        rx.el.form(
            field("Kind", select(Contacts.kinds, name="channel")),
            field("Address", rx.el.input(name="address", max_length=2000, auto_complete="off"), "/address"),
            field("Name it", rx.el.input(name="label", max_length=300, placeholder="Phone, Work …")),
            rx.el.button("Add and send a code", type="submit", class_name="first"),
            on_submit=Contacts.add,
            key=count(Contacts.contacts).to_string(),
            class_name="form",
        ),
        rx.cond(
            count(Contacts.missing) > 0,
            rx.el.details(
                rx.el.summary("Not configured on this installation"),
                rx.el.ul(rx.foreach(Contacts.missing, rx.el.li), class_name="reasons"),
            ),
        ),
    )


def addresses() -> rx.Component:
    """Those that there are."""
    return shown(
        Contacts.listed,
        Contacts.some_contacts,
        rx.el.ul(rx.foreach(Contacts.contacts, _row), class_name="explained", id="contacts"),
        "There is no address yet: this person cannot be paged. Add one and prove it by its code.",
    )


def contacts() -> rx.Component:
    """All of it."""
    return rx.el.section(
        rx.el.h2("Contact methods"),
        overtaken(Contacts.load_contacts, part=PART),
        addresses(),
        rx.cond(Contacts.may_look_after, adding()),
    )
