"""Why a person was paged at an instant, or why not: their shifts, and what each incident open about then did. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from domain.explain import explain
from domain.explain_words import TAKEN, Words
from domain.explained import IncidentFacts, InIncident, NotPaged, OnCall, PastSchedule, PersonExplanation, PersonFacts
from domain.oncall import shifts, shifts_at
from domain.people import User
from domain.schedule import Schedule

ABOUT_S = 300.0
"""People remember the time of a page to a few minutes: incidents open this long before or after count."""
LOOK_S = 60 * 86_400.0
"""How far their nearest other shift is looked for."""


def found(users: Mapping[str, User], wanted: str) -> User | None:
    """The user with this id, e-mail address or name; None if there is none, or several of that name."""
    if wanted in users:
        return users[wanted]
    same = wanted.strip().casefold()
    fitting = [u for u in users.values() if same in (u.email.casefold(), u.name.casefold())]
    return fitting[0] if len(fitting) == 1 else None


def explain_person(facts: PersonFacts, names: Mapping[str, str], zone: ZoneInfo) -> PersonExplanation:
    """`names`: of users and schedules by id."""
    words = Words(zone, facts.at, names)
    on_call = [entry for past in facts.schedules if (entry := _on_call(past, facts.user_id, facts.at, words))]
    theirs = frozenset(entry.schedule_id for entry in on_call if entry.on_call)
    until = facts.at + ABOUT_S
    incidents = [_in_incident(facts.user_id, _until(i, until), theirs, names, zone) for i in facts.incidents]
    return PersonExplanation(
        facts.user_id,
        words.name(facts.user_id),
        facts.at,
        facts.at - ABOUT_S,
        until,
        _summary(words, facts.user_id, facts.at, on_call, incidents),
        tuple(on_call),
        tuple(incidents),
    )


def _summary(words: Words, user: str, at: float, on_call: list[OnCall], incidents: list[InIncident]) -> str:
    duty = [entry.schedule for entry in on_call if entry.on_call]
    where = f"on call in {', '.join(duty)}" if duty else "not on call"
    paged = [i for i in incidents if any(p.state in TAKEN for p in i.pages)]
    open_then = f"{len(incidents)} incident{'' if len(incidents) == 1 else 's'} open about then"
    return (
        f"At {words.clock(at)} {words.name(user)} was {where}; {open_then}, "
        f"{len(paged) or 'none'} of which had paged them."
        if incidents
        else f"At {words.clock(at)} {words.name(user)} was {where}; no incident was open about then."
    )


# -- shifts --------------------------------------------------------------------------------------------


def _on_call(past: PastSchedule, user: str, at: float, words: Words) -> OnCall | None:
    """None if the schedule has nothing to do with the person."""
    schedule = past.schedule
    present = shifts_at(schedule, at)
    shift = next((s for s in present if s.user == user), None)
    perhaps = "" if past.exact else " (by the schedule's earliest known version, which is younger)"
    if shift is not None:
        what = f"On call in schedule {schedule.name} from {words.clock(shift.start)} until {words.clock(shift.end)}"
        return OnCall(schedule.id, schedule.name, True, f"{what}, by {_source(shift.source)}{perhaps}.")
    nearest = _nearest(schedule, user, at, words)
    if not nearest:
        return None
    others = ", ".join(f"{words.name(s.user)} was, until {words.clock(s.end)}" for s in present)
    then = others or "nobody was"
    what = f"Not on call in schedule {schedule.name}: {then}"
    return OnCall(schedule.id, schedule.name, False, f"{what}; {nearest}{perhaps}.")


def _source(source: str) -> str:
    kind, _, name = source.partition(":")
    return "an override" if kind == "override" else f"layer {name}" if name else source


def _nearest(schedule: Schedule, user: str, at: float, words: Words) -> str:
    around = [s for s in shifts(schedule, at - LOOK_S, at + LOOK_S) if s.user == user]
    ended = [s.end for s in around if s.end <= at]
    begins = [s.start for s in around if s.start > at]
    said = [f"their last shift ended at {words.clock(max(ended))}"] if ended else []
    said += [f"their next one began at {words.clock(min(begins))}"] if begins else []
    return ", ".join(said)


# -- incidents -----------------------------------------------------------------------------------------


def _until(facts: IncidentFacts, until: float) -> IncidentFacts:
    """As it stood then: what happened later explains nothing."""
    return replace(facts, events=[h for h in facts.events if h.at <= until])


def _in_incident(
    user: str, facts: IncidentFacts, schedules: frozenset[str], names: Mapping[str, str], zone: ZoneInfo
) -> InIncident:
    told = explain(facts, names, zone)
    pages = tuple(p for p in told.pages if p.user_id == user)
    reasons = [r for r in told.not_paged if r.user_id == user or r.schedule_id in schedules]
    if not pages and not reasons:
        reasons = [r for r in told.not_paged if r.user_id is None and r.schedule_id is None]
        reasons.append(_not_named(user, facts, names, zone))
    return InIncident(facts.id, facts.title, pages, tuple(reasons))


def _not_named(user: str, facts: IncidentFacts, names: Mapping[str, str], zone: ZoneInfo) -> NotPaged:
    words = Words(zone, facts.events[0].at if facts.events else 0.0, names)
    called = tuple(dict.fromkeys(str(h.body.get("user_id")) for h in facts.events if h.kind == "PersonCalled"))
    policy = next((h.body.get("policy") for h in reversed(facts.events) if h.kind == "Triggered"), None)
    by = f"policy {policy.get('name')} v{policy.get('version')}" if isinstance(policy, Mapping) else "no policy"
    what = f"Nothing in it named {words.name(user)}: it follows {by}, which had called {words.names(called)}."
    return NotPaged("not_named", facts.events[-1].at if facts.events else 0.0, what)
