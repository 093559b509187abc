"""How an incident line is tied to others: merged, holding what was merged into it, split, attached. Pure.

The rules are in merge.py and split.py; here are the state and what events do to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain import tie_events as e
from domain.replacing import replace


@dataclass(frozen=True, slots=True)
class Forward:
    """Alerts of this line go on to the incident `into`, of another line. `sent`: number of the newest such message."""

    into: str
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """An incident that was merged into this one. `omitted`: alerts that its sender left out of its list."""

    id: str
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class Ties:
    """`merging`: asked to be merged into that incident, which has not answered. `merged_into`: where it is now.

    `sources`: line -> what was merged from there into the open incident. `split`: alert -> line that it goes to until
    it is over, and its name there. `attached_to`, `attached`: incidents that belong together, for people only.
    """

    merging: str | None = None
    merged_into: str | None = None
    forward: Forward | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    split: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    attached_to: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()

    @property
    def omitted(self) -> int:
        """Alerts left out by the senders of what was merged into it."""
        return sum(source.omitted for source in self.sources.values())


def anew(ties: Ties) -> Ties:
    """Of the next incident of the line."""
    return Ties(merging=ties.merging, forward=ties.forward, split=ties.split)


def tied(ties: Ties, event: Any) -> Ties:
    """The ties after the event."""
    match event:
        case e.MergeAsked(_, into):
            return replace(ties, merging=into)
        case e.MergeRefused():
            return replace(ties, merging=None)
        case e.Merged(_, into):
            return replace(ties, merging=None, merged_into=into, forward=Forward(into))
        case e.AlertsForwarded(_, into, number):
            return replace(ties, forward=Forward(into, number))
        case e.Reclaimed():
            forward = None if event.last else ties.forward
            return replace(ties, forward=forward, split={**ties.split, **event.split})
        case e.ForwardReturned(_, line):
            kept = {key: there for key, there in ties.split.items() if not key.startswith(f"{line}/")}
            return replace(ties, split=kept)
        case e.TookIn(_, source, line, omitted):
            return replace(ties, sources={**ties.sources, line: Source(source, omitted)})
        case e.SourceTruncated(_, line, omitted):
            return replace(ties, sources={**ties.sources, line: replace(ties.sources[line], omitted=omitted)})
        case e.SplitOff(_, keys, line):
            return replace(ties, split={**ties.split, **{key: (line, key) for key in keys}})
        case e.AlertsFollowedSplit(_, _, _, over):
            return replace(ties, split={key: there for key, there in ties.split.items() if key not in over})
        case e.Attached(_, to):
            return replace(ties, attached_to=_with(ties.attached_to, to))
        case e.AttachedHere(_, child):
            return replace(ties, attached=_with(ties.attached, child))
    return ties


def _with(known: tuple[str, ...], ident: str) -> tuple[str, ...]:
    return known if ident in known else (*known, ident)
