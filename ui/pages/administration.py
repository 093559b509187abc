"""How every part stands, refreshing by itself; providers with a button that sends a real message to oneself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, TypedDict

import reflex as rx

from ui.administration_shell import places
from ui.components.every import every
from ui.components.live import ago
from ui.gateway import Refused
from ui.parts import count, done, out, shown, table
from ui.session import Session, told
from ui.shell import shell

WORDS = {"ok": "Well", "off": "Not set up", "warning": "Watch", "bad": "Wrong"}
SAID = {"accepted": "took it", "refused": "refused it", "unknown": "gave no answer"}
WORST_FIRST = ("bad", "warning", "ok", "off")
REFRESH_S = 5


class Part(TypedDict):
    """One tile."""

    key: str
    name: str
    state: str
    word: str
    text: str
    runbook: str


class Provider(TypedDict):
    """One channel. `rate`: of errors in the last hour, in words."""

    channel: str
    state: str
    word: str
    contacts: int
    rate: str
    success: str
    failure: str
    why: str
    testable: bool


class View(Session):
    """`standing`: of the worst part. `hosts`, `gateways`, `sends`: rows of cells."""

    loaded: bool = False
    at: str = ""
    standing: str = ""
    parts: list[Part] = []
    providers: list[Provider] = []
    hosts: list[list[str]] = []
    gateways: list[list[str]] = []
    sends: list[list[str]] = []
    asking: str = ""

    @rx.var
    def sending(self) -> bool:
        """True if a page is on its way."""
        return bool(self.sends)

    @rx.event
    @told
    async def load(self) -> Any:
        """As it is now."""
        await self._read()

    @rx.event
    async def refresh(self) -> Any:
        """As it is now; what the last action came to stays."""
        try:
            await self._read()
        except Refused as refused:
            return self.refused(refused)
        if not self.asking:
            self.problem = ""

    async def _read(self) -> None:
        found = await self.ask("GET", "/health/parts")
        self.at, self.standing, self.loaded = found["at"], WORDS[found["state"]], True
        unset = {f"provider-{p['channel']}" for p in found["providers"] if not p["configured"]}
        parts = [{**p, "state": "off"} if p["state"] == "ok" and p["key"] in unset else p for p in found["parts"]]
        parts.sort(key=lambda p: WORST_FIRST.index(p["state"]))
        self.parts = [
            {**{k: p[k] for k in ("key", "name", "state", "text", "runbook")}, "word": WORDS[p["state"]]}  # type: ignore[typeddict-item]
            for p in parts
        ]
        states = {p["key"]: p["state"] for p in parts}
        self.providers = [_provider(p, states.get(f"provider-{p['channel']}", "ok")) for p in found["providers"]]
        self.hosts = [
            [h["slot"], h["node"], h["version"] or "older", str(h["shards"]), f"{h['lease_s']:.1f} s", h["started_at"]]
            for h in found["hosts"]
        ]
        self.gateways = [
            [
                g["id"],
                g["version"],
                f"{g['spool_bytes'] / 1e6:.1f} MB",
                str(g["listeners"]),
                str(g["behind"]),
                f"{g['age_s']:.0f} s ago",
            ]
            for g in found["gateways"]
        ]
        self.sends = [[s["state"], str(s["count"]), f"{s['oldest_s']:.0f} s"] for s in found["sends"]]

    @rx.event
    async def test(self, channel: str) -> AsyncIterator[None]:
        """A real message to oneself."""
        self.clear()
        self.asking = channel
        yield
        try:
            answer = await self.ask("POST", f"/providers/{channel}/test")
        except Refused as refused:
            self.asking = ""
            self.refused(refused)
            return
        self.asking = ""
        took = f"after {answer['took_s']:.1f} s"
        who = f"{channel}: {answer['provider']} {SAID[answer['state']]}"
        self.done = f"{who} {took} (to {answer['contact']}). {answer['detail']}"


def _provider(found: dict[str, Any], state: str) -> Provider:
    tried = found["sent"] + found["failed"] + found["unknown"]
    rate = f"{100 * found['error_rate']:.0f} % of {tried}" if tried else "nothing sent"
    return {
        "channel": found["channel"],
        "state": state,
        "word": WORDS[state],
        "contacts": found["contacts"],
        "rate": rate,
        "success": found["last_success_at"] or "",
        "failure": found["last_failure_at"] or "",
        "why": found["last_failure"],
        "testable": found["configured"],
    }


def tile(part: rx.Var[Part]) -> rx.Component:
    """One part; its state in a word, a shape and a colour."""
    return rx.el.li(
        rx.el.h3(part["name"], rx.el.span(part["word"], class_name="standing " + part["state"].to(str))),
        rx.el.p(part["text"]),
        rx.cond(part["runbook"] != "", rx.el.p("docs/runbook.md#", part["runbook"], class_name="dim")),
        class_name="tile " + part["state"].to(str),
        custom_attrs={"data-part": part["key"]},
    )


def provider(shown_: rx.Var[Provider]) -> rx.Component:
    """One channel."""
    name = shown_["channel"].to(str)
    return rx.el.tr(
        rx.el.th(name, scope="row"),
        rx.el.td(rx.el.span(shown_["word"], class_name="standing " + shown_["state"].to(str))),
        rx.el.td(shown_["contacts"], class_name="number"),
        rx.el.td(shown_["rate"]),
        rx.el.td(rx.cond(shown_["success"] != "", ago(at=shown_["success"]), "not in a day")),
        rx.el.td(
            rx.cond(
                shown_["failure"] != "", rx.fragment(ago(at=shown_["failure"]), ": ", shown_["why"]), "not in a day"
            )
        ),
        rx.el.td(
            rx.cond(
                Session.may_configure & shown_["testable"].to(bool),
                rx.el.button(
                    rx.cond(View.asking == name, "Sending …", "Test"),
                    on_click=View.test(name),
                    disabled=View.asking != "",
                    custom_attrs={"aria-label": "Test " + name},
                ),
            )
        ),
    )


def row(count: int) -> Callable[[rx.Var[list[str]]], rx.Component]:
    """So many cells as they are."""
    return lambda cells: rx.el.tr(*(rx.el.td(cells[n]) for n in range(count)))


def page() -> rx.Component:
    """What is wrong comes first."""
    return shell(
        "/administration",
        every(seconds=REFRESH_S, on_tick=View.refresh),
        places("/administration"),
        rx.el.h1("Health"),
        shown(
            View.loaded,
            count(View.parts) > 0,
            rx.fragment(
                rx.el.p("As of ", ago(at=View.at), ". It refreshes by itself.", class_name="dim"),
                rx.el.ul(rx.foreach(View.parts, tile), class_name="tiles", id="tiles"),
                rx.el.h2("Providers"),
                done(),
                table(
                    ("Channel", "State", "Contacts", "Errors in an hour", "Last success", "Last failure", "Test"),
                    View.providers,
                    provider,
                    "Providers",
                ),
                rx.el.h2("Pages on their way"),
                rx.cond(
                    View.sending,
                    table(("State", "Pages", "Oldest due"), View.sends, row(3), "Pages on their way"),
                    rx.el.p("None.", class_name="dim"),
                ),
                rx.el.p(out("Every page in the outbox", "/outbox")),
                rx.el.h2("Hosts"),
                table(("Slot", "Node", "Version", "Shards", "Lease left", "Since"), View.hosts, host, "Hosts"),
                rx.el.h2("Gateways"),
                table(
                    ("Gateway", "Version", "Spool", "Consoles", "Events behind", "Heard"),
                    View.gateways,
                    row(6),
                    "Gateways",
                ),
            ),
            "Nothing is known of any part. Is a gateway running?",
        ),
    )


def host(cells: rx.Var[list[str]]) -> rx.Component:
    """A host; since when it runs is a time."""
    return rx.el.tr(*(rx.el.td(cells[n]) for n in range(5)), rx.el.td(ago(at=cells[5])))
