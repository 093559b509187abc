"""Merging an incident into another one, of another line. Pure.

    line B                        line A (the incident `into`)
    asked to merge        ->      open, called for or acknowledged, not leaving itself?
    goes on as before             takes B's alerts as its own, or refuses
    closed, pages stop    <-      answers
    forwards its alerts   ->      theirs are joined to its own, as if they had come to it
    opens again if needed <-      over by then: gives them back

Laws (tests/property/test_merge_machine.py): what fires is at every moment in an open incident, or in a message on its
way to one; B stops calling people only when A has its alerts and calls people or is acknowledged; nothing overtakes.
While alerts come back B sends new ones the same way round, so that they arrive in the order in which they came.

Alerts of B are called `LINE/KEY` in A, so that equal keys of two senders stay two alerts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from domain import events as e
from domain import tie_events as t
from domain.alert import AlertEvent, Link
from domain.alerts import on_alerts
from domain.configuration import Configuration
from domain.draft import Draft
from domain.escalation import SETTLE, UNHEARD, halt
from domain.incident import AlertsReceived, AlertState, Line, Status, incident_id, parse_incident_id
from domain.line import apply, firing
from domain.tie_messages import Attach, AttachHere, Forwarded, Merge, Returned, Split, TakeIn, TakeInAnswer

MAX_MEMBERS = 2_000
"""More alerts are not carried over in one message."""
TAKING = (Status.TRIGGERED, Status.ACKNOWLEDGED)
"""Somebody is being called, or has it."""


def on_arrival(line: Line, message: AlertsReceived, key: str, now: float, config: Configuration, new_id: Any) -> Draft:
    """Alerts for this line; those of one that was merged go on."""
    return own(line, message, now, config, new_id, onward=key if line.ties.forward is not None else None)


def own(
    line: Line,
    message: AlertsReceived,
    now: float,
    config: Configuration,
    new_id: Any,
    first: Iterable[Any] = (),
    onward: str | None = None,
) -> Draft:
    """Alerts of this line, after the events `first`. Those that were split off go to their own line.

    `onward`: this line's key, if the others are to go on to where it was merged.
    """
    told = list(first)
    for event in told:
        line = apply(line, event)
    parts: dict[str, list[AlertEvent]] = {}
    rest: list[AlertEvent] = []
    for alert in message.events:
        there = line.ties.split.get(alert.dedup_key)
        (rest if there is None else parts.setdefault(there[0], [])).append(alert)
    known = line.ties.split
    for target, part in parts.items():
        over = tuple(x.dedup_key for x in part if x.status == "resolved")
        told.append(t.AlertsFollowedSplit(line.episode, tuple(x.dedup_key for x in part), target, over, now))
        line = apply(line, told[-1])
        parts[target] = [replace(x, dedup_key=known[x.dedup_key][1]) for x in part]
    draft = Draft(line, now, config, new_id)
    draft.reply = {"episode": line.episode, "status": line.status}
    left = replace(message, events=tuple(rest)) if parts else message
    if onward is not None and (rest or not parts):
        _forward(draft, onward, left)
    elif rest or not parts:
        draft = on_alerts(line, left, now, config, new_id)
    draft.events[:0] = told
    draft.tell += [(target, replace(message, events=tuple(part))) for target, part in parts.items()]
    return draft


# -- the line that is merged ---------------------------------------------------------------------------


def on_merge(line: Line, command: Merge, key: str, now: float, config: Configuration, new_id: Any) -> Draft:
    """Ask the other incident; go on as before until it has answered."""
    draft = Draft(line, now, config, new_id)
    why = not_open(line, command.episode) or _cannot_leave(line, command, key)
    if why:
        return ignored(draft, command, why)
    draft.add(t.MergeAsked(line.episode, command.into, command.by, command.note, now))
    alerts = _saying(line, [_event(alert, True) for alert in firing(line)], now)
    source = incident_id(key, line.episode)
    draft.tell.append((line_of(command.into), TakeIn(command.into, source, key, command.by, alerts, line.truncated)))
    return done(draft)


def _cannot_leave(line: Line, command: Merge, key: str) -> str:
    if line_of(command.into) == key:
        return "both are incidents of the same alerts"
    if line.ties.merging is not None:
        return f"it is being merged into {line.ties.merging} already"
    if line.ties.forward is not None:
        return f"alerts are on their way back from {line.ties.forward.into}; try again in a moment"
    if line.ties.sources:
        return "other incidents were merged into it; merge the other one into this one instead"
    return f"more than {MAX_MEMBERS} alerts are in it" if len(line.alerts) > MAX_MEMBERS else ""


def on_answer(line: Line, message: TakeInAnswer, key: str, now: float, config: Configuration, new_id: Any) -> Draft:
    """The other incident has this one's alerts, as they were when it was asked; or it has refused."""
    draft = Draft(line, now, config, new_id)
    if not message.taken:
        draft.add(t.MergeRefused(line.episode, message.into, message.why, now))
        return draft
    if line.open:
        halt(draft)
        draft.disarm(SETTLE)
        draft.disarm(UNHEARD)
    said = [_event(alert, alert.firing and line.open) for alert in line.alerts.values()]
    said += [AlertEvent(gone, "resolved", "") for gone in message.keys if gone not in line.alerts]
    draft.add(t.Merged(line.episode, message.into, message.by, now))
    _forward(draft, key, _saying(line, said, now))
    return draft


