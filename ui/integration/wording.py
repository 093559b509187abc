"""An integration's own settings: default route, grouping, time to resolve by itself, templates; with a preview."""

from __future__ import annotations

import json
import re
from typing import Any, TypedDict

import reflex as rx

from ui import durations
from ui.choices import named, offered, optional
from ui.integration.rule_form import SEVERITIES
from ui.lines import Unclear, labels, of_labels, words
from ui.parts import field, only_look, overtaken, select
from ui.session import Session, told

TEXTS = ("title", "message", "severity", "group_key", "runbook")


class Previewed(TypedDict):
    """An alert in the integration's words."""

    title: str
    severity: str
    description: str
    labels: list[str]
    where: str
    group: str


class Wording(Session):
    """`form`: what the fields begin with."""

    ident: str = ""
    loaded: bool = False
    form: dict[str, str] = {}
    form_key: int = 0
    by_sender: bool = True
    policies: list[list[str]] = []
    services: list[list[str]] = []
    teams: list[list[str]] = []
    previewed: list[Previewed] = []
    troubles: list[str] = []
    asked: bool = False

    @rx.event
    @told
    async def load(self) -> None:
        """As it is saved."""
        self.ident = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        self.asked = False
        self.policies = await offered(self, "/policies")
        self.services = await named(self, "/services")
        self.teams = await named(self, "/teams")
        self._show(await self.take(f"/integrations/{self.ident}"))

    def _show(self, saved: dict[str, Any]) -> None:
        templates = saved["templates"]
        seconds = {k: durations.words(saved[k]) for k in ("wait_s", "auto_resolve_s", "group_window_s")}
        self.form = {
            **{k: saved[k] or "" for k in ("name", "policy_id", "service_id", "team_id", "default_severity")},
            **seconds,
            "group_by": ", ".join(saved["group_by"]),
            **{f"template_{k}": templates[k] for k in TEXTS},
            "template_labels": of_labels(templates["labels"]),
            "template_links": "\n".join(f"{link['href']} {link['text']}".strip() for link in templates["links"]),
            **_flapping(saved["flapping"]),
        }
        self.by_sender = saved["group_by_sender"]
        self.form_key += 1
        self.loaded = True

    async def _wanted(self, form: dict[str, Any]) -> dict[str, Any]:
        """What is saved with what the form says. Raises Unclear, ValueError."""
        saved = await self.ask("GET", f"/integrations/{self.ident}")
        templates = {k: form[f"template_{k}"] for k in TEXTS}
        return {
            **{k: v for k, v in saved.items() if k != "id"},
            **{k: form[k] for k in ("name", "policy_id", "default_severity")},
            **{k: form[k] or None for k in ("service_id", "team_id")},
            "group_by": words(form["group_by"]),
            "group_by_sender": bool(form.get("group_by_sender")),
            "group_window_s": durations.seconds(form["group_window_s"]),
            "wait_s": durations.seconds(form["wait_s"]) or 0,
            "auto_resolve_s": durations.seconds(form["auto_resolve_s"]),
            "flapping": {
                "refires": int(form["refires"]),
                "within_s": durations.seconds(form["within"]),
                "settle_s": durations.seconds(form["settle"]),
            }
            if form["refires"].strip()
            else None,
            "templates": {
                **templates,
                "labels": labels(form["template_labels"]),
                "links": _links(form["template_links"]),
            },
        }

    @rx.event
    @told
    async def submit(self, form: dict[str, Any]) -> Any:
        """Save, or show what a body would become; by which button it was sent."""
        try:
            wanted = await self._wanted(form)
            payload = json.loads(form["payload"]) if form["payload"].strip() else None
        except Unclear as error:
            self.problem = str(error)
            return None
        except ValueError as error:
            self.problem = f"The body to try is not JSON, or a number is none: {error}"
            return None
        if payload is not None:
            await self._preview(payload, wanted)
            return None
        await self.ask("PUT", f"/integrations/{self.ident}", wanted)
        self._show(await self.take(f"/integrations/{self.ident}"))
        self.asked, self.done = False, "Saved; it counts from the next alert on."
        return None

    async def _preview(self, payload: Any, wanted: dict[str, Any]) -> None:
        body = {"payload": payload, "integration": wanted}
        found = await self.ask("POST", f"/integrations/{self.ident}/preview", body)
        self.troubles = [*found["problems"], *found["warnings"]]
        self.previewed = [
            {
                "title": alert["title"],
                "severity": alert["severity"],
                "description": alert["description"],
                "labels": [f"{k}={v}" for k, v in sorted(alert["labels"].items())],
                "where": f"by {incident['rule']} to policy {incident['policy'] or 'that is gone'}",
                "group": alert["group_key"] or "",
            }
            for incident in found["incidents"]
            for alert in incident["alerts"]
        ]
        self.asked = True
        self.done = "Nothing was saved. Empty the body to try, then save."


