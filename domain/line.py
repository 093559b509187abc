"""apply(line, event): the only way the state of an incident line changes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain import events as e
from domain import tie_events as t
from domain.alert import Severity
from domain.flap import ended, fires, saw
from domain.incident import Ack, AlertState, Asked, Ladder, Line, Status, Tombstone, Watch, occurrence
from domain.outage import LAST_RESORT, OutageMark, OutagePage, learned, retired, taken_up
from domain.pace import remembered
from domain.replacing import replace
from domain.ties import anew, tied

VALUES_TOLD = 200
"""Values of a label remembered per incident; where there are more, a new one is nothing new."""
MAX_EARLIER = 20
"""Pages of earlier calls remembered per person; an older one has long been sent or given up."""
MAX_TOMBSTONES = 500
"""Remembered resolved occurrences per line; a late firing older than all of these would open an incident."""


def apply(line: Line, event: Any) -> Line:
    """The line after the event; what happens most comes first."""
    match event:
        case e.Paged(_, delivery, user_id, _, _, rule, repeats):
            outage = line.outage if repeats is None else taken_up(line.outage, repeats)
            return _rule_used(line, user_id, rule, delivery, outage)
        case e.PersonCalled(_, user_id, _, rules, at, quiet):
            called = line.called if event.destination or user_id in line.called else (*line.called, user_id)
            ladder = Ladder(user_id, at, rules, quiet=quiet, earlier=_before(line.ladders.get(user_id)))
            return replace(line, ladders={**line.ladders, user_id: ladder}, called=called)
        case e.SuppressionChecked() | e.StepSkipped() | e.StepEmpty():  # for people to read
            return line
        case e.StepStarted() | e.LastResortCalled() | e.NobodyReachable():
            return _escalation(line, event)
        case e.Triggered():
            return _triggered(line, event)
        case e.AlertsFired(_, alerts, severity, at):
            return _alerts_fired(line, alerts, severity, at)
        case e.AlertsRepeated(_, keys, at):
            known = {key: line.alerts[key] for key in keys}
            counted = {key: replace(alert, count=alert.count + 1) for key, alert in known.items()}
            return replace(line, alerts={**line.alerts, **counted}, updated_at=at)
        case e.AlertsResolved():
            return _alerts_resolved(line, event)
        case e.AlertsIgnored():
            return _alerts_ignored(line, event)
        case e.SilencedAtSource(_, by, at):
            told = {key: replace(line.alerts[key], silenced_by=who) for key, who in by.items()}
            return replace(line, alerts={**line.alerts, **told}, updated_at=at)
        case e.GroupTruncated(_, omitted):
            return replace(line, truncated=omitted)
        case e.PageFailed(_, delivery, user_id, _, _):
            return _page_failed(line, delivery, user_id)
        case e.StepCutShort(_, _, _, until, at):
            return replace(line, cut_until=until, updated_at=at)
        case e.TurnAsked(_, step, round_, _, until, at, late_s, doubt):
            return replace(line, asked=Asked(step, round_, late_s, doubt), next_at=until, updated_at=at)
        case e.MajorDeclared(_, _, severity, at):
            raised = severity or line.raised_to
            return replace(line, major=True, raised_to=raised, severity=_worst(line.severity, raised), updated_at=at)
        case e.PageHeld(_, user_id, rule, until):
            held = line.ladders[user_id]
            held = replace(held, started_at=until - held.rules[rule].delay_s)
            return replace(line, ladders={**line.ladders, user_id: held})
        case e.PagedInOutage() | e.OutagePageCounted() | e.WaitCounted():
            return _outage(line, event)
        case event if isinstance(event, t.ALL):
            return _tied(line, event)
        case e.FlappingStarted() | e.FlappingEnded() | e.Settling() | e.Worsened():
            return _flapping(line, event)
        case _:
            return _by_people(line, event)


def _before(ladder: Ladder | None) -> tuple[str, ...]:
    return tuple(d for d in (*ladder.earlier, *ladder.ordered) if d)[-MAX_EARLIER:] if ladder is not None else ()


def _rule_used(line: Line, user_id: str, rule: int, delivery: str, outage: tuple[OutageMark, ...]) -> Line:
    """Somebody is told of it."""
    ladder = line.ladders[user_id]
    ladder = replace(ladder, next=rule + 1, ordered=(*ladder.ordered, delivery))
    told = saw(line.flap, line.severity)
    return replace(line, ladders={**line.ladders, user_id: ladder}, flap=told, outage=outage)


def _tied(line: Line, event: Any) -> Line:
    """With other lines."""
    if isinstance(event, t.AttachedHere) and event.episode != line.episode:
        return line
    line = replace(line, ties=tied(line.ties, event))
    match event:
        case t.Merged(_, _, by, at) if line.open:
            over = replace(line, status=Status.RESOLVED, resolved_by=by, resolved_at=at, updated_at=at)
            return replace(over, flap=ended(line.flap), **_quiet(line))
        case t.Reclaimed(_, _, buried):
            graves = {**line.tombstones, **{name: Tombstone(at, True) for name, at in buried.items()}}
            return replace(line, tombstones=dict(list(graves.items())[-MAX_TOMBSTONES:]))
        case t.SplitOff(_, keys, _, _, _, at):
            left = {key: alert for key, alert in line.alerts.items() if key not in keys}
            rest = [alert.severity for alert in left.values() if alert.firing]
            severity = _worst(max(rest, key=lambda s: s.rank), line.raised_to) if rest else line.severity
            return replace(line, alerts=left, severity=severity, updated_at=at)
    return line


def _flapping(line: Line, event: e.FlappingStarted | e.FlappingEnded | e.Settling | e.Worsened) -> Line:
    match event:
        case e.FlappingStarted(_, _, _, _, at):
            return replace(line, flap=replace(line.flap, since=at))
        case e.FlappingEnded():
            return replace(line, flap=ended(line.flap))
        case e.Settling(_, until, at):
            return replace(line, flap=replace(line.flap, settles_at=until), updated_at=at)
        case e.Worsened(_, _, _, at):
            return replace(line, **_from_the_top(line, at))


def _page_failed(line: Line, delivery: str, user_id: str) -> Line:
    ladder = line.ladders.get(user_id)
    if ladder is None or delivery not in ladder.ordered:
        return line
    return replace(line, ladders={**line.ladders, user_id: replace(ladder, failed=(*ladder.failed, delivery))})


def _outage(line: Line, event: e.PagedInOutage | e.OutagePageCounted | e.WaitCounted) -> Line:
    match event:
        case e.PagedInOutage(_, page, _, counts, _, at):
            return replace(line, outage=learned(line.outage, page, at, counts), ladders=_begun(line, page))
        case e.OutagePageCounted(_, delivery, user_id, _, _, rule, _):
            return _rule_used(line, user_id, rule, "", taken_up(line.outage, delivery))
        case e.WaitCounted(_, _, _, _, next_at, _):
            return replace(line, next_at=next_at)


def _by_people(line: Line, event: Any) -> Line:
    match event:
        case e.Acknowledged() | e.AcknowledgementCounted():
            return _acknowledged(line, event)
        case e.Watched(_, _, _, _, shift_ends, _, ends):
            return replace(line, watch=replace(_told(line.watch, event), shift_ends=shift_ends, shifts=ends))
        case e.AcknowledgerReminded():
            return replace(line, watch=replace(line.watch, reminded=True))
        case e.AcknowledgementLapsed(_, _, _, _, _, _, at, keeps):
            watch = replace(_told(line.watch, event), user_id=None, shift_ends=None, shifts={}, lapsed_at=at)
            return replace(line, watch=watch, **{**_from_the_top(line, at), "acks": _kept(line, keeps)})
        case e.Unacknowledged(_, _, _, at, keeps):
            return replace(line, **{**_from_the_top(line, at), "acks": _kept(line, keeps)})
        case e.Woken(_, at):  # nobody acted: pages of an outage that began with the waking still count
            return replace(line, **{**_from_the_top(line, at), "outage": line.outage, "acks": line.acks})
        case e.TimeGiven(_, until, _):
            return replace(line, wait_until=until)
        case e.Suppressed(_, cover, at):
            return replace(line, status=Status.SUPPRESSED, held=cover, next_at=cover.until, updated_at=at)
        case e.Released(_, _, at):  # as Woken
            return replace(line, **{**_from_the_top(line, at), "outage": line.outage, "acks": line.acks})
        case e.Resolved():
            return _resolved(line, event)
        case e.Snoozed(_, _, _, until, at):
            quiet = {**_quiet(line), "next_at": until, "flap": saw(line.flap, line.severity), "acks": ()}
            return replace(line, status=Status.SNOOZED, updated_at=at, **quiet)
        case e.Reassigned(_, _, _, users, _, next_at, at):
            left = tuple(ack for ack in _too_few(line) if ack.user_id not in users)
            return replace(line, **{**_awake(line, at), "next_at": next_at, "acks": left})
        case e.Escalated(_, _, _, at):
            return replace(line, **{**_awake(line, at), "acks": _too_few(line)})
        case e.Noted(episode, _, _, at):
            return replace(line, updated_at=at, watch=_active(line, episode, at))
        case e.CommandIgnored(episode, "Acknowledge", _, _, at):
            return replace(line, watch=_active(line, episode, at))
    return line


def _acknowledged(line: Line, event: e.Acknowledged | e.AcknowledgementCounted) -> Line:
    """By enough people: nothing pages. By too few: nothing pages this one."""
    at, user_id = event.at, event.user_id
    acks = (*line.acks, Ack(event.by, at, user_id))
    had = replace(line, acks=acks, updated_at=at, flap=saw(line.flap, line.severity))
    if isinstance(event, e.AcknowledgementCounted):
        left = {user: ladder for user, ladder in line.ladders.items() if user != user_id}
        return replace(had, ladders=left, calling=tuple(user for user in line.calling if user != user_id))
    by = ", ".join(dict.fromkeys(ack.by for ack in acks))
    watch = replace(line.watch, user_id=user_id, active_at=at, reminded=False, shift_ends=None, shifts={})
    had = replace(had, first_acked_at=at if had.first_acked_at is None else had.first_acked_at)
    return replace(had, status=Status.ACKNOWLEDGED, acked_by=by, acked_at=at, watch=watch, **_quiet(line))


def _kept(line: Line, users: Sequence[str]) -> tuple[Ack, ...]:
    return tuple(ack for ack in line.acks if ack.user_id in users)


def _too_few(line: Line) -> tuple[Ack, ...]:
    """Those counted while it rings: whoever hands it on or hurries it does not take them back."""
    return () if line.status is Status.ACKNOWLEDGED else line.acks


def _active(line: Line, episode: int, at: float) -> Watch:
    """A human did something with the present incident."""
    watched = line.status is Status.ACKNOWLEDGED and episode == line.episode
    return replace(line.watch, active_at=at, reminded=False) if watched else line.watch


def _told(watch: Watch, event: e.Watched | e.AcknowledgementLapsed) -> Watch:
    """What people know only grows."""
    values = tuple(dict.fromkeys((*watch.values, *event.values)))[:VALUES_TOLD]
    return replace(
        watch, alerts=max(watch.alerts, event.alerts), severity=_worst(watch.severity, event.severity), values=values
    )


def _quiet(line: Line) -> dict[str, Any]:
    """What every halt of escalation clears; a step that asked was not taken, those before it were, or passed over."""
    at: dict[str, Any] = {"step": line.asked.step - 1, "round": line.asked.round} if line.asked is not None else {}
    over: dict[str, Any] = {
        "ladders": {},
        "next_at": None,
        "outage": retired(line.outage),
        "held": None,
        "asked": None,
        "calling": (),
    }
    return {**over, **at}


def _begun(line: Line, page: OutagePage) -> Mapping[str, Ladder]:
    """A person called for this very step was called when the page went out: the rules' delays count from then."""
    ladder = line.ladders.get(page.user_id)
    here = (line.episode, *position(line)) == (page.episode, page.step, page.round)
    if ladder is None or not here or page.state != "accepted" or page.at >= ladder.started_at:
        return line.ladders
    return {**line.ladders, page.user_id: replace(ladder, started_at=page.at)}


