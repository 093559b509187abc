"""What the page of one incident knows and does."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypedDict
from urllib.parse import quote

import reflex as rx

from ui.calendar import instant
from ui.choices import people
from ui.gateway import Refused
from ui.markdown import as_html
from ui.session import Session, told
from ui.viewer import Viewer

WORDS = {"done": "Done.", "recorded": "Recorded. No page goes out any more; it shows in a moment."}
RELATIONS = {"same": "the same service", "upstream": "needed by this service", "downstream": "needs this service"}


class Member(TypedDict):
    """One alert of the group. `image`: address of a graph that was sent with it, or ""; `chosen`: to be split off."""

    key: str
    title: str
    status: str
    severity: str
    silenced: str
    labels: list[str]
    description: str
    links: list[dict[str, str]]
    image: str
    count: int
    chosen: bool


class Entry(TypedDict):
    """One line of the timeline. `html`: of a note."""

    at: str
    kind: str
    text: str
    html: str


class Other(TypedDict):
    """Another incident, and what it has to do with this one."""

    id: str
    title: str
    why: str


def _member(alert: dict[str, Any], chosen: Collection[str]) -> Member:
    images = [k["href"] for k in alert["links"] if k["text"] == "Image" and k["href"].startswith("https://")]
    return {
        "key": alert["key"],
        "title": alert["title"],
        "status": alert["status"],
        "severity": alert["severity"],
        "silenced": ", ".join(alert["silenced_by"]),
        "labels": [f"{k}={v}" for k, v in sorted(alert["labels"].items())],
        "description": alert["description"],
        "links": alert["links"],
        "image": images[0] if images else "",
        "count": alert["count"],
        "chosen": alert["key"] in chosen,
    }


def _entry(happened: dict[str, Any]) -> Entry:
    note = happened["data"].get("note", "") if happened["kind"] == "Noted" else ""
    text = f"{happened['data'].get('by', 'Somebody')} wrote" if note else happened["text"]
    return {"at": happened["at"], "kind": happened["kind"], "text": text, "html": as_html(note) if note else ""}


def _others(alert: dict[str, Any]) -> list[Other]:
    tied = (
        ("it was merged into this one", alert["merged"]),
        ("this one was merged into it", [alert["merged_into"]] if alert["merged_into"] else []),
        ("this one is to be merged into it", [alert["merging_into"]] if alert["merging_into"] else []),
        ("this one is attached to it", alert["attached_to"]),
        ("attached to this one", alert["attached"]),
    )
    found: list[Other] = [{"id": i, "title": i, "why": why} for why, ids in tied for i in ids]
    for other in alert["related"]:
        why = f"open, {other['severity']}, {RELATIONS[other['relation']]} ({other['service']})"
        found.append({"id": other["id"], "title": other["title"], "why": why})
    return found


def _marks(alert: dict[str, Any]) -> list[str]:
    marks = ["Major incident"] if alert["major"] else []
    if alert["suppression"]:
        held = alert["suppression"]
        marks.append(f"Nobody is paged: {held['by']}" + (f" ({held['comment']})" if held["comment"] else ""))
    if alert["flapping_since"]:
        marks.append("Flapping: it comes and goes, and stays open until it is quiet")
    if alert["exhausted"]:
        marks.append("The policy is through and the last resort was called")
    if alert["truncated"]:
        marks.append(f"The sender left {alert['truncated']} alerts out of its list")
    if alert["members_omitted"]:
        marks.append(f"{alert['members_omitted']} of its alerts are not shown here")
    return marks


class View(Viewer, Session):
    """`shown` is False until the incident is loaded, or if there is none. `explained_in`: the zone of the times in

    what is `explained`; "": nothing is.
    """

    shown: bool = False
    key: str = ""
    title: str = ""
    status: str = ""
    severity: str = ""
    next: str = ""
    opened_at: str = ""
    called: str = ""
    acknowledged: str = ""
    where: str = ""
    policy: str = ""
    marks: list[str] = []
    members: list[Member] = []
    others: list[Other] = []
    timeline: list[Entry] = []
    people: list[list[str]] = []
    explained: list[str] = []
    explained_in: str = ""
    note: str = ""

    @rx.var
    def chosen(self) -> int:
        """How many alerts are chosen to be split off."""
        return sum(m["chosen"] for m in self.members)

    @rx.var
    def related(self) -> bool:
        """True if there are others."""
        return bool(self.others)

    @rx.var
    def export(self) -> str:
        """Where the whole of it can be downloaded."""
        return f"/api/v1{self._path}/export"

    @property
    def _path(self) -> str:
        return f"/alerts/{quote(self.key, safe='')}"

    @rx.event
    async def load(self) -> Any:
        """Everything anew; also when it changed."""
        key = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        if key != self.key:
            self.key, self.shown, self.members, self.explained = key, False, [], []
            self.explained_in = ""
        try:
            await self._load()
        except Refused as refused:
            self.shown = False
            return self.refused(refused)

    async def _load(self) -> None:
        alert = await self.ask("GET", self._path)
        timeline = await self.ask("GET", f"{self._path}/timeline")
        if not self.people:
            self.people = await people(self)
        self.shown = True
        self.title, self.status, self.severity = alert["title"], alert["status"], alert["severity"]
        self.next, self.opened_at = alert["next"], alert["opened_at"]
        self.called = ", ".join(alert["assignee_names"]) or "nobody yet"
        self.acknowledged = alert["acknowledged_by"] or ""
        self.where = " · ".join(w for w in (alert["service"], alert["team"]) if w) or "no service, no team"
        self.policy = f"{alert['policy']['name']}, version {alert['policy']['version']}" if alert["policy"] else "none"
        self.marks, self.others = _marks(alert), _others(alert)
        chosen = {m["key"] for m in self.members if m["chosen"]}
        self.members = [_member(m, chosen) for m in alert["members"]]
        self.timeline = [_entry(e) for e in reversed(timeline["items"])]

    async def _do(self, action: str, body: dict[str, Any] | None = None) -> None:
        result = await self.ask("POST", f"{self._path}/{action}", body)
        state, why = result["state"], result["why"]
        self.done = WORDS.get(state, f"Nothing changed: {why}")
        if state == "done" and why:
            self.done = f"Done, but {why}."
        await self._load()

    @rx.event
    @told
    async def acted(self) -> None:
        """A button did something, which its part of the page tells: show what became of it."""
        await self._load()

    @rx.event
    @told
    async def snooze(self, form: dict[str, Any]) -> None:
        """Quiet for some minutes."""
        await self._do("snooze", {"minutes": int(form["minutes"]), "note": form["note"]})

    @rx.event
    @told
    async def reassign(self, form: dict[str, Any]) -> None:
        """Call somebody else instead of the next step."""
        await self._do("reassign", {"targets": [{"kind": "user", "id": form["person"]}], "note": form["note"]})

    @rx.event
    @told
    async def tie(self, form: dict[str, Any]) -> None:
        """Merge it into another incident, or attach it to one."""
        other = str(form["other"]).strip().rstrip("/").rpartition("/")[2]
        if not other:
            self.problem = "Say which incident: its id, or the address of its page."
            return
        field = {"merge": "into", "attach": "to"}[form["how"]]
        await self._do(form["how"], {field: other, "note": form["note"]})

    @rx.event
    def choose(self, key: str) -> None:
        """Into or out of what is to be split off."""
        self.members = [{**m, "chosen": not m["chosen"]} if m["key"] == key else m for m in self.members]

    @rx.event
    @told
    async def split(self) -> None:
        """Make the chosen alerts an incident of their own."""
        await self._do("split", {"keys": [m["key"] for m in self.members if m["chosen"]]})

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
        await self._do("notes", {"note": self.note})
        self.note = ""

    @rx.event
    @told
    async def explain(self) -> None:
        """Why who was paged, and why others were not."""
        why = await self.ask("GET", f"/incidents/{quote(self.key, safe='')}/explain", zone=self.viewer)
        self.explained_in = self.viewer
        self.explained = [p["sentence"] for p in why["pages"]] + [n["sentence"] for n in why["not_paged"]]

    @rx.event
    @told
    async def explain_person(self, form: dict[str, Any]) -> None:
        """Why a person was or was not paged for this, as of a time."""
        try:
            at = instant(form["at"], self.viewer)
        except ValueError:
            self.problem = "Fill in the time, as day and time."
            return
        why = await self.ask("GET", "/explain", person=form["person"], at=at.isoformat(), zone=self.viewer)
        self.explained_in = self.viewer
        here = [i for i in why["incidents"] if i["incident_id"] == self.key]
        told_of = [s["sentence"] for i in here for s in (*i["pages"], *i["reasons"])]
        self.explained = [why["summary"], *(told_of or ["This incident was not open within an hour of that time."])]