def on_returned(line: Line, message: Returned, now: float, config: Configuration, new_id: Any) -> Draft:
    """The incident that had these alerts is over: they are this line's again."""
    forward = line.ties.forward
    last = forward is None or message.number >= forward.sent
    return own(
        line,
        message.alerts,
        now,
        config,
        new_id,
        [t.Reclaimed(line.episode, message.into, message.buried, message.split, last, now)],
    )


def _forward(draft: Draft, key: str, alerts: AlertsReceived) -> None:
    forward = draft.line.ties.forward
    if forward is None:
        return
    number = forward.sent + 1
    keys = tuple(event.dedup_key for event in alerts.events)
    draft.add(t.AlertsForwarded(draft.line.episode, forward.into, number, keys, draft.now))
    draft.tell.append((line_of(forward.into), Forwarded(forward.into, key, number, alerts)))


# -- the line that takes another one in ----------------------------------------------------------------


def on_take_in(line: Line, message: TakeIn, now: float, config: Configuration, new_id: Any) -> Draft:
    """Take the alerts, unless nobody would hear of them here."""
    why = not_open(line, episode_of(message.into)) or _cannot_take(line)
    if why:
        draft = Draft(line, now, config, new_id)
        draft.add(t.TakeInRefused(line.episode, message.source, why, now))
        draft.tell.append((message.line, TakeInAnswer(message.into, False, why, message.by, ())))
        return draft
    took = t.TookIn(line.episode, message.source, message.line, message.omitted, message.by, now)
    draft = own(line, _renamed(message.alerts, message.line), now, config, new_id, [took])
    keys = tuple(event.dedup_key for event in message.alerts.events)
    draft.tell.append((message.line, TakeInAnswer(message.into, True, "", message.by, keys)))
    return draft


def _cannot_take(line: Line) -> str:
    if line.ties.merging is not None:
        return f"it is being merged into {line.ties.merging} itself"
    return "" if line.status in TAKING else f"it is {line.status.value}: nobody would be called"


def on_forwarded(line: Line, message: Forwarded, now: float, config: Configuration, new_id: Any) -> Draft:
    """Alerts of a line that was merged into this incident; if that is over, they go back."""
    if not_open(line, episode_of(message.into)):
        return _returned(line, message, now, config, new_id)
    omitted = max((event.truncated for event in message.alerts.events), default=0)
    source = line.ties.sources.get(message.line)
    first = []
    if source is not None and source.omitted != omitted:
        first = [t.SourceTruncated(line.episode, message.line, omitted)]
    return own(line, _renamed(message.alerts, message.line), now, config, new_id, first)