def _awake(line: Line, at: float) -> dict[str, Any]:
    fields = {"status": Status.TRIGGERED, "acked_by": None, "acked_at": None, "updated_at": at, "acks": ()}
    return {**fields, **_quiet(line)}


def _from_the_top(line: Line, at: float) -> dict[str, Any]:
    return {**_awake(line, at), "step": -1, "round": 0, "exhausted": False, "cut_until": 0.0}


def _triggered(line: Line, event: e.Triggered) -> Line:
    return Line(
        episode=event.episode,
        status=Status.TRIGGERED,
        title=event.title,
        severity=event.severity,
        integration_id=event.integration_id,
        team_id=event.team_id,
        opened_at=event.at,
        updated_at=event.at,
        policy=event.policy,
        tombstones=line.tombstones,
        outage=line.outage,
        service_id=event.service_id,
        flap=replace(ended(line.flap), seen=None),
        ties=anew(line.ties),
    )


def _escalation(line: Line, event: e.StepStarted | e.LastResortCalled | e.NobodyReachable) -> Line:
    at: dict[str, Any] = {"next_at": event.next_at, "updated_at": event.at, "asked": None}
    if isinstance(event, e.StepStarted):
        return replace(line, step=event.step, round=event.round, calling=event.users, **at)
    return replace(line, exhausted=True, calling=(), **at)


