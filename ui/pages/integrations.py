"""Where alerts come in, when each was last heard, making another; and the rules of the whole organisation."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.choices import named, optional
from ui.components.live import ago
from ui.integration.received import Received
from ui.integration.rules import rules
from ui.pages.integration import KINDS
from ui.parts import count, done, field, select, shown, table
from ui.session import Session, told
from ui.shell import shell


class Item(TypedDict):
    """One integration."""

    id: str
    name: str
    kind: str
    policy: str
    service: str
    heard_at: str
    finding: str
    ready: str
    built_in: bool


class View(Session):
    """The list."""

    items: list[Item] = []
    loaded: bool = False
    policies: list[list[str]] = []
    services: list[list[str]] = []

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        policies, self.services = await named(self, "/policies"), await named(self, "/services")
        names = dict([*policies, *self.services])
        findings = (await self.ask("GET", "/lint", severity="warning"))["findings"]
        found = {f["subject_id"]: f["text"] for f in reversed(findings)}
        standing = await self.ask("GET", "/standing")
        self.policies = [policy for policy in policies if policy[0] not in standing["built_in"]]
        heard = standing["last_heard_at"] if not self.as_of else {}
        self.items = [
            {
                "id": item["id"],
                "name": item["name"],
                "kind": KINDS.get(item["type"], item["type"]),
                "policy": names.get(item["policy_id"], "gone"),
                "service": names.get(item["service_id"] or "", ""),
                "heard_at": heard.get(item["id"], ""),
                "finding": found.get(item["id"], ""),
                "ready": "" if self.as_of else "ready" if item["id"] in heard else "nothing came in yet",
                "built_in": item["id"] in standing["built_in"],
            }
            for item in (await self.ask("GET", "/integrations"))["items"]
        ]
        self.loaded = True

    @rx.event
    @told
    async def create(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """With its first key, which its page shows this once."""
        body = {"name": form["name"], "type": form["type"], "policy_id": form["policy_id"]}
        made = await self.ask("POST", "/integrations", {**body, "service_id": form["service_id"] or None})
        key = await self.ask("POST", f"/integrations/{made['id']}/keys")
        received = await self.get_state(Received)
        received.snippets, received.fresh_for = key["snippets"], made["id"]
        return rx.redirect(f"/integrations/{made['id']}")


def _row(item: rx.Var[Item]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(rx.el.a(item["name"], href="/integrations/" + item["id"].to(str) + View.keep_then), scope="row"),
        rx.el.td(rx.cond(item["built_in"], "built in: the test alerts by which Sentinel watches itself", item["kind"])),
        rx.el.td(item["policy"]),
        rx.el.td(item["service"]),
        rx.el.td(rx.cond(item["heard_at"] != "", ago(at=item["heard_at"]), rx.cond(View.as_of != "", "–", "never"))),
        rx.el.td(rx.cond(item["finding"] != "", rx.el.span(item["finding"], class_name="problem-text"), item["ready"])),
    )


def _making() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Make an integration"),
        rx.el.form(
            field("What sends", select(list(KINDS.items()), name="type")),
            field("Name", rx.el.input(name="name", required=True, max_length=200), "/name"),
            field("Who is called: policy", select(View.policies, name="policy_id"), "/policy_id"),
            field(
                "What it watches: service",
                optional("none", View.services, name="service_id"),
                "/service_id",
            ),
            rx.el.button("Make it, with a key", type="submit", class_name="first"),
            on_submit=View.create,
            class_name="form",
        ),
    )


def page() -> rx.Component:
    """The list, then making, then what comes before all of them."""
    heads = ("Name", "What sends", "Policy", "Service", "Last heard", "Ready")
    empty = "There is no integration: nothing can raise an alert but people. Make one below."
    return shell(
        "/integrations",
        rx.el.div(
            rx.el.h1("Integrations"),
            shown(View.loaded, count(View.items) > 0, table(heads, View.items, _row, "Integrations"), empty),
            rx.cond(View.may_configure & View.loaded, _making()),
            rules(
                "Rules of the organisation",
                "They come before the rules of every integration; the first that fits decides.",
            ),
            rx.el.div(done(), class_name="toast"),
            class_name="setup",
        ),
    )
