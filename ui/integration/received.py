"""What comes in at an integration: what to configure in a sender, keys, a test alert, the last requests."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.components.every import every
from ui.components.live import ago
from ui.components.person import copy
from ui.gateway import Refused
from ui.parts import count, field, select, shown, sure
from ui.session import Session, told

SEVERITIES = (("critical", "critical"), ("error", "error"), ("warning", "warning"), ("info", "info"))
REFRESH_S = 4
WORDS = {
    "incident": "new incident",
    "silenced": "silenced",
    "joined": "joined",
    "resolved": "resolved",
    "deduplicated": "deduplicated",
    "ignored": "ignored",
    "elsewhere": "merged",
    "waiting": "waits",
    "spooled": "on disk",
    "empty": "no alerts",
    "refused": "refused",
}
TONES = {"incident": "triggered", "refused": "triggered", "resolved": "resolved", "joined": "triggered"}


class Snippet(TypedDict):
    """What to put where."""

    name: str
    text: str
    note: str


class Key(TypedDict):
    """A key that works."""

    id: str
    hint: str
    created_at: str


class Outcome(TypedDict):
    """What became of it at one incident line."""

    text: str
    incident_id: str
    where: str


class Request(TypedDict):
    """One request."""

    at: str
    status: str
    decision: str
    tone: str
    text: str
    source: str
    outcomes: list[Outcome]
    headers: str
    payload: str
    size: str


class Received(Session):
    """`fresh_for`: the integration whose snippets hold their key, until its page was loaded once."""

    ident: str = ""
    snippets: list[Snippet] = []
    fresh_for: str = ""
    fresh: bool = False
    keys: list[Key] = []
    requests: list[Request] = []
    loaded: bool = False
    complete: bool = True
    strangers: int = 0
    stale: bool = False
    tested: str = ""

    @rx.event
    @told
    async def load(self) -> None:
        """All of it; a key that was just made is shown this once."""
        ident = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        if ident != self.ident:
            self.requests, self.keys, self.loaded, self.tested = [], [], False, ""
        self.ident = ident
        if self.as_of:
            return  # what came in, and keys, are of now
        self.fresh, self.fresh_for = self.fresh_for == ident, ""
        if not self.fresh:
            self.snippets = (await self.ask("GET", f"/integrations/{ident}/snippets"))["items"]
        await self._requests()
        if self.may_configure:
            self.keys = (await self.ask("GET", f"/integrations/{ident}/keys"))["items"]

    async def _requests(self) -> None:
        found = await self.ask("GET", f"/integrations/{self.ident}/requests")
        self.requests = [_request(item) for item in found["items"]]
        self.complete, self.strangers = found["complete"], found["unattributed_today"]
        self.loaded, self.stale = True, False

    @rx.event
    async def refresh(self) -> None:
        """The last requests anew, and nothing else on the page."""
        try:
            await self._requests()
        except Refused:
            self.stale = True

    @rx.event
    @told
    async def make_key(self) -> None:
        """A further key, shown this once."""
        made = await self.ask("POST", f"/integrations/{self.ident}/keys")
        self.snippets, self.fresh = made["snippets"], True
        self.keys = (await self.ask("GET", f"/integrations/{self.ident}/keys"))["items"]
        self.done = "A new key: it is in the snippets now, and will not be shown again."

    @rx.event
    @told
    async def revoke(self, key: str) -> None:
        """Senders with this key are refused from now on."""
        await self.ask("DELETE", f"/integrations/{self.ident}/keys/{key}")
        self.keys = (await self.ask("GET", f"/integrations/{self.ident}/keys"))["items"]
        self.done = "Revoked: senders that use it are refused from now on."

    @rx.event
    @told
    async def test(self, form: dict[str, Any]) -> None:
        """A real alert."""
        self.tested = ""
        body = {"title": form["title"], "severity": form["severity"]}
        answer = await self.ask("POST", f"/integrations/{self.ident}/test", body)
        self.tested = answer["alert_id"] or ""
        self.done = "The test alert was taken." if self.tested else "The test alert is stored; no host took it yet."
        await self._requests()


def _request(item: dict[str, Any]) -> Request:
    more = "" if len(item["payload"].encode()) >= item["size"] else f", the first {len(item['payload'])} characters"
    return {
        "at": item["at"],
        "status": str(item["status"]),
        "decision": WORDS[item["decision"]],
        "tone": TONES.get(item["decision"], "suppressed"),
        "text": f"Test by {item['by']}. {item['text']}" if item["by"] else item["text"],
        "source": item["source"] or "unknown",
        "outcomes": [
            {
                "text": o["text"],
                "incident_id": o["incident_id"] or "",
                "where": f"by {o['rule']} to policy {o['policy'] or 'that is gone'}",
            }
            for o in item["outcomes"]
        ],
        "headers": "\n".join(f"{name}: {value}" for name, value in item["headers"].items()),
        "payload": item["payload"] or "(no body)",
        "size": f"{item['size']} bytes{more}",
    }


def _snippet(item: rx.Var[Snippet]) -> rx.Component:
    return rx.el.li(
        rx.el.h3(item["name"]),
        copy(text=item["text"], label=item["name"]),
        rx.el.p(item["note"], class_name="dim"),
    )


def _key(item: rx.Var[Key]) -> rx.Component:
    return rx.el.li(
        rx.el.code(item["hint"]),
        " made ",
        ago(at=item["created_at"]),
        " ",
        sure("Revoke", "Senders that use this key are refused from then on.", Received.revoke(item["id"])),
        key=item["id"],
    )


def snippets() -> rx.Component:
    """What to configure, ready to copy."""
    return rx.el.section(
        rx.el.h2("Point a sender at it"),
        rx.cond(
            Received.fresh,
            rx.el.p("Copy it now: the key is in it, and will not be shown again.", class_name="notice", role="status"),
            rx.el.p(
                "KEY stands for a key. Keys are not kept, so none can be shown again; make a new one.", class_name="dim"
            ),
        ),
        rx.el.ul(rx.foreach(Received.snippets, _snippet), class_name="snippets"),
        rx.cond(
            Received.may_configure,
            rx.fragment(
                rx.el.button("Make a new key", on_click=Received.make_key, type="button"),
                rx.el.ul(rx.foreach(Received.keys, _key), class_name="explained"),
            ),
        ),
    )


def testing() -> rx.Component:
    """Send a test alert, and where it went."""
    return rx.el.section(
        rx.el.h2("Send a test alert"),
        rx.el.p("A real alert, labelled sentinel_test=true: it pages whoever is on call.", class_name="dim"),
        rx.cond(
            Received.may_respond,
            rx.el.form(
                field(
                    "Title",
                    rx.el.input(name="title", default_value="Test alert from Sentinel", required=True),
                    "/title",
                ),
                field("Severity", select(SEVERITIES, name="severity", default_value="critical")),
                rx.el.button("Send a test alert", type="submit"),
                on_submit=Received.test,
                class_name="form",
            ),
            rx.el.p("Your role may only look.", class_name="dim"),
        ),
        rx.cond(
            Received.tested != "",
            rx.el.p(rx.el.a("Open the incident it became", href="/incidents/" + Received.tested, id="tested")),
        ),
    )


def _outcome(item: rx.Var[Outcome]) -> rx.Component:
    return rx.el.li(
        item["text"],
        " ",
        rx.el.span(item["where"], class_name="dim"),
        " ",
        rx.cond(
            item["incident_id"] != "",
            rx.el.a("Open the incident", href="/incidents/" + item["incident_id"].to(str)),
        ),
    )


def _shown(item: rx.Var[Request]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            ago(at=item["at"]),
            rx.el.span(item["decision"], class_name="status " + item["tone"].to(str)),
            rx.el.code(item["status"], title="Status of the answer"),
            rx.el.span("from ", item["source"], class_name="dim"),
            class_name="actions",
        ),
        rx.cond(
            item["outcomes"].to(list[Outcome]).length() > 0,
            rx.el.ul(rx.foreach(item["outcomes"].to(list[Outcome]), _outcome), class_name="outcomes"),
            rx.el.p(item["text"]),
        ),
        rx.el.details(
            rx.el.summary("What it carried, ", item["size"]),
            rx.el.pre(item["headers"], tab_index=0, custom_attrs={"aria-label": "Headers"}),
            rx.el.pre(item["payload"], tab_index=0, custom_attrs={"aria-label": "Body"}),
        ),
        custom_attrs={"data-request": item["status"]},
    )


def requests() -> rx.Component:
    """The last requests; they come by themselves while one looks."""
    return rx.el.section(
        every(seconds=REFRESH_S, on_tick=Received.refresh),
        rx.el.h2("Last requests"),
        rx.el.div(
            rx.el.button("Refresh", type="button", on_click=Received.refresh),
            rx.el.span("Comes anew every few seconds; passwords, tokens and keys are ***.", class_name="dim"),
            rx.cond(Received.stale, rx.el.strong("Could not be refreshed; it may be old.", class_name="problem-text")),
            class_name="actions",
        ),
        rx.cond(
            Received.strangers > 0,
            rx.el.p(
                Received.strangers,
                " requests of today were refused and belong to no integration: no key, or one that is not known.",
                class_name="dim",
            ),
        ),
        rx.cond(
            Received.complete,
            shown(
                Received.loaded,
                count(Received.requests) > 0,
                rx.el.ol(rx.foreach(Received.requests, _shown), class_name="requests"),
                "Nothing came in during the last week. Copy a snippet above into a sender, or send a test alert.",
            ),
            rx.el.p(
                "They cannot be shown, because Valkey does not answer. Alerts are taken all the same.",
                class_name="empty",
            ),
        ),
    )
