"""All escalation policies: what leads to each, and what is wrong with it; and the last resort."""

from __future__ import annotations

from typing import TypedDict

import reflex as rx

from ui.choices import optional
from ui.parts import count, done, field, overtaken, shown, table
from ui.policy_tabs import PLACE, policy_tabs
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


class Called(TypedDict):
    """Somebody of the last resort. `who`: of a schedule, kept as it was."""

    kind: str
    id: str
    who: str
    name: str


class View(Session):
    """`last_resort`: who is called when nobody else can be; `callable`: who could be, as "kind id" and words."""

    items: list[Policy] = []
    last_resort: list[Called] = []
    callable: list[list[str]] = []
    loaded: bool = False

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
        self.callable = []
        for kind in ("schedule", "user"):
            found = (await self.ask("GET", f"/{kind}s"))["items"]
            self.callable += [[f"{kind} {x['id']}", f"{kind} {x['name']}"] for x in found if x.get("active", True)]
        self._show((await self.take("/last-resort"))["targets"])
        self.loaded = True

    def _show(self, targets: list[dict[str, str]]) -> None:
        names = {key: words.partition(" ")[2] for key, words in self.callable}
        self.last_resort = [
            {**{k: t[k] for k in ("kind", "id", "who")}, "name": names.get(f"{t['kind']} {t['id']}", t["id"])}  # type: ignore[typeddict-item]
            for t in targets
        ]

    async def _save(self, targets: list[dict[str, str]]) -> None:
        await self.ask("PUT", "/last-resort", {"targets": targets})
        self._show((await self.take("/last-resort"))["targets"])
        self.done = "Saved. It counts from now on, for incidents that are open too."

    def _targets(self) -> list[dict[str, str]]:
        return [{"kind": t["kind"], "id": t["id"], "who": t["who"]} for t in self.last_resort]

    @rx.event
    @told
    async def call_too(self, chosen: str) -> None:
        """One more in the last resort: "user ID"."""
        kind, _, ident = chosen.partition(" ")
        if ident:
            await self._save([*self._targets(), {"kind": kind, "id": ident, "who": "on_call"}])

    @rx.event
    @told
    async def call_no_more(self, ident: str) -> None:
        """One less; the API keeps it from being empty."""
        await self._save([t for t in self._targets() if t["id"] != ident])


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
        rx.el.th(rx.link(policy["name"], href="/policies/" + policy["id"].to(str) + View.keep_then), scope="row"),
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


def last_resort() -> rx.Component:
    """Who it is; an administrator changes it here."""
    return rx.el.section(
        rx.el.h2("When all else fails"),
        rx.el.p("The last resort is called, every half hour until somebody acts:", class_name="dim"),
        rx.el.ul(
            rx.foreach(
                View.last_resort,
                lambda t: rx.el.li(
                    t["name"],
                    " ",
                    rx.el.small(t["kind"], class_name="dim"),
                    rx.cond(
                        View.may_admin,
                        rx.el.button(
                            "×",
                            on_click=View.call_no_more(t["id"]),
                            custom_attrs={"aria-label": rx.Var.create("Remove ") + t["name"].to(str)},
                        ),
                    ),
                    class_name="target",
                ),
            ),
            class_name="plain",
            id="last-resort",
        ),
        rx.cond(
            View.may_admin,
            field(
                "Add to the last resort",
                optional(
                    "choose …",
                    View.callable,
                    value="",
                    on_change=View.call_too,
                ),
                "/targets",
            ),
        ),
        overtaken(View.load),
        done(),
    )


def page() -> rx.Component:
    """A table; each name leads to its steps."""
    return shell(
        PLACE,
        policy_tabs(PLACE),
        rx.el.h1("Escalation policies"),
        rx.cond(View.may_configure, rx.el.p(rx.el.a("New policy", href="/policies/new"))),
        shown(
            View.loaded,
            count(View.items) > 0,
            rx.fragment(
                table(("Policy", "Steps", "Used by", "What lint says", "Version"), View.items, row, "Policies"),
                last_resort(),
            ),
            "There is no policy yet: alerts go to the last resort. A manager makes the first one at /policies/new.",
        ),
    )