def _alerts_fired(line: Line, alerts: tuple[AlertState, ...], severity: Severity, at: float) -> Line:
    known = {**line.alerts, **{a.key: a for a in alerts}}
    fired = remembered(line.fired, line.policy, at, len(alerts))
    worst = _worst(severity, line.raised_to)
    return replace(line, alerts=known, severity=worst, fired=fired, updated_at=at, flap=fires(line.flap, at))


def _worst(severity: Severity, raised_to: Severity | None) -> Severity:
    return severity if raised_to is None or raised_to.rank < severity.rank else raised_to


def _alerts_resolved(line: Line, event: e.AlertsResolved) -> Line:
    over = {key: replace(line.alerts[key], firing=False) for key in event.starts}
    buried = {key: starts_at for key, starts_at in event.starts.items() if starts_at is not None}
    alerts = {**line.alerts, **over}
    return replace(
        line,
        alerts=alerts,
        flap=replace(line.flap, clear=not line.truncated and not any(a.firing for a in alerts.values())),
        severity=_worst(event.severity, line.raised_to),
        tombstones=_bury(line, buried, event.at, False) if buried else line.tombstones,
        updated_at=event.at,
    )


def _alerts_ignored(line: Line, event: e.AlertsIgnored) -> Line:
    """Where nothing is open, the alert whose page was learned may have been this one: then the page counts no more."""
    outage = line.outage if line.open else retired(line.outage)
    buried = _bury(line, event.resolved, event.at, False) if event.resolved else line.tombstones
    return replace(line, tombstones=buried, outage=outage)


