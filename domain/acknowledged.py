"""Acknowledged is not blind: when an acknowledgement stops to count, and people are called again. Pure.

What the policy asks for (domain/policy.Vigil), one reason or several:

    severity     the incident is worse than anybody was told
    label        a label has a value that nobody was told of: another cluster, another customer
    grew         so many times the alerts fire that fired when somebody was told, and at least MORE more
    shift_end    whoever acknowledged it is not on call any more in the schedules that the policy calls; where it takes
                 several people (domain/quorum.py), one of them, and the acknowledgements of the others go on counting
    timeout      no human has done anything with it for so long; before that whoever acknowledged it is reminded

Then the incident rings again from the first step, and whoever had acknowledged it is called besides (not at the end of
their shift). Nothing else pages while it is acknowledged.

Against flapping: "told" only ever grows within an incident: the worst severity, the most alerts, all the values at an
acknowledgement or a lapse. So each level pages once, however often it is left and reached again. Between two lapses
lie `gap_s` at least; what happens in between is not forgotten, it waits for their end.

The law (tests/property/test_incident_machine.py): where anything can make it lapse by the clock alone, the timer
`vigil` is armed; it lapses for one of these reasons, and never twice for the same level or within the gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain import events as e
from domain.alert import Severity
from domain.configuration import Configuration
from domain.draft import Draft
from domain.duty import duties
from domain.escalation import VIGIL, begin, call, halt
from domain.incident import Line, Status, Watch
from domain.line import VALUES_TOLD, firing
from domain.notices import Notice
from domain.notify import reachable
from domain.oncall import shifts, who
from domain.people import User
from domain.policy import Policy, Vigil
from domain.schedule import Schedule

MORE = 5
"""Three alerts instead of one are no other incident."""
DAY_S = 86_400.0
LOOK_S = 8 * DAY_S
"""A shift that lasts longer is looked for again then."""


@dataclass(frozen=True, slots=True)
class Size:
    """How bad it is now."""

    alerts: int
    severity: Severity
    values: tuple[str, ...]


def size(line: Line) -> Size:
    """By what fires, and what the sender left out of its list."""
    fires, vigil = firing(line), vigil_of(line)
    label = vigil.label if vigil is not None else ""
    values = {a.labels[label] for a in fires if a.labels.get(label)} if label else set()
    return Size(len(fires) + line.truncated, line.severity, tuple(sorted(values)))


def vigil_of(line: Line) -> Vigil | None:
    """What its policy asks for, while it is acknowledged."""
    return line.policy.vigil if line.policy is not None and line.status is Status.ACKNOWLEDGED else None


def grown(line: Line) -> tuple[str, str] | None:
    """(reason, its words) if it is worse than anybody was told."""
    vigil, told = vigil_of(line), line.watch
    if vigil is None:
        return None
    now = size(line)
    if vigil.severity and now.severity.rank > told.severity.rank:
        return "severity", f"it is {now.severity.value} now"
    new = [v for v in now.values if v not in told.values]
    if new and len(told.values) < VALUES_TOLD:
        return "label", f"{vigil.label} has a new value: {', '.join(new[:3])}{' and more' if len(new) > 3 else ''}"
    if vigil.grows_by is not None and now.alerts >= max(told.alerts * vigil.grows_by, told.alerts + MORE):
        return "grew", f"{now.alerts} alerts fire now, {told.alerts} did"
    return None


def lapses_at(line: Line) -> float | None:
    """When it lapses if nobody does anything and nothing changes; None for never. UTC epoch seconds."""
    vigil, watch = vigil_of(line), line.watch
    if vigil is None:
        return None
    times = [watch.active_at + vigil.timeout_s] if vigil.timeout_s is not None else []
    times += [watch.shift_ends] if vigil.shift_end and watch.shift_ends is not None else []
    times += [line.updated_at] if grown(line) is not None else []
    return max(min(times), _earliest(line, vigil)) if times else None


def due(line: Line) -> float | None:
    """When to look again: at the lapse, or at the reminder before it."""
    vigil, lapses = vigil_of(line), lapses_at(line)
    reminder = _remind_at(line, vigil) if vigil is not None else None
    return min((t for t in (lapses, reminder) if t is not None), default=None)


def _earliest(line: Line, vigil: Vigil) -> float:
    return line.watch.lapsed_at + vigil.gap_s if line.watch.lapsed_at is not None else 0.0


def _remind_at(line: Line, vigil: Vigil) -> float | None:
    watch = line.watch
    if vigil.timeout_s is None or vigil.remind_before_s is None or watch.user_id is None or watch.reminded:
        return None
    return watch.active_at + vigil.timeout_s - vigil.remind_before_s


def shift_end(policy: Policy, user_id: str | None, config: Configuration, at: float) -> float | None:
    """When this person's time on call ends in the last of the schedules that the policy calls; None if in none."""
    ends: list[float] = []
    for ident in {t.id: None for step in policy.steps for t in step.targets if t.kind == "schedule"}:
        schedule = config.schedules.get(ident)
        if schedule is not None and user_id in who(schedule, at):
            ends += _duty_end(schedule, user_id, at)
    return max(ends, default=None)


def _duty_end(schedule: Schedule, user_id: str | None, at: float) -> list[float]:
    """When somebody's present duty ends, at most LOOK_S ahead; most end within a day. Nothing if they have none."""
    for until in (at + DAY_S, at + LOOK_S):
        theirs = duties(s for s in shifts(schedule, at, until) if s.user == user_id)
        ends = [d.end for d in theirs if d.start <= at]
        if ends != [until]:
            break
    return ends


# -- what happens --------------------------------------------------------------------------------------


