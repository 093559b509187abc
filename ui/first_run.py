"""From a new installation to one's own phone or mailbox being paged: what the wizard saves, step by step.

It keeps nothing of its own: GET /setup says how far one has come, so it can be left and come back to.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

import reflex as rx

from ui.gateway import Refused
from ui.person import text_of
from ui.person_contacts import Contacts
from ui.session import told

WAIT_S = 300


class Page(TypedDict):
    """One page of the test and what became of it."""

    text: str
    state: str


class Snippet(TypedDict):
    """What to put into a sender, with the key in it."""

    name: str
    text: str
    note: str


class FirstRun(Contacts):
    """`zone`: of the browser. Ids are "" until there is one. `incident`: of the test."""

    zone: str = "UTC"
    asked: bool = False
    account: bool = False
    team_id: str = ""
    schedule_id: str = ""
    policy_id: str = ""
    integration_id: str = ""
    snippets: list[Snippet] = []
    incident: str = ""
    incident_title: str = ""
    status: str = ""
    next: str = ""
    pages: list[Page] = []
    reached: bool = False

    @rx.var
    def open_now(self) -> bool:
        """The test still calls people."""
        return self.status == "triggered"

    @rx.event
    def set_zone(self, zone: str) -> None:
        """The browser's clock."""
        self.zone = zone

    @rx.event
    @told
    async def load_setup(self) -> None:
        """How far one has come."""
        await self._look()

    async def _look(self) -> None:
        setup = await self.ask("GET", "/setup")
        self.account, self.reached = setup["account"], setup["acknowledged"]
        for name in ("team", "schedule", "policy", "integration"):
            setattr(self, f"{name}_id", setup[f"{name}_id"] or "")
        self.incident = setup["incident_id"] or ""
        self.asked = True
        await self._follow()

    @rx.event
    async def follow(self) -> Any:
        """The test's incident has changed; what was said last stays."""
        try:
            await self._look()
        except Refused as refused:
            return self.refused(refused)

    async def _follow(self) -> None:
        """The incident of the test, and its pages."""
        if not self.incident:
            self.status, self.pages = "", []
            return
        alert = await self.ask("GET", f"/alerts/{self.incident}")
        self.incident_title, self.status, self.next = alert["title"], alert["status"], alert["next"]
        sent = (await self.ask("GET", "/outbox", incident=self.incident))["items"]
        self.pages = [
            {
                "text": f"{p['person']} by {p['contact'] or p['channel']}: {p['state']}. {p['detail']}",
                "state": p["state"],
            }
            for p in reversed(sent)
        ]

    @rx.event
    @told
    async def save_you(self, form: dict[str, Any]) -> None:
        """Name, address and zone; a password too while there is none."""
        body = {name: text_of(form, name) for name in ("name", "email", "zone")}
        if form.get("new", "") != form.get("again", ""):
            self.problem, self.faults = "Nothing was saved.", {"/again": "Type the same password twice."}
            return
        await self.ask("PUT", "/me", body)
        if form.get("new"):
            await self.ask("PUT", "/me/password", {"new": form["new"]})
        await self.meet()
        self.name = self.human["name"]
        await self._look()
        self.done = "Saved. You sign in with this address and password from now on."

    @rx.event
    @told
    async def save_team(self, form: dict[str, Any]) -> None:
        """A team of one's own, and a week's turn of one person, oneself."""
        zone = text_of(form, "zone") or self.zone
        try:
            now = datetime.fromisoformat((await self.ask("GET", "/on-call"))["at"]).astimezone(ZoneInfo(zone))
        except (KeyError, ValueError, OSError):
            self.problem, self.faults = "Nothing was saved.", {"/zone": "Write the zone like Europe/Berlin."}
            return
        if not self.team_id:
            team = {"name": text_of(form, "team"), "member_ids": [self.who], "owner_ids": [self.who]}
            self.team_id = (await self.ask("POST", "/teams", team))["id"]
        rotation = {"unit": "week", "start": monday(now), "users": [self.who]}
        body = {
            "name": text_of(form, "schedule"),
            "zone": zone,
            "team_id": self.team_id,
            "layers": [{"name": "Weekly", "rotation": rotation}],
        }
        await self.ask("POST", "/schedules", body)
        await self._look()
        self.done = "You are on call, alone for now. Add others on the page On call."

    @rx.event
    @told
    async def save_policy(self, form: dict[str, Any]) -> None:
        """Whoever is on call; after that the last resort, which every installation has."""
        steps = [{"targets": [{"kind": "schedule", "id": self.schedule_id}], "wait_s": WAIT_S}]
        body = {"name": text_of(form, "policy"), "team_id": self.team_id or None, "steps": steps, "repeat": 1}
        await self.ask("POST", "/policies", body)
        await self._look()
        self.done = "Saved."

    @rx.event
    @told
    async def save_integration(self, form: dict[str, Any]) -> None:
        """A place for alerts to come in, with its key, which is shown once."""
        body = {
            "name": text_of(form, "integration"),
            "type": form["type"],
            "policy_id": self.policy_id,
            "team_id": self.team_id or None,
        }
        made = await self.ask("POST", "/integrations", body)
        await self._key(made["id"])
        await self._look()
        self.done = "Made. Copy what your sender needs: the key in it is not shown again."

    @rx.event
    @told
    async def new_key(self) -> None:
        """Another address to post to; the one before goes on working."""
        await self._key(self.integration_id)
        self.done = "Copy what your sender needs: the key in it is not shown again."

    async def _key(self, ident: str) -> None:
        made = await self.ask("POST", f"/integrations/{ident}/keys")
        self.snippets = [{"name": s["name"], "text": s["text"], "note": s["note"]} for s in made["snippets"]]

    @rx.event
    @told
    async def send_test(self) -> None:
        """A real alert, by the way that senders' alerts take."""
        body = {"title": f"Test of {self.name}'s pages: acknowledge me"}
        await self.ask("POST", f"/integrations/{self.integration_id}/test", body)
        await self._look()
        self.done = "Sent. Your page is on its way: acknowledge it there, or here."

    @rx.event
    @told
    async def acknowledge(self) -> None:
        """As one would from the page itself."""
        await self.ask("POST", f"/alerts/{self.incident}/acknowledge")
        await self._look()

    @rx.event
    @told
    async def resolve(self) -> None:
        """The test is over."""
        await self.ask("POST", f"/alerts/{self.incident}/resolve")
        await self._look()


def monday(now: datetime) -> str:
    """Nine o'clock of the Monday before last, on the wall clock of `now`: the turn has begun wherever one is."""
    first = now.date() - timedelta(days=now.weekday() + 7)
    return f"{first.isoformat()}T09:00:00"