def _resolved(line: Line, event: e.Resolved) -> Line:
    """A human resolving buries what still fires, so that its repetition a minute later opens nothing."""
    firing = {a.key: a.starts_at for a in line.alerts.values() if a.firing and a.starts_at is not None}
    buried = _bury(line, firing, event.at, True) if event.human else line.tombstones
    return replace(
        line,
        status=Status.RESOLVED,
        resolved_by=event.by,
        resolved_at=event.at,
        by_human=event.human,
        updated_at=event.at,
        tombstones=buried,
        flap=ended(line.flap),
        **{**_quiet(line), "held": line.held},
    )


def _bury(line: Line, ended: Mapping[str, float], at: float, human: bool) -> dict[str, Tombstone]:
    graves = dict(line.tombstones)
    for key, starts_at in ended.items():
        name = occurrence(key, starts_at)
        graves.pop(name, None)
        graves[name] = Tombstone(at, human)
    return dict(list(graves.items())[-MAX_TOMBSTONES:])


def firing(line: Line) -> list[AlertState]:
    """Alerts of the open episode that still fire."""
    return [a for a in line.alerts.values() if a.firing]


def position(line: Line) -> tuple[int, int]:
    """Step and round that a page ordered now belongs to."""
    return LAST_RESORT if line.exhausted else line.step, line.round