def _returned(line: Line, message: Forwarded, now: float, config: Configuration, new_id: Any) -> Draft:
    """Give them back, and where those are that were split off here."""
    draft, mark = Draft(line, now, config, new_id), f"{message.line}/"
    split = {k.removeprefix(mark): there for k, there in line.ties.split.items() if k.startswith(mark)}
    draft.add(t.ForwardReturned(line.episode, message.line, message.number, now))
    buried = _buried(line, message.line)
    draft.tell.append((message.line, Returned(message.into, message.number, message.alerts, buried, split)))
    return draft


def _buried(line: Line, source: str) -> Mapping[str, float]:
    """What a human resolved here, in the words of the line it came from: its repetitions are quiet there, too."""
    graves = line.tombstones.items()
    return {name.removeprefix(f"{source}/"): g.at for name, g in graves if g.human and name.startswith(f"{source}/")}


def _renamed(message: AlertsReceived, source: str) -> AlertsReceived:
    events = tuple(replace(x, dedup_key=f"{source}/{x.dedup_key}", truncated=0) for x in message.events)
    return replace(message, events=events, guest=True)


# -- what both need ------------------------------------------------------------------------------------


def _event(alert: AlertState, fires: bool) -> AlertEvent:
    return AlertEvent(
        dedup_key=alert.key,
        status="firing" if fires else "resolved",
        title=alert.title,
        severity=alert.severity,
        description=alert.description,
        labels=alert.labels,
        links=tuple(Link(href, text) for href, text in alert.links),
        starts_at=alert.starts_at,
        silenced_by=alert.silenced_by,
    )


def _saying(line: Line, events: list[AlertEvent], now: float, rule: str = "") -> AlertsReceived:
    """What a sender would have said of this line's alerts."""
    return AlertsReceived(
        integration_id=line.integration_id,
        events=tuple(events),
        team_id=line.team_id,
        policy_id=line.policy.id if line.policy is not None else "",
        received_at=now,
        service_id=line.service_id,
        rule=rule,
    )


def firing_again(line: Line, keys: Iterable[str], now: float, rule: str) -> AlertsReceived:
    """What a sender would say of these alerts to a line that does not know them. `rule`: why they go there."""
    return _saying(line, [_event(line.alerts[key], True) for key in keys], now, rule)


def line_of(ident: str) -> str:
    """Key of an incident's line; "" if it is no incident."""
    parsed = parse_incident_id(ident)
    return parsed[0] if parsed is not None else ""


def episode_of(ident: str) -> int:
    """Number of an incident in its line."""
    parsed = parse_incident_id(ident)
    return parsed[1] if parsed is not None else -1


def not_open(line: Line, episode: int) -> str:
    """Why this incident cannot be acted on, or ""."""
    if episode > line.episode or episode < 1:
        return "there is no such incident"
    return "" if line.open and episode == line.episode else "that incident is over"


def ignored(draft: Draft, command: Merge | Split | Attach, why: str) -> Draft:
    """Recorded, and nothing else."""
    draft.add(e.CommandIgnored(command.episode, type(command).__name__, command.by, why, draft.now))
    return done(draft, why)


def done(draft: Draft, why: str = "") -> Draft:
    """With the answer for whoever asked."""
    draft.reply = {"done": not why, "why": why, "status": draft.line.status, "episode": draft.line.episode}
    return draft


# -- attaching: for people only ------------------------------------------------------------------------


def on_attach(line: Line, command: Attach, key: str, now: float, config: Configuration, new_id: Any) -> Draft:
    """Note that this incident belongs to another one."""
    draft, here = Draft(line, now, config, new_id), incident_id(key, command.episode)
    if why := not_open(line, command.episode):
        return ignored(draft, command, why)
    if command.to == here:
        return ignored(draft, command, "it is the same incident")
    draft.add(t.Attached(line.episode, command.to, command.by, command.note, now))
    draft.tell.append((line_of(command.to), AttachHere(command.to, here, command.by)))
    return done(draft)


def on_attach_here(line: Line, message: AttachHere, now: float, config: Configuration, new_id: Any) -> Draft:
    """Another incident was attached to this one."""
    draft = Draft(line, now, config, new_id)
    draft.add(t.AttachedHere(episode_of(message.to), message.child, message.by, now))
    return draft
