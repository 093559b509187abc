"""The providers: they refuse, lose requests or answers, go away for an hour, report late, twice, out of order."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Unknown
from simulation.chance import Chance
from simulation.scenario import Faults, Scenario

YEAR_S = 365 * 86_400.0
OUTAGE_S = (300.0, 5_400.0)
ARRIVES_S = {"voice": 4.0, "push": 0.8, "sms": 3.0, "slack": 0.7, "webhook": 0.3, "email": 6.0, "outbox": 0.0}
RECEIPTS = frozenset({"voice", "push", "sms"})
"""Channels whose provider reports what became of a message."""
DEDUPES = frozenset({"email", "webhook", "push"})
LOOKS_UP = frozenset({"voice", "sms"})


@dataclass(frozen=True, slots=True)
class Take:
    """What the provider answered, and when the page reached the person, if it did."""

    outcome: Accepted | Rejected | Unknown
    reached_at: float | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's report about a page, which arrives at each of these instants: once, or once more."""

    at: tuple[float, ...]
    ok: bool


class Providers:
    """All of them, one per channel."""

    def __init__(self, scenario: Scenario, chance: Chance) -> None:
        self._faults: Faults = scenario.faults
        self._chance = chance
        self._outages = {c: self._away(c, scenario) for c in ARRIVES_S if c != "outbox"}
        self._has: dict[str, None] = {}

    def _away(self, channel: str, scenario: Scenario) -> list[tuple[float, float]]:
        found: list[tuple[float, float]] = []
        rate, at, n = self._faults.outages_per_year, scenario.start, 0
        while rate > 0:
            at += self._chance.pause(YEAR_S / rate, "outage", channel, n)
            if at >= scenario.end:
                break
            until = at + self._chance.between(*OUTAGE_S, "outage length", channel, n)
            found.append((at, until))
            at, n = until, n + 1
        return found

    def away(self, channel: str, at: float) -> bool:
        """True during an outage of the provider."""
        outages = self._outages.get(channel, [])
        n = bisect_right(outages, (at, float("inf"))) - 1
        return n >= 0 and at < outages[n][1]

    def take(self, delivery: str, channel: str, attempt: int, name: tuple[object, ...], at: float) -> Take:
        """One attempt to send. `name` is the page's name in every run of the seed."""
        if channel == "outbox":
            return Take(Accepted(delivery, final=True), at)
        if self.away(channel, at):
            return Take(Rejected("the provider is away", retryable=True))
        faults, chance = self._faults, self._chance
        draw = chance.unit("take", channel, str(attempt), *name)
        if draw < faults.refuses:
            return Take(Rejected("the provider refuses", retryable=draw < faults.refuses * 0.7))
        if draw < faults.refuses + faults.loses / 2:
            return Take(Unknown("request lost"))
        reached = at + chance.pause(ARRIVES_S[channel], "arrives", channel, str(attempt), *name)
        self._has[delivery] = None
        if draw < faults.refuses + faults.loses:
            return Take(Unknown("answer lost"), reached)
        return Take(Accepted(delivery, final=channel not in RECEIPTS), reached)

    def look_up(self, delivery: str, channel: str, name: tuple[object, ...]) -> Accepted | NotFound | CannotTell:
        """What became of an attempt whose answer was lost."""
        if channel not in LOOKS_UP or self._chance.happens(0.1, "look up", *name):
            return CannotTell()
        return Accepted(delivery) if delivery in self._has else NotFound()

    def receipt(self, channel: str, name: tuple[object, ...], reached_at: float) -> Receipt | None:
        """The report on an accepted page. One comes seconds or minutes later, so they overtake each other."""
        if channel not in RECEIPTS:
            return None
        chance, faults = self._chance, self._faults
        ok = not chance.happens(faults.undelivered, "undelivered", channel, *name)
        at = [reached_at + chance.pause(20.0, "receipt", channel, *name)]
        if chance.happens(faults.duplicate_receipt, "twice", channel, *name):
            at.append(reached_at + chance.pause(60.0, "receipt again", channel, *name))
        return Receipt(tuple(at), ok)