def _flapping(saved: dict[str, Any] | None) -> dict[str, str]:
    """Its fields; empty: never."""
    if saved is None:
        return {"refires": "", "within": "30 min", "settle": "10 min"}
    return {"refires": str(saved["refires"]), **{k: durations.words(saved[f"{k}_s"]) for k in ("within", "settle")}}


def _links(text: str) -> list[dict[str, str]]:
    """An address and what to call it, a line each; addresses with spaces in {{ … }} stay whole."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        href = re.match(r"(?:\{\{.*?\}\}|\{%.*?%\}|\S)+", line)
        end = href.end() if href is not None else len(line)
        found.append({"href": line[:end], "text": line[end:].strip()})
    return found


def _input(label: str, name: str, pointer: str, hint: str = "", **more: Any) -> rx.Component:
    return field(label, rx.el.input(name=name, default_value=Wording.form[name], **more), pointer, hint)


def _text(label: str, name: str, hint: str = "") -> rx.Component:
    control = rx.el.textarea(
        name=f"template_{name}", default_value=Wording.form[f"template_{name}"], rows=2, class_name="code"
    )
    return field(label, control, f"/templates/{name}", hint)


def _previewed(item: rx.Var[Previewed]) -> rx.Component:
    return rx.el.li(
        rx.el.span(item["severity"], class_name="severity " + item["severity"].to(str)),
        rx.el.strong(item["title"]),
        rx.el.p(item["description"]),
        rx.el.p(
            item["where"], rx.cond(item["group"] != "", ", grouped as " + item["group"].to(str), ""), class_name="dim"
        ),
        rx.el.div(rx.foreach(item["labels"].to(list[str]), lambda text: rx.el.code(text, class_name="label"))),
    )


def _fields() -> rx.Component:
    severities = [(s, s) for s in SEVERITIES]
    return rx.fragment(
        _input("Name", "name", "/name", required=True, max_length=200),
        field(
            "Policy", select(Wording.policies, name="policy_id", default_value=Wording.form["policy_id"]), "/policy_id"
        ),
        field(
            "Service",
            optional("none", Wording.services, name="service_id", default_value=Wording.form["service_id"]),
            "/service_id",
        ),
        field(
            "Team", optional("none", Wording.teams, name="team_id", default_value=Wording.form["team_id"]), "/team_id"
        ),
        field(
            "Severity if the sender gives none",
            select(severities, name="default_severity", default_value=Wording.form["default_severity"]),
        ),
        _input(
            "One incident for each of these labels", "group_by", "/group_by", "cluster, alertname; empty: by the sender"
        ),
        _input("… within the same", "group_window_s", "/group_window_s", durations.HINT),
        _input("Time to resolve by itself", "wait_s", "/wait_s", "delays every page of it"),
        _input(
            "Resolve after silence of",
            "auto_resolve_s",
            "/auto_resolve_s",
            "dangerous: a broken sender is silent too",
        ),
        _input("Flaps if over and back so often", "refires", "/flapping/refires", "empty: never", type="number", min=1),
        _input("… within", "within", "/flapping/within_s"),
        _input("… and resolves after quiet of", "settle", "/flapping/settle_s"),
        rx.el.label(
            rx.el.input(type="checkbox", name="group_by_sender", default_checked=Wording.by_sender),
            " Without labels: by the sender's own group",
            class_name="box",
        ),
    )


def wording() -> rx.Component:
    """The form; with a body in its last field it shows what that would become, instead of saving."""
    return rx.el.details(
        rx.el.summary("Settings, templates and grouping"),
        rx.cond(
            Wording.loaded,
            rx.el.form(
                _fields(),
                rx.el.h3("Templates (Jinja2 over alert and payload; empty: the sender's words)"),
                _text("Title", "title", "{{ alert.labels.service }}: {{ alert.title }}"),
                _text("Message", "message"),
                _text("Severity", "severity", "one of critical, error, warning, info"),
                _text("Grouping key", "group_key"),
                _text("Runbook", "runbook"),
                _text("Links, one a line", "links", "https://wiki/{{ alert.labels.service }} Wiki"),
                _text("Labels to make, one a line", "labels", "service={{ payload.app }}"),
                field(
                    "Body to try (JSON as the sender posts it)",
                    rx.el.textarea(name="payload", rows=4, class_name="code"),
                    "/payload",
                    "with a body here nothing is saved: you see what it would become",
                ),
                overtaken(Wording.load, form=True),
                rx.el.button(
                    "Save, or preview the body", type="submit", class_name="first", disabled=~Wording.may_configure
                ),
                only_look(Wording.may_configure),
                on_submit=Wording.submit,
                class_name="form panel",
                key=rx.Var.create(Wording.form_key).to(str),
            ),
        ),
        rx.cond(
            Wording.asked,
            rx.el.div(
                rx.el.ul(rx.foreach(Wording.troubles, rx.el.li), class_name="warnings"),
                rx.el.ul(rx.foreach(Wording.previewed, _previewed), class_name="members"),
                role="status",
            ),
        ),
        class_name="settings",
    )
