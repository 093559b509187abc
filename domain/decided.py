"""What became of one request at one incident line, in one word and one sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

Decision = Literal[
    "incident",
    "silenced",
    "joined",
    "resolved",
    "deduplicated",
    "ignored",
    "elsewhere",
    "waiting",
    "spooled",
    "empty",
    "refused",
]
"""From the one that matters most to the one that matters least; `refused` stands alone."""
ORDER: tuple[Decision, ...] = (
    "incident",
    "silenced",
    "joined",
    "resolved",
    "waiting",
    "spooled",
    "deduplicated",
    "elsewhere",
    "ignored",
    "empty",
)
SENTENCES: dict[Decision, str] = {
    "incident": "It opened the incident.",
    "silenced": "It opened the incident, and nobody is paged: ",
    "joined": "An alert fired in the incident.",
    "resolved": "An alert of the incident is over.",
    "deduplicated": "It is known and fires already: counted, nothing else.",
    "ignored": "It changed nothing: ",
    "elsewhere": "Its alerts are in the incident that this one was merged into.",
    "waiting": "It is stored; no host has looked at it yet.",
    "spooled": "It was kept on the gateway's disk, because the database was away.",
}


class Event(Protocol):
    """The little of a journalled event that tells."""

    @property
    def kind(self) -> str:
        """Its type."""

    @property
    def episode(self) -> int:
        """Of which incident of the line."""

    @property
    def why(self) -> str:
        """Where it gives a reason."""

    @property
    def covered_by(self) -> str:
        """What keeps people from being paged."""


def decided(events: Sequence[Event], processed: bool, spooled: bool = False) -> tuple[Decision, str]:
    """From the events that the request caused there. `processed`: a host has seen it; `spooled`: a disk kept it."""
    kinds = {event.kind: event for event in events}
    found: Decision = "ignored"
    more = ""
    if "Triggered" in kinds and "Suppressed" in kinds:
        found, more = "silenced", f"{kinds['Suppressed'].covered_by or 'something covers it'}."
    elif "Triggered" in kinds:
        found = "incident"
    elif "AlertsFired" in kinds:
        found = "joined"
    elif "AlertsResolved" in kinds:
        found = "resolved"
    elif "AlertsRepeated" in kinds:
        found = "deduplicated"
    elif "AlertsForwarded" in kinds or "AlertsFollowedSplit" in kinds:
        found = "elsewhere"
    elif "AlertsIgnored" in kinds:
        more = f"{kinds['AlertsIgnored'].why}."
    elif spooled:
        found = "spooled"
    elif not processed:
        found = "waiting"
    else:
        more = "the same request came before."
    return found, SENTENCES[found] + more


def most(decisions: Sequence[Decision]) -> Decision:
    """The one that matters most; `empty` of none."""
    return min(decisions, key=ORDER.index, default="empty")
