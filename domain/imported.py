"""From the events of an imported calendar to shifts of people we know; who is unknown is reported, not guessed.

For each event, the first of these that names anybody:
  1. the text table of the import (exact SUMMARY, regardless of case) -> person,
  2. attendees, by e-mail address or full name,
  3. e-mail addresses in the SUMMARY,
  4. full names in the SUMMARY as whole words ("On call: Ada Lovelace"); a name inside a longer one that is there, too,
     does not count.
Several people on an event are on call together. An event that names nobody gives no shift and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.people import User
from domain.schedule import FixedShift

MAIL = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+\.[^\s<>()\[\],;:\"'.]+")
UNKNOWN_MAX = 50


class Event(Protocol):
    """What is asked of an event; integrations/ical.py has it."""

    @property
    def summary(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def people(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Unknown:
    """A text that names nobody we know, how often, and when first (UTC epoch seconds)."""

    text: str
    events: int
    first: float


@dataclass(frozen=True, slots=True)
class Imported:
    """Shifts by start, and what could not be mapped, most frequent first."""

    shifts: tuple[FixedShift, ...]
    unknown: tuple[Unknown, ...]


class People:
    """The people an import may name."""

    def __init__(self, users: Iterable[User], table: Mapping[str, str]) -> None:
        known = [u for u in users if not u.synthetic]
        ids = {u.id for u in known}
        self._table = {text.casefold(): user for text, user in table.items() if user in ids}
        self._mails = {u.email.casefold(): u.id for u in known}
        names: dict[str, str | None] = {}
        for user in known:
            key = _plain(user.name)
            names[key] = None if key in names else user.id  # two people of one name: neither is meant for sure
        self._names = {name: user for name, user in names.items() if user is not None and name}

    def of(self, event: Event) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(user ids, attendees that are nobody we know)."""
        listed = self._table.get(event.summary.casefold())
        if listed is not None:
            return (listed,), ()
        attending = {text: self._one(text) for text in event.people}
        found = [user for user in attending.values() if user is not None]
        if found:
            return tuple(dict.fromkeys(found)), tuple(t for t, user in attending.items() if user is None)
        mails = [self._mails.get(m.casefold()) for m in MAIL.findall(event.summary)]
        by_mail = tuple(dict.fromkeys(m for m in mails if m is not None))
        return by_mail or self._by_name(event.summary), ()

    def _one(self, text: str) -> str | None:
        return self._table.get(text.casefold()) or self._mails.get(text.casefold()) or self._names.get(_plain(text))

    def _by_name(self, summary: str) -> tuple[str, ...]:
        text = f" {_plain(summary)} "
        found: list[tuple[int, str]] = []
        for name in sorted(self._names, key=len, reverse=True):
            at = text.find(f" {name} ")
            if at >= 0:
                found.append((at, self._names[name]))
                text = text.replace(f" {name} ", " " + "\0" * len(name) + " ")
        return tuple(user for _, user in sorted(found))


def _plain(text: str) -> str:
    """Words without punctuation and case, single spaces."""
    return " ".join(re.sub(r"[^\w'-]+", " ", text.casefold()).split())


def imported(events: Iterable[Event], people: People) -> Imported:
    """Shifts of all events."""
    shifts: dict[FixedShift, None] = {}
    unknown: dict[str, Unknown] = {}
    for event in events:
        users, strangers = people.of(event)
        for user in users:
            shifts[FixedShift(user, event.start, event.end)] = None
        for text in strangers or (() if users else (event.summary or "(no summary)",)):
            before = unknown.get(text)
            first = event.start if before is None else min(before.first, event.start)
            unknown[text] = Unknown(text, 1 if before is None else before.events + 1, first)
    ordered = sorted(shifts, key=lambda s: (s.start, s.end, s.user))
    reported = sorted(unknown.values(), key=lambda u: (-u.events, u.text))[:UNKNOWN_MAX]
    return Imported(tuple(ordered), tuple(reported))