def watch(draft: Draft) -> None:
    """It was acknowledged: remember what it is like, and look again in time."""
    line, vigil = draft.line, vigil_of(draft.line)
    if line.policy is None or vigil is None:
        return
    now = size(line)
    ends = _ends(draft, line.policy, who_has(line)) if vigil.shift_end else {}
    first = min(ends.values(), default=None)
    draft.add(e.Watched(line.episode, now.alerts, now.severity, now.values, first, draft.now, ends))
    arm(draft)


def who_has(line: Line) -> tuple[str, ...]:
    """Users who acknowledged it. In incidents of versions that counted nobody, the one who did."""
    some = tuple(dict.fromkeys(ack.user_id for ack in line.acks if ack.user_id is not None))
    return some or ((line.watch.user_id,) if line.watch.user_id is not None else ())


def _ends(draft: Draft, policy: Policy, users: Iterable[str]) -> dict[str, float]:
    """When the shift of each ends, of those who are on one now."""
    found = {user: shift_end(policy, user, draft.config, draft.now) for user in users}
    return {user: end for user, end in found.items() if end is not None}


def after_alerts(draft: Draft) -> None:
    """Alerts came into it; that they resolve changes nothing about when to look again."""
    if grown(draft.line) is not None:
        arm(draft)


def arm(draft: Draft) -> None:
    """Something happened to it; look again in time, or at once if it is worse than anybody was told."""
    reason, vigil = grown(draft.line), vigil_of(draft.line)
    if reason is not None and vigil is not None and draft.now >= _earliest(draft.line, vigil):
        _lapse(draft, *reason)
        return
    at = due(draft.line)
    if at is not None:
        draft.arm(VIGIL, max(at, draft.now))


def on_vigil(line: Line, now: float, config: Configuration, new_id: Any) -> Draft:
    """The timer is due."""
    draft = Draft(line, now, config, new_id)
    vigil = vigil_of(line)
    if vigil is None or line.policy is None:
        return draft
    lapses, remind_at = lapses_at(line), _remind_at(line, vigil)
    if lapses is not None and lapses <= now:
        _ask(draft, vigil, line.policy)
    elif remind_at is not None and remind_at <= now:
        _remind(draft, vigil)
    if draft.line.status is Status.ACKNOWLEDGED:
        arm(draft)
    if not draft.events:
        # It got better while it waited: only an event carries the timer for what is due next.
        draft.add(_watched(draft.line, _shifts(line.watch), now))
    return draft


def _ask(draft: Draft, vigil: Vigil, policy: Policy) -> None:
    line, watched = draft.line, draft.line.watch
    worse = grown(line)
    if worse is not None:
        _lapse(draft, *worse)
    elif vigil.timeout_s is not None and watched.active_at + vigil.timeout_s <= draft.now:
        _lapse(draft, "timeout", f"nobody has done anything with it for {vigil.timeout_s / 60:.0f} min")
    else:
        _look_at_shifts(draft, policy, _shifts(watched))


def _look_at_shifts(draft: Draft, policy: Policy, theirs: Mapping[str, float]) -> None:
    """Of those whose time on call is over as far as was looked, somebody's may have been prolonged meanwhile."""
    line, have = draft.line, who_has(draft.line)
    over = [user for user, end in theirs.items() if end <= draft.now]
    longer = _ends(draft, policy, over)
    gone = [user for user in over if user not in longer]
    if not gone:
        draft.add(_watched(line, {**theirs, **longer}, draft.now))
        return
    names = [ack.by for ack in line.acks if ack.user_id in gone] or [line.acked_by or ""]
    keeps = tuple(user for user in have if user not in gone)
    _lapse(draft, "shift_end", f"the shift of {' and '.join(names)} has ended", keeps)


def _shifts(watched: Watch) -> Mapping[str, float]:
    """In incidents of versions that knew one shift only, that one."""
    known = watched.user_id is not None and watched.shift_ends is not None
    return watched.shifts or ({watched.user_id or "": watched.shift_ends or 0.0} if known else {})


def _watched(line: Line, ends: Mapping[str, float], now: float) -> e.Watched:
    """Still watched; nobody was told anything new."""
    told, first = line.watch, min(ends.values(), default=None)
    return e.Watched(line.episode, told.alerts, told.severity, told.values, first, now, ends)


def _lapse(draft: Draft, reason: str, why: str, keeps: tuple[str, ...] = ()) -> None:
    line, had = draft.line, who_has(draft.line)
    now = size(line)
    halt(draft)
    draft.add(
        e.AcknowledgementLapsed(line.episode, reason, why, now.alerts, now.severity, now.values, draft.now, keeps)
    )
    begin(draft)
    for user in had if reason != "shift_end" else ():
        rings = draft.line.status is Status.TRIGGERED and user not in draft.line.ladders
        if rings and reachable(draft.config.users.get(user)):
            call(draft, user, "urgent")


def _remind(draft: Draft, vigil: Vigil) -> None:
    until = draft.line.watch.active_at + (vigil.timeout_s or 0.0)
    for user_id in who_has(draft.line):
        draft.add(e.AcknowledgerReminded(draft.line.episode, user_id, until, draft.now))
        user = draft.config.users.get(user_id)
        if user is not None:
            _notify(draft, user, until)


def _notify(draft: Draft, user: User, until: float) -> None:
    clock = f"{datetime.fromtimestamp(until, ZoneInfo(user.zone)):%H:%M} ({user.zone})"
    text = (
        f"You acknowledged it, and nobody has done anything with it since. At {clock} it rings again, for you and from "
        "the first step of its policy. Acknowledge it once more or write a note to keep it, or resolve it."
    )
    draft.notices.append(Notice(user.id, f"Still in hand? {draft.line.title}", text))
