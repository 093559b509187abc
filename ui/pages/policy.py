"""Writing an escalation policy, with who would be paged at a chosen moment beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import quote
from zoneinfo import ZoneInfo

import reflex as rx

from ui import drafts
from ui.calendar import instant
from ui.choices import named
from ui.durations import words
from ui.editing import Editing
from ui.pages.policies import Finding, finding, used
from ui.parts import anew, done, field, select, shown
from ui.policy_draft import LISTS, Policy, body, fresh_policy, fresh_step, matcher, missing, policy_of, target
from ui.policy_form import SEVERITIES, form, keeping
from ui.session import Session, told
from ui.shell import shell

KINDS = {"schedule": "schedules", "user": "users", "team": "teams", "destination": "destinations"}
OWN = (
    "This is Sentinel's own: by it a test alert comes in and a page goes out every minute, and somebody is told if "
    "they do not. So nobody can change or delete it."
)


class Moment(TypedDict):
    """Something that happens; `pages`: one line for everybody who is called."""

    after: str
    text: str
    pages: list[str]


class View(Editing, Session):
    """`saved`: its id; "": a new policy. `built_in`: it is Sentinel's own, and only looked at.

    `at`, `severity`, `labels`, `alerts`: of the alert that is tried.
    """

    draft: Policy = fresh_policy()
    saved: str = ""
    loaded: bool = False
    some: bool = False
    callable: list[list[str]] = []
    teams: list[list[str]] = []
    calendars: list[list[str]] = []
    zone: str = "UTC"
    at: str = ""
    severity: str = "critical"
    labels: str = ""
    moments: list[Moment] = []
    warnings: list[str] = []
    stale: bool = True
    uses: list[str] = []
    built_in: bool = False
    findings: list[Finding] = []

    @rx.var
    def in_use(self) -> bool:
        """Something leads to it."""
        return bool(self.uses)

    @rx.var
    def faulty(self) -> bool:
        """Lint has found something."""
        return bool(self.findings)

    @rx.event
    @told
    async def load(self) -> None:
        """The policy of the address, or a new one."""
        self.loaded, self.some, self.stale = True, False, True
        self.moments, self.warnings, self.uses, self.findings = [], [], [], []
        last = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        self.saved = "" if last == "new" else last
        names: dict[str, str] = {}
        self.callable = []
        for kind, resource in KINDS.items():
            found = (await self.ask("GET", f"/{resource}"))["items"]
            names |= {x["id"]: x["name"] for x in found}
            self.callable += [[f"{kind} {x['id']}", f"{kind} {x['name']}"] for x in found if x.get("active", True)]
            if kind == "team":
                self.teams = [[x["id"], x["name"]] for x in found]
            if kind == "user":
                self.zone = next((x["zone"] for x in found if x["id"] == self.user_id), "UTC")
        self.calendars = await named(self, "/holiday-calendars")
        now = datetime.fromisoformat((await self.ask("GET", "/on-call"))["at"])
        self.at = f"{now.astimezone(ZoneInfo(self.zone)):%Y-%m-%dT%H:%M}"
        self.draft = fresh_policy()
        self.built_in = self.saved in (await self.ask("GET", "/standing"))["built_in"]
        if self.saved:
            self.draft = policy_of(await self.take(f"/policies/{quote(self.saved, safe='')}"), names)
            uses = (await self.ask("GET", "/policies/usage"))["items"]
            self.uses = [used(u) for u in uses if u["policy_id"] == self.saved]
            lint = (await self.ask("GET", "/lint"))["findings"]
            ours = [f for f in lint if (f["subject_kind"], f["subject_id"]) == ("policy", self.saved)]
            self.findings = [{"severity": f["severity"], "text": f["text"]} for f in ours]
            await self.look()
        self.some = True

    async def look(self) -> None:
        """The way of the alert through what is typed. Raises Refused, with the faults where they are."""
        self.stale = True
        self.faults = missing(self.draft)
        if self.faults:
            return
        try:
            moment = instant(self.at, self.zone)
        except ValueError:
            self.faults = {"/at": "Fill in day and time."}
            return
        labels = dict(pair.split("=", 1) for pair in self.labels.split() if "=" in pair)
        tried = {
            "policy": body(self.draft),
            "replaces": self.saved or None,
            "alert": {"title": "An alert", "severity": self.severity, "labels": labels},
            "at": moment.isoformat(),
        }
        said = await self.send("POST", "/policies/preview", tried, "policy", LISTS)
        incident = said["incidents"][0]
        self.moments = [
            {"after": after(m["after_s"]), "text": m["text"], "pages": [called(c) for c in m["calls"]]}
            for m in incident["moments"]
        ]
        self.warnings = [w["text"] for w in incident["warnings"]]
        self.stale = False

    @rx.event
    @told
    async def try_with(self, name: str, value: str) -> None:
        """Another moment, severity or labels of the alert that is tried."""
        if name in ("at", "severity", "labels"):
            setattr(self, name, value)
        await self.look()

    @rx.event
    @told
    async def add_step(self) -> None:
        """After the others."""
        self.draft = drafts.add(self.draft, "/steps", fresh_step())
        await self.look()

    @rx.event
    @told
    async def add_target(self, path: str, chosen: str) -> None:
        """One more to call: "schedule ID"."""
        names = dict(self.callable)
        if chosen in names:
            kind, _, ident = chosen.partition(" ")
            name = names[chosen].removeprefix(f"{kind} ")
            self.draft = drafts.add(self.draft, path, target(kind, ident, name))
        await self.look()

    @rx.event
    @told
    async def add_matcher(self, path: str) -> None:
        """One more label."""
        self.draft = drafts.add(self.draft, path, matcher())
        await self.look()

    @rx.event
    @told
    async def save(self) -> Any:
        """All of it or nothing."""
        saved = await self.keep("/policies", missing, body, LISTS)
        return rx.redirect("/policies") if saved is not None else None

    @rx.event
    @told
    async def delete(self) -> Any:
        """Refused while something leads to it."""
        await self.ask("DELETE", f"/policies/{quote(self.saved, safe='')}")
        return rx.redirect("/policies")


def after(seconds: float) -> str:
    """Since the alert: "at once", "5 min", "1 h 30 min"."""
    return "at once" if seconds < 1 else words(round(seconds))


def called(call: dict[str, Any]) -> str:
    """Who, by which shift, how."""
    by = f" (shift in {call['schedule']})" if call["schedule"] else ""
    ways = [
        f"{p['channel'] or 'gone'} {p['address_hint']}".strip() + (f" after {after(p['after_s'])}" if n else "")
        for n, p in enumerate(call["pages"])
    ]
    return f"{call['user']}{by}: {', '.join(ways) or 'no page'}"


def happening(moment: rx.Var[Moment]) -> rx.Component:
    """One line of the preview."""
    return rx.el.li(
        rx.el.span(moment["after"], class_name="dim"),
        rx.el.div(
            moment["text"],
            rx.el.ul(rx.foreach(moment["pages"].to(list[str]), rx.el.li), class_name="plain paged"),
        ),
    )


def preview() -> rx.Component:
    """Who would be paged."""
    return rx.el.section(
        rx.el.h2("Who would be paged"),
        rx.el.div(
            field(
                "If an alert comes at",
                rx.el.input(type="datetime-local", default_value=View.at, on_change=lambda v: View.try_with("at", v)),
                "/at",
            ),
            field(
                "Severity",
                select(
                    [(s, s) for s in SEVERITIES], value=View.severity, on_change=lambda v: View.try_with("severity", v)
                ),
            ),
            field(
                "Labels",
                rx.el.input(
                    default_value=View.labels,
                    placeholder="env=prod region=eu",
                    on_blur=lambda v: View.try_with("labels", v),
                ),
                "/labels",
            ),
            class_name="form",
        ),
        rx.el.p("By the clock of ", View.zone, ", if nobody answers. Nobody is paged.", class_name="dim"),
        rx.cond(
            View.stale,
            rx.el.p("What is typed cannot be played through yet; see what is marked.", class_name="dim", role="status"),
        ),
        rx.el.ul(rx.foreach(View.warnings, rx.el.li), class_name="explained warnings"),
        rx.el.ol(
            rx.foreach(View.moments, happening), class_name=rx.cond(View.stale, "timeline stale", "timeline"), id="plan"
        ),
        rx.cond(
            View.saved != "",
            rx.fragment(
                rx.el.h2("Used by"),
                rx.cond(
                    View.in_use,
                    rx.el.ul(rx.foreach(View.uses, rx.el.li), id="uses"),
                    rx.el.p("Nothing leads here.", class_name="dim"),
                ),
                rx.el.h2("What lint says of it as it is saved"),
                rx.cond(
                    View.faulty,
                    rx.el.ul(rx.foreach(View.findings, finding), class_name="plain"),
                    rx.el.p("Nothing found.", class_name="good"),
                ),
            ),
        ),
        class_name="preview",
    )


def page() -> rx.Component:
    """Side by side where there is room, else the form first."""
    return shell(
        "/policies",
        rx.el.h1(
            rx.cond(View.built_in, View.draft["name"], rx.cond(View.saved != "", "Edit the policy", "New policy"))
        ),
        shown(
            View.loaded,
            View.some,
            rx.el.div(
                rx.el.div(
                    rx.cond(View.built_in, rx.el.p(OWN, class_name="panel", role="note")),
                    form(View),
                    rx.cond(View.built_in, rx.el.p(rx.el.a("All policies", href="/policies")), keeping(View)),
                    done(),
                ),
                preview(),
                key=anew(View.saved),
                class_name="editor",
            ),
            "There is no such policy.",
        ),
    )
