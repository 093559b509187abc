"""Heartbeats: what is expected of jobs, how each stands, and the address it pings, shown once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypedDict

import reflex as rx

from ui.choices import named, offered, optional
from ui.components.every import every
from ui.components.live import ago
from ui.components.person import copy
from ui.durations import seconds, words
from ui.gateway import Refused
from ui.integration.rule_form import SEVERITIES
from ui.listing import ANOTHER, Beneath
from ui.noise import noise
from ui.parts import count, ending, field, only_look, overtaken, select, shown, sure
from ui.session import Session, told

REFRESH_S = 5
NOTHING = {
    **dict.fromkeys(("name", "period", "cron", "policy_id", "service_id"), ""),
    **{"zone": "UTC", "grace": "10 min", "severity": "critical"},
}
WORDS = {"new": "waits for its first ping", "up": "up", "late": "late", "down": "down", "paused": "paused"}
NOT_KNOWN: dict[str, Any] = {"status": "", "last_ping": None, "deadline": None, "why": ""}
"""How it stood in the past."""
TONES = {"new": "suppressed", "up": "resolved", "late": "acknowledged", "down": "triggered", "paused": "suppressed"}


class Item(TypedDict):
    """One heartbeat."""

    id: str
    name: str
    expected: str
    status: str
    words: str
    tone: str
    last_at: str
    last: str
    deadline: str
    why: str
    hint: str


class View(Beneath, Session):
    """`url`: an address to ping, just made, for heartbeat `url_of`."""

    nothing: ClassVar[Mapping[str, str]] = NOTHING
    items: list[Item] = []
    policies: list[list[str]] = []
    services: list[list[str]] = []
    url: str = ""
    url_of: str = ""

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now; an address that was shown is shown no more."""
        self.url = self.url_of = ""
        self._empty()
        self.policies, self.services = await offered(self, "/policies"), await named(self, "/services")
        await self._load()

    async def _load(self) -> None:
        self.items = [_item(found) for found in (await self.ask("GET", "/heartbeats"))["items"]]
        self.loaded = True

    @rx.event
    async def refresh(self) -> Any:
        """How they stand, and nothing else."""
        try:
            await self._load()
        except Refused as refused:
            return self.refused(refused)
        return None

    @rx.event
    @told
    async def save(self, form: dict[str, Any]) -> None:
        """Another one; the API checks it."""
        grace, period = seconds(form["grace"]), seconds(form["period"])
        body = {k: form[k] for k in ("name", "cron", "policy_id", "severity")}
        body |= {"period_s": period, "grace_s": grace, "zone": form["zone"] or "UTC"}
        body["service_id"] = form["service_id"] or None
        if self.editing == ANOTHER:
            self._show(await self.ask("POST", "/heartbeats", body), "Made. It waits for its first ping.")
        else:
            saved = await self.ask("GET", f"/heartbeats/{self.editing}")
            await self.ask("PUT", f"/heartbeats/{self.editing}", {**body, "team_id": saved["team_id"]})
            self.done = "Saved. Its address stays; an armed one has at least one grace from now on."
        self._empty()
        await self._load()

    @rx.event
    @told
    async def edit(self, ident: str) -> None:
        """Have it in the form."""
        found = await self.take(f"/heartbeats/{ident}")
        self._open(
            ident,
            {
                **{k: found[k] or "" for k in ("name", "cron", "zone", "policy_id", "service_id", "severity")},
                **{k: words(found[f"{k}_s"]) for k in ("period", "grace")},
            },
        )

    def _show(self, made: dict[str, Any], said: str) -> None:
        self.url, self.url_of, self.done = made["ping_url"], made["name"], said

    @rx.event
    @told
    async def readdress(self, ident: str) -> None:
        """A new address; the old one stops working."""
        made = await self.ask("POST", f"/heartbeats/{ident}/address")
        self._show(made, "A new address; the one before works no more.")
        await self._load()

    @rx.event
    @told
    async def act(self, ident: str, action: str) -> None:
        """Arm or pause."""
        found = await self.ask("POST", f"/heartbeats/{ident}/{action}")
        said = {"done": "Done.", "recorded": "Recorded; it shows in a moment."}
        self.done = said.get(found["state"], f"Nothing changed: {found['why']}")
        await self._load()

    @rx.event
    @told
    async def delete(self, ident: str) -> None:
        """Its address stops working."""
        await self.ask("DELETE", f"/heartbeats/{ident}")
        self.done = "Deleted."
        await self._load()


def _item(found: dict[str, Any]) -> Item:
    state = found["state"] or NOT_KNOWN
    expected = f"{found['cron']} ({found['zone']})" if found["cron"] else f"every {words(found['period_s'])}"
    last = state["last_ping"]
    return {
        "id": found["id"],
        "name": found["name"],
        "expected": f"expected {expected}, grace {words(found['grace_s'])}",
        "status": state["status"],
        "words": WORDS.get(state["status"], ""),
        "tone": TONES.get(state["status"], ""),
        "last_at": last["at"] if last else "",
        "last": last["kind"] if last else "",
        "deadline": state["deadline"] or "",
        "why": state["why"],
        "hint": found["hint"],
    }


