"""Try it: what would become of an alert that came now, by the functions that route and page. Nothing is stored."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypedDict

import reflex as rx

from ui import durations
from ui.lines import Unclear, labels
from ui.parts import count, field, select
from ui.session import Session, told

SEVERITIES = (
    ("", "the integration's"),
    ("critical", "critical"),
    ("error", "error"),
    ("warning", "warning"),
    ("info", "info"),
)
MOMENTS_SHOWN = 12


class Tried(TypedDict):
    """An incident that would open, or that it would join."""

    title: str
    severity: str
    rule: str
    why: list[str]
    where: str
    grouped: str
    open: str
    opens: bool
    first: str
    moments: list[str]
    warnings: list[str]


class Trying(Session):
    """`asked`: there is an answer to show."""

    ident: str = ""
    by_labels: bool = True
    asked: bool = False
    tried: list[Tried] = []
    troubles: list[str] = []

    @rx.event
    def load(self) -> None:
        """Of another integration nothing is shown here."""
        self.ident = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        self.asked, self.tried, self.troubles = False, [], []

    @rx.event
    def choose(self, how: str) -> None:
        """By labels, or by what the sender posts."""
        self.by_labels = how == "labels"

    @rx.event
    @told
    async def try_it(self, form: dict[str, Any]) -> None:
        """Ask the planner."""
        self.asked = False
        try:
            what = _alert(form) if self.by_labels else {"payload": json.loads(form["payload"])}
        except Unclear as error:
            self.problem = str(error)
            return
        except ValueError as error:
            self.problem = f"The body is not JSON: {error}"
            return
        plan = await self.ask("POST", "/plan", {"integration_id": self.ident, **what})
        self.tried = [_tried(found, plan["at"]) for found in plan["incidents"]]
        self.troubles = [*plan["problems"], *plan["warnings"]]
        if plan["omitted"]:
            self.troubles.append(f"{plan['omitted']} more incidents are not shown.")
        self.asked = True


def _alert(form: dict[str, Any]) -> dict[str, Any]:
    alert = {"title": form["title"].strip() or "An alert", "labels": labels(form["labels"])}
    return {"alert": {**alert, "severity": form["severity"] or None}}


def _first(found: dict[str, Any], at: str) -> str:
    if found["first_page_at"] is None:
        return ""
    late = (datetime.fromisoformat(found["first_page_at"]) - datetime.fromisoformat(at)).total_seconds()
    return "the first page at once" if late < 1 else f"the first page after {durations.words(round(late))}"


def _tried(found: dict[str, Any], at: str) -> Tried:
    where = [f"policy {found['policy'] or 'that is gone'}"]
    where += [f"{what} {found[what]}" for what in ("service", "team") if found[what]]
    said = [_moment(m) for m in found["moments"] if m["calls"]]
    more = len(said) - MOMENTS_SHOWN
    return {
        "title": found["title"],
        "severity": found["severity"] or "",
        "rule": found["rule"],
        "why": found["why"],
        "where": ", ".join(where),
        "grouped": found["grouped_by"],
        "open": found["open"] or "",
        "opens": found["opens"],
        "first": _first(found, at),
        "moments": said[:MOMENTS_SHOWN] + ([f"and {more} more"] if more > 0 else []),
        "warnings": [w["text"] for w in found["warnings"]],
    }


def _moment(moment: dict[str, Any]) -> str:
    """Who is called then, and how: "at once: Ada (SMS, e-mail after 5 min), Ben (no way to reach them)"."""
    when = "at once" if moment["after_s"] < 1 else f"after {durations.words(moment['after_s'])}"
    people = []
    for call in moment["calls"]:
        ways = [_way(page, moment["after_s"]) for page in call["pages"]]
        schedule = f", on call in {call['schedule']}" if call["schedule"] else ""
        people.append(f"{call['user']}{schedule} ({', '.join(ways) or 'no way to reach them'})")
    return f"{when}: {'; '.join(people)}"


def _way(page: dict[str, Any], since: float) -> str:
    later = page["after_s"] - since
    how = page["channel"] or "a contact method that is gone"
    return how if later < 1 else f"{how} {durations.words(later)} later"


def _incident(item: rx.Var[Tried]) -> rx.Component:
    return rx.el.article(
        rx.el.h3(
            rx.cond(
                item["severity"] != "",
                rx.el.span(item["severity"], class_name="severity " + item["severity"].to(str)),
            ),
            item["title"],
        ),
        rx.el.dl(
            rx.el.dt("Rule"),
            rx.el.dd(
                rx.el.strong(item["rule"], class_name="rule"),
                rx.el.ul(rx.foreach(item["why"].to(list[str]), rx.el.li)),
            ),
            rx.el.dt("Goes to"),
            rx.el.dd(item["where"]),
            rx.el.dt("Incident"),
            rx.el.dd(
                rx.cond(
                    item["open"] != "",
                    rx.fragment(
                        "joins ",
                        rx.el.a("one that is open", href="/incidents/" + item["open"].to(str)),
                        ": it pages nobody anew. ",
                    ),
                ),
                rx.cond(item["opens"].to(bool), "", "opens none, because it resolves. "),
                item["grouped"],
            ),
            rx.el.dt("Paged"),
            rx.el.dd(
                rx.cond(
                    item["first"] != "",
                    item["first"],
                    rx.el.strong("nobody", class_name="problem-text"),
                ),
                rx.el.ol(rx.foreach(item["moments"].to(list[str]), rx.el.li), class_name="paged"),
            ),
        ),
        rx.el.ul(rx.foreach(item["warnings"].to(list[str]), rx.el.li), class_name="warnings"),
        class_name="panel tried",
    )


def trying() -> rx.Component:
    """The form and its answer."""
    return rx.el.section(
        rx.el.h2("Try it"),
        rx.el.p(
            "Which rule an alert would meet ",
            rx.cond(Trying.as_of != "", "then", "now"),
            ", and who would be paged if nobody answers. Nothing is sent.",
            class_name="dim",
        ),
        rx.el.div(
            *(
                rx.el.button(
                    text,
                    type="button",
                    on_click=Trying.choose(how),
                    custom_attrs={"aria-pressed": rx.cond(Trying.by_labels == (how == "labels"), "true", "false")},
                )
                for how, text in (("labels", "By labels"), ("payload", "By what the sender posts"))
            ),
            class_name="actions",
        ),
        rx.el.form(
            rx.cond(
                Trying.by_labels,
                rx.fragment(
                    field("Title", rx.el.input(name="title", default_value="An alert")),
                    field("Severity", select(SEVERITIES, name="severity")),
                    field(
                        "Labels, one a line",
                        rx.el.textarea(name="labels", rows=4, placeholder="service=checkout"),
                        hint="service=checkout",
                    ),
                ),
                field(
                    "Body as the sender posts it (JSON)",
                    rx.el.textarea(name="payload", rows=8, class_name="code"),
                    "/payload",
                ),
            ),
            rx.el.button("Try it", type="submit", class_name="first"),
            on_submit=Trying.try_it,
            class_name="form",
        ),
        rx.cond(
            Trying.asked,
            rx.el.div(
                rx.el.ul(rx.foreach(Trying.troubles, rx.el.li), class_name="warnings"),
                rx.foreach(Trying.tried, _incident),
                rx.cond(count(Trying.tried) == 0, rx.el.p("There is no alert in it.", class_name="empty")),
                id="tried",
                role="status",
            ),
        ),
    )
