"""One incident: what it is, what happens next, what happened, and what one can do."""

from __future__ import annotations

from typing import Any, TypedDict
from urllib.parse import quote

import reflex as rx

from ui.components.live import ago, live_watch
from ui.gateway import Refused
from ui.session import Session, told
from ui.shell import shell


class Member(TypedDict):
    """One alert of the group."""

    title: str
    status: str
    severity: str
    labels: list[str]
    description: str
    links: list[dict[str, str]]
    count: int


class Entry(TypedDict):
    """One line of the timeline."""

    at: str
    kind: str
    text: str


class View(Session):
    """`shown` is False until the incident is loaded, or if there is none."""

    shown: bool = False
    key: str = ""
    title: str = ""
    status: str = ""
    severity: str = ""
    next: str = ""
    opened_at: str = ""
    people: str = ""
    where: str = ""
    policy: str = ""
    members: list[Member] = []
    timeline: list[Entry] = []
    explained: list[str] = []
    note: str = ""

    @property
    def _path(self) -> str:
        return f"/alerts/{quote(self.key, safe='')}"

    @rx.event
    async def load(self) -> Any:
        """Everything anew; also when it changed."""
        self.key = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        try:
            await self._load()
        except Refused as refused:
            self.shown = False
            return self.refused(refused)

    async def _load(self) -> None:
        alert = await self.ask("GET", self._path)
        timeline = await self.ask("GET", f"{self._path}/timeline")
        self.shown = True
        self.title, self.status, self.severity = alert["title"], alert["status"], alert["severity"]
        self.next, self.opened_at = alert["next"], alert["opened_at"]
        self.people = ", ".join(alert["assignee_names"]) or "nobody yet"
        self.where = " · ".join(w for w in (alert["service"], alert["team"]) if w) or "no service, no team"
        self.policy = f"{alert['policy']['name']}, version {alert['policy']['version']}" if alert["policy"] else "none"
        self.members = [
            {
                "title": m["title"],
                "status": m["status"],
                "severity": m["severity"],
                "labels": [f"{k}={v}" for k, v in sorted(m["labels"].items())],
                "description": m["description"],
                "links": m["links"],
                "count": m["count"],
            }
            for m in alert["members"]
        ]
        self.timeline = [{"at": e["at"], "kind": e["kind"], "text": e["text"]} for e in reversed(timeline["items"])]

    @rx.event
    @told
    async def act(self, action: str) -> None:
        """Do what a button says, and show what became of it."""
        body = {"minutes": 30} if action == "snooze" else None
        result = await self.ask("POST", f"{self._path}/{action}", body)
        words = {"done": "Done.", "recorded": "Recorded. No page goes out any more; it shows in a moment."}
        self.done = words.get(result["state"], f"Nothing changed: {result['why']}")
        await self._load()

    @rx.event
    def set_note(self, text: str) -> None:
        """What is being written."""
        self.note = text

    @rx.event
    @told
    async def add_note(self) -> None:
        """Put the note on the timeline."""
        if not self.note.strip():
            self.problem = "The note is empty; write something first."
            return
        await self.ask("POST", f"{self._path}/notes", {"note": self.note})
        self.note = ""
        await self._load()

    @rx.event
    @told
    async def explain(self) -> None:
        """Why who was paged, and why others were not."""
        why = await self.ask("GET", f"/incidents/{quote(self.key, safe='')}/explain")
        self.explained = [p["sentence"] for p in why["pages"]] + [n["sentence"] for n in why["not_paged"]]


def button(text: str, action: str, kind: str = "") -> rx.Component:
    """An action on the incident."""
    return rx.el.button(text, on_click=View.act(action), class_name=kind, disabled=~View.may_respond)


def actions() -> rx.Component:
    """What fits the status."""
    return rx.el.div(
        rx.cond(
            View.status != "resolved",
            rx.fragment(
                rx.cond(
                    View.status != "acknowledged",
                    button("Acknowledge", "acknowledge", "first"),
                    button("I do not have it", "unacknowledge"),
                ),
                button("Resolve", "resolve"),
                button("Snooze 30 min", "snooze"),
                rx.cond(View.status == "triggered", button("Escalate now", "escalate")),
            ),
        ),
        rx.cond(~View.may_respond, rx.el.span("Your role may only look.", class_name="dim")),
        rx.el.span(View.done, role="status", class_name="dim"),
        class_name="actions",
    )


def member(alert: rx.Var[Member]) -> rx.Component:
    """One alert with all it says."""
    return rx.el.li(
        rx.el.div(
            rx.el.span(alert["severity"], class_name="severity " + alert["severity"].to(str)),
            rx.el.span(alert["status"], class_name="status " + alert["status"].to(str)),
            rx.el.strong(alert["title"]),
        ),
        rx.cond(alert["description"] != "", rx.el.p(alert["description"])),
        rx.el.div(rx.foreach(alert["labels"], lambda text: rx.el.code(text, class_name="label"))),
        rx.el.div(
            rx.foreach(
                alert["links"].to(list[dict[str, str]]),
                lambda link: rx.el.a(link["text"], href=link["href"], target="_blank", rel="noopener noreferrer"),
            )
        ),
        class_name="member",
    )


def entry(happened: rx.Var[Entry]) -> rx.Component:
    """One line of the timeline."""
    return rx.el.li(ago(at=happened["at"]), rx.el.span(happened["text"]))


def page() -> rx.Component:
    """Header and actions first, at 390 pixels too: that is what one wakes up for."""
    return shell(
        "/incidents",
        live_watch(ident=View.key, on_change=View.load),
        rx.cond(
            View.shown,
            rx.el.article(
                rx.el.header(
                    rx.el.div(
                        rx.el.span(View.severity, class_name="severity " + View.severity),
                        rx.el.span(View.status, class_name="status " + View.status, id="status"),
                        rx.el.span("opened ", ago(at=View.opened_at), class_name="dim"),
                    ),
                    rx.el.h1(View.title),
                    rx.el.p(View.next, id="next"),
                    actions(),
                ),
                rx.el.dl(
                    rx.el.dt("Called"),
                    rx.el.dd(View.people),
                    rx.el.dt("Where"),
                    rx.el.dd(View.where),
                    rx.el.dt("Policy"),
                    rx.el.dd(View.policy),
                ),
                rx.el.section(rx.el.h2("Alerts"), rx.el.ul(rx.foreach(View.members, member), class_name="members")),
                rx.el.section(
                    rx.el.h2("Timeline"),
                    rx.el.div(
                        rx.el.label("Note", html_for="note"),
                        rx.el.textarea(value=View.note, on_change=View.set_note.debounce(150), id="note", rows=2),
                        rx.el.button("Add the note", on_click=View.add_note, disabled=~View.may_respond),
                        class_name="note",
                    ),
                    rx.el.ol(rx.foreach(View.timeline, entry), class_name="timeline"),
                ),
                rx.el.section(
                    rx.el.h2("Why"),
                    rx.el.button("Explain every page", on_click=View.explain),
                    rx.el.ul(rx.foreach(View.explained, rx.el.li), class_name="explained"),
                ),
            ),
            rx.cond(View.problem == "", rx.el.p("Loading …", class_name="dim", role="status")),
        ),
    )
