"""What is known of how a person is reached, for both who changes the addresses and who changes the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from ui.durations import words
from ui.person import Person

DAYS = {"": "every day", "0,1,2,3,4": "Monday to Friday", "5,6": "Saturday and Sunday"}
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
URGENCIES = {"urgent": "Urgent", "normal": "Normal"}
RULES, QUIET = "rules", "quiet hours"
"""Parts of the page that are saved apart."""


class Line(TypedDict):
    """One entry of a list that can be taken out."""

    n: int
    text: str


class Reach(Person):
    """`ways`: id and label of each address; `night`: the moment that is looked at, in words."""

    urgent: list[Line] = []
    normal: list[Line] = []
    quiet: list[Line] = []
    ways: list[list[str]] = []
    night: str = ""
    night_urgent: list[str] = []
    night_normal: list[str] = []
    _rules: dict[str, list[dict[str, Any]]] = {}
    _windows: list[dict[str, Any]] = []

    async def read_reach(self) -> None:
        """All of it anew."""
        items = (await self.ask("GET", f"/users/{self.who}/contact-methods"))["items"]
        self.ways = [[c["id"], c["label"]] for c in items]
        names = {c["id"]: c["label"] for c in items}
        self._rules = await self.take(f"/users/{self.who}/notification-rules", RULES)
        self.urgent = [rule_line(n, r, names) for n, r in enumerate(self._rules["urgent"])]
        self.normal = [rule_line(n, r, names) for n, r in enumerate(self._rules["normal"])]
        self._windows = (await self.take(f"/users/{self.who}/quiet-hours", QUIET))["windows"]
        self.quiet = [{"n": n, "text": window_words(w)} for n, w in enumerate(self._windows)]
        told = await self.ask("GET", f"/users/{self.who}/reach")
        here = ZoneInfo(told["zone"])
        self.night = f"{datetime.fromisoformat(told['at']).astimezone(here):%A, %d %B, %H:%M} {told['zone']}"
        self.night_urgent, self.night_normal = ([way_words(w, here) for w in told[u]] for u in URGENCIES)


def rule_line(n: int, rule: dict[str, Any], names: dict[str, str]) -> Line:
    """Such as "at once: Phone" or "after 5 min: Phone"."""
    when = f"after {words(rule['delay_s'])}" if rule["delay_s"] else "at once"
    return {"n": n, "text": f"{when}: {names.get(rule['contact_method_id'], '?')}"}


def window_words(window: dict[str, Any]) -> str:
    """Such as "Mon, Tue 22:00 to 07:00"."""
    days = ",".join(str(d) for d in sorted(window["weekdays"]))
    named = DAYS.get(days) or ", ".join(NAMES[d] for d in sorted(window["weekdays"]))
    holidays = {"only": ", only on holidays", "never": ", not on holidays"}[window["on_holidays"]]
    zone = f" {window['zone']}" if window["zone"] else ""
    return f"{named} {window['start']} to {window['end']}{zone}{holidays if window['holidays'] else ''}"


def way_words(way: dict[str, Any], zone: ZoneInfo) -> str:
    """When, by what, and why then."""
    at = datetime.fromisoformat(way["at"]).astimezone(zone)
    why = " (waits for the end of quiet hours)" if way["quiet"] else ""
    more = " (left out by the rules, used all the same)" if way["fallback"] else ""
    return f"{at:%H:%M} {way['contact']} {way['address_hint']}{why}{more}"
