"""Incidents that people merged, judged over all their lines together: what fires is in an open incident of one of them.

Lines that were ever merged, or that took one in, are a group. What fires in it is worked out from what senders said to
each line alone; names that alerts have in other lines, and messages between lines, are not looked at. What a human
resolved is taken out, whichever line it was in then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from domain import events as e
from domain import tie_events as t
from simulation.judging.finding import LATE_S, Finding
from simulation.outcome import Outcome, Row

Tell = Callable[[Finding], None]
CLOSING = (e.Resolved, t.Merged)


def tied(outcome: Outcome) -> dict[str, str]:
    """Line (as "incident/KEY") -> a name of its group, of lines that were merged or took one in."""
    group: dict[str, str] = {}
    for entity, rows in outcome.incidents():
        for row in rows:
            if isinstance(row.event, t.Merged):
                other = f"incident/{row.event.into.rpartition('-')[0]}"
                mine, theirs = group.get(entity, entity), group.get(other, other)
                group |= {line: theirs for line, name in group.items() if name == mine}
                group |= {entity: theirs, other: theirs}
    return group


def ties(outcome: Outcome, group: dict[str, str], told: Tell) -> None:
    """Everything that is wrong with them."""
    members: dict[str, list[str]] = defaultdict(list)
    for line, name in group.items():
        members[name].append(line)
    for lines in members.values():
        _heard_of(lines, outcome, told)
    for entity in group:
        for row in outcome.journals[entity]:
            if isinstance(row.event, t.Merged) and not _taken(row, entity, outcome):
                told(Finding("muted", entity, f"it is part of {row.event.into}, which has not taken it", row.at))


def _taken(row: Row, entity: str, outcome: Outcome) -> bool:
    """Whether the other incident had its alerts before it let go of them."""
    event = row.event
    source = f"{entity.removeprefix('incident/')}-{event.episode}"
    there = outcome.journals.get(f"incident/{event.into.rpartition('-')[0]}", ())
    return any(isinstance(r.event, t.TookIn) and r.event.source == source and r.at <= row.at for r in there)


def _heard_of(lines: list[str], outcome: Outcome, told: Tell) -> None:
    """When the last open incident of the group closes, nothing may fire in it a moment later and stay unheard of."""
    opened = sorted((row.at, e.Triggered, line) for line in lines for row in _of(outcome, line, (e.Triggered,)))
    closed = sorted((row.at, line) for line in lines for row in _of(outcome, line, CLOSING))
    for at, line in closed:
        then = at + LATE_S
        if then > outcome.scenario.end or any(_open(other, then, outcome) for other in lines):
            continue
        if any(at <= again <= then for again, _, _ in opened):
            continue
        if fires := sorted(_firing(lines, then, outcome)):
            told(Finding("muted", line, f"{fires[0]!r} fires, and no incident that it belongs to is open", at))


def _of(outcome: Outcome, line: str, kinds: tuple[type, ...]) -> Iterable[Row]:
    return (row for row in outcome.journals.get(line, ()) if isinstance(row.event, kinds))


def _open(line: str, at: float, outcome: Outcome) -> bool:
    found = [row for row in _of(outcome, line, (e.Triggered, *CLOSING)) if row.at <= at]
    return bool(found) and isinstance(found[-1].event, e.Triggered)


def _firing(lines: list[str], at: float, outcome: Outcome) -> set[str]:
    """Alerts that fire by what their senders said until a little before `at`, and that no human resolved."""
    by_hand = max(
        (r.at for line in lines for r in _of(outcome, line, (e.Resolved,)) if r.event.human and r.at <= at), default=0.0
    )
    found: set[str] = set()
    for line in lines:
        over: set[tuple[str, float | None]] = set()
        firing: dict[str, float] = {}
        for taken in outcome.said.get(line, ()):
            if taken.at > at - LATE_S:
                break
            for event in taken.message.events:
                if event.status == "resolved":
                    over.add((event.dedup_key, event.starts_at))
                    firing.pop(event.dedup_key, None)
                elif (event.dedup_key, event.starts_at) not in over:
                    firing[event.dedup_key] = taken.at
        found |= {f"{line}/{key}" for key, since in firing.items() if since > by_hand}
    return found