def _shown(item: rx.Var[Item]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.strong(item["name"]),
            " ",
            rx.cond(item["words"] != "", rx.el.span(item["words"], class_name="status " + item["tone"].to(str))),
            rx.el.p(item["expected"]),
            rx.el.p(
                rx.cond(
                    item["last_at"] != "",
                    rx.fragment("last ping (", item["last"], ") ", ago(at=item["last_at"])),
                    rx.cond(View.as_of != "", "how it stood is not known", "never pinged"),
                ),
                rx.cond(
                    item["deadline"] != "", rx.fragment(" · an alert ", ago(at=item["deadline"]), " unless it pings")
                ),
                rx.el.span(" · address ", item["hint"], class_name="dim"),
            ),
            rx.cond(item["why"] != "", rx.el.p(item["why"], class_name="problem-text")),
        ),
        rx.el.div(
            rx.cond(
                View.may_respond,
                rx.cond(
                    (item["status"] == "paused") | (item["status"] == "new"),
                    _button("Arm", item, View.act(item["id"], "arm")),
                    _button("Pause", item, View.act(item["id"], "pause")),
                ),
            ),
            rx.cond(
                View.may_configure,
                rx.fragment(
                    _button("Edit", item, View.edit(item["id"])),
                    sure("New address", "The one before stops working at once.", View.readdress(item["id"])),
                    sure("Delete", "Its address stops working; its alert is resolved.", View.delete(item["id"])),
                ),
            ),
            class_name="actions",
        ),
        custom_attrs={"data-heartbeat": item["status"]},
        key=item["id"],
    )


def _button(text: str, item: rx.Var[Item], on_click: Any) -> rx.Component:
    label = f"{text} " + item["name"].to(str)
    return rx.el.button(text, type="button", on_click=on_click, custom_attrs={"aria-label": label})


def _address() -> rx.Component:
    """The address that was just made, with what to put into a job."""
    job = "curl -fsS --retry 5 " + View.url
    return rx.cond(
        View.url != "",
        rx.el.div(
            rx.el.p("The address of ", rx.el.strong(View.url_of), ", shown this once. At the end of the job:"),
            copy(text=job, label="Command for the job"),
            rx.el.p("Add /start when the job begins, and /fail or its exit code when it fails.", class_name="dim"),
            class_name="panel",
            role="status",
        ),
    )


def _form() -> rx.Component:
    severities = [(s, s) for s in SEVERITIES]
    return rx.el.section(
        rx.el.h2(rx.cond(View.editing == ANOTHER, "Expect a job", "Change the heartbeat")),
        rx.el.form(
            field(
                "Name",
                rx.el.input(name="name", default_value=View.form["name"], required=True, max_length=200),
                "/name",
            ),
            field(
                "Every",
                rx.el.input(name="period", default_value=View.form["period"]),
                "/period_s",
                "such as 15 min, 1 h, 1 d; or a cron expression",
            ),
            field(
                "Cron",
                rx.el.input(name="cron", default_value=View.form["cron"], max_length=100),
                "/cron",
                "such as 0 2 * * *",
            ),
            field(
                "Zone of the cron",
                rx.el.input(name="zone", default_value=View.form["zone"]),
                "/zone",
                "such as Europe/Berlin",
            ),
            field(
                "Grace",
                rx.el.input(name="grace", default_value=View.form["grace"], required=True),
                "/grace_s",
                "how late it may be, how long it may take",
            ),
            field(
                "Who is called: policy",
                select(View.policies, name="policy_id", default_value=View.form["policy_id"]),
                "/policy_id",
            ),
            field(
                "Service",
                optional("none", View.services, name="service_id", default_value=View.form["service_id"]),
                "/service_id",
            ),
            field("Severity", select(severities, name="severity", default_value=View.form["severity"])),
            overtaken(View.edit(View.editing), form=True),
            ending(
                rx.cond(View.editing == ANOTHER, "Make the heartbeat", "Save the heartbeat"),
                View.close,
                View.editing != ANOTHER,
            ),
            on_submit=View.save,
            class_name="form panel",
            key=rx.Var.create(View.form_key).to(str),
        ),
    )


def page() -> rx.Component:
    """How they stand comes first."""
    empty = "No job is expected. A heartbeat raises an alert when a job that should ping does not."
    return noise(
        "/noise/heartbeats",
        "Heartbeats",
        every(seconds=REFRESH_S, on_tick=View.refresh),
        _address(),
        shown(View.loaded, count(View.items) > 0, rx.el.ul(rx.foreach(View.items, _shown), class_name="rules"), empty),
        rx.cond(View.may_configure & View.loaded, _form()),
        rx.cond(View.loaded, only_look(View.may_respond)),
    )
