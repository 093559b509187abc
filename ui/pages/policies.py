"""All escalation policies: what leads to each, and what is wrong with it; and the last resort."""

from __future__ import annotations

from typing import TypedDict

import reflex as rx

from ui.parts import shown, table
from ui.session import Session, told
from ui.shell import shell


class Finding(TypedDict):
    """Something lint found."""

    severity: str
    text: str


class Policy(TypedDict):
    """One policy."""

    id: str
    name: str
    steps: str
    version: int
    uses: list[str]
    findings: list[Finding]


class View(Session):
    """`last_resort`: who is called when nobody else can be."""

    items: list[Policy] = []
    last_resort: str = ""
    loaded: bool = False

    @rx.var
    def some(self) -> bool:
        """True if there is a policy."""
        return bool(self.items)

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        policies = (await self.ask("GET", "/policies"))["items"]
        uses = (await self.ask("GET", "/policies/usage"))["items"]
        found = (await self.ask("GET", "/lint"))["findings"]
        self.items = [
            {
                "id": p["id"],
                "name": p["name"],
                "steps": f"{len(p['steps'])}, run {p['repeat'] + 1} times" if p["repeat"] else str(len(p["steps"])),
                "version": p["version"],
                "uses": [used(u) for u in uses if u["policy_id"] == p["id"]],
                "findings": [
                    {"severity": f["severity"], "text": f["text"]}
                    for f in found
                    if f["subject_kind"] == "policy" and f["subject_id"] == p["id"]
                ],
            }
            for p in policies
        ]
        self.last_resort = await self._names((await self.ask("GET", "/last-resort"))["targets"])
        self.loaded = True

    async def _names(self, targets: list[dict[str, str]]) -> str:
        names: dict[str, str] = {}
        for kind in {t["kind"] for t in targets}:
            names |= {x["id"]: x["name"] for x in (await self.ask("GET", f"/{kind}s"))["items"]}
        return ", ".join(names.get(t["id"], t["id"]) for t in targets)


def used(use: dict[str, str]) -> str:
    """What leads to a policy, in words."""
    name = use["name"] if use["kind"] == "organisation" else f"{use['kind']} {use['name']}"
    return f"{name}, {use['rule']}" if use["rule"] else name


def finding(item: rx.Var[Finding]) -> rx.Component:
    """Severity in words and colour."""
    return rx.el.li(
        rx.el.span(item["severity"], class_name="severity " + item["severity"].to(str)), rx.el.span(item["text"])
    )


def row(policy: rx.Var[Policy]) -> rx.Component:
    """One policy."""
    uses = policy["uses"].to(list[str])
    return rx.el.tr(
        rx.el.th(rx.link(policy["name"], href="/policies/" + policy["id"].to(str)), scope="row"),
        rx.el.td(policy["steps"]),
        rx.el.td(
            rx.cond(
                uses.length() > 0,
                rx.el.ul(rx.foreach(uses, rx.el.li), class_name="plain"),
                rx.el.span("nothing leads here", class_name="dim"),
            )
        ),
        rx.el.td(
            rx.cond(
                policy["findings"].to(list[Finding]).length() > 0,
                rx.el.ul(rx.foreach(policy["findings"].to(list[Finding]), finding), class_name="plain"),
                rx.el.span("nothing found", class_name="good"),
            )
        ),
        rx.el.td(policy["version"], class_name="number"),
    )


def page() -> rx.Component:
    """A table; each name leads to its steps."""
    return shell(
        "/policies",
        rx.el.h1("Escalation policies"),
        rx.cond(View.may_configure, rx.el.p(rx.el.a("New policy", href="/policies/new"))),
        shown(
            View.loaded,
            View.some,
            rx.fragment(
                table(
                    ("Policy", "Steps", "Used by", "What lint says", "Version"), rx.foreach(View.items, row), "Policies"
                ),
                rx.el.p("When all else fails, the last resort is called: ", rx.el.strong(View.last_resort), "."),
            ),
            "There is no policy yet: alerts go to the last resort. A manager makes the first one at /policies/new.",
        ),
    )
