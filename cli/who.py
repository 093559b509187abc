"""`sentinel who`: who is on call, until when, who comes next, and how they are paged. Reads the database only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cli.asking import asked, found
from cli.explain import instant, moment
from cli.progress import Failed, say
from domain.configuration import Configuration
from domain.errors import Invalid
from domain.explain_words import channel, duration
from domain.notify import contact_of, reachable, rules_for, unverified
from domain.schedule import Schedule, Shift
from domain.standing import standing
from domain.validation import check_zone
from domain.wall import reading
from storage.settings import Settings


@dataclass(frozen=True, slots=True)
class Question:
    """Either a schedule or all of them; "" is not given."""

    schedule: str
    everything: bool
    at: str
    zone: str
    as_of: str = ""


def run(settings: Settings, question: Question) -> None:
    """Raises Failed for a question that is none."""
    if bool(question.schedule) == question.everything:
        raise Failed("give a schedule, or --all")
    if question.zone:
        try:
            check_zone(question.zone, "--zone")
        except Invalid as error:
            raise Failed(f"{error.field}: {error.message}") from error
    config, now = asyncio.run(asked(settings, moment(question.as_of)))
    for line in told(config, question, now):
        say(line)


def told(config: Configuration, question: Question, now: float) -> list[str]:
    """The lines of the answer. `now`: UTC epoch seconds."""
    if question.everything:
        zone = ZoneInfo(question.zone or "UTC")
        asked_about = sorted(config.schedules.values(), key=lambda s: s.name)
    else:
        asked_about = [found("schedule", config.schedules, question.schedule)]
        zone = ZoneInfo(question.zone or asked_about[0].zone)
    at = instant(question.at, zone) if question.at else now
    lines = [f"{reading(at, zone)} {zone.key}"]
    for schedule in asked_about:
        lines += _schedule(config, schedule, at, zone)
    return lines if asked_about else [*lines, "There are no schedules."]


def _schedule(config: Configuration, schedule: Schedule, at: float, zone: ZoneInfo) -> list[str]:
    stands = standing(schedule, at)
    until = f"until {reading(stands.until, zone)}" if stands.until is not None else "until further notice"
    after = ", ".join(_name(config, u) for u in stands.following) or "nobody"
    then = f", then {after}" if stands.until is not None else ""
    if not stands.shifts:
        return ["", f"{schedule.name}: NOBODY is on call {until}{then}"]
    people = [f"  {_name(config, s.user)} ({_source(s)}), {_paged(config, s.user)}" for s in stands.shifts]
    return ["", f"{schedule.name}: {until}{then}", *people]


def _name(config: Configuration, user_id: str) -> str:
    return config.users[user_id].name if user_id in config.users else user_id


def _source(shift: Shift) -> str:
    kind, _, name = shift.source.partition(":")
    return f"layer {name}" if kind == "layer" else f"by {'an' if kind == 'override' else 'a temporary'} {_word(kind)}"


def _word(kind: str) -> str:
    return "override" if kind == "override" else "schedule"


def _paged(config: Configuration, user_id: str) -> str:
    user = config.users.get(user_id)
    if user is None or not reachable(user):
        return "who CANNOT BE REACHED: no enabled contact method"
    ways = []
    for rule in rules_for(user, "urgent"):
        contact = contact_of(user, rule.contact_method_id)
        after = f" after {duration(rule.delay_s)}" if rule.delay_s else ""
        ways.append(f"{channel(contact.channel) if contact is not None else '?'}{after}")
    unproven = " (NOT VERIFIED)" if unverified(user) else ""
    return f"paged by {', '.join(ways)}{unproven}"
