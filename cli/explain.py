"""`sentinel explain`: why was who paged, and why was I not? Reads the database; nothing else need run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cli.config_check import database_of
from cli.progress import Failed, say
from domain.configuration import Configuration
from domain.errors import Invalid
from domain.explain import explain
from domain.explain_person import ABOUT_S, explain_person, found
from domain.explained import Explanation, NotPaged, PageStory, PersonExplanation
from domain.validation import check_zone
from storage import configuration
from storage import explain as stored
from storage.changes import Sessions
from storage.db import make_engine, sessions
from storage.errors import NotFound
from storage.sealed import Sealer
from storage.settings import Settings


@dataclass(frozen=True, slots=True)
class Question:
    """Either an incident, or a person and an instant; "" is not given."""

    incident: str
    person: str
    at: str
    zone: str


def run(settings: Settings, question: Question) -> None:
    """Raises Failed if the question is none, or nobody knows the incident or the person."""
    if bool(question.incident) == bool(question.person) or bool(question.person) != bool(question.at):
        raise Failed("give an incident, or --person and --at, e.g. --person alice@example.org --at 2026-03-09T02:10")
    try:
        asyncio.run(_answer(settings, question))
    except (Invalid, NotFound) as error:
        raise Failed(str(error)) from error


async def _answer(settings: Settings, question: Question) -> None:
    engine = make_engine(database_of(settings))
    try:
        config = await configuration.load(engine, Sealer.of(settings))
        if question.incident:
            await _incident(sessions(engine), config, question)
        else:
            await _person(sessions(engine), config, question)
    finally:
        await engine.dispose()


async def _incident(factory: Sessions, config: Configuration, question: Question) -> None:
    zone = _zone(question.zone or "UTC")
    facts = await stored.incident_facts(factory, question.incident)
    _show_incident(explain(facts, stored.names(config), zone), zone.key)


async def _person(factory: Sessions, config: Configuration, question: Question) -> None:
    user = found(config.users, question.person)
    if user is None:
        raise Failed(f"no user, or more than one, has the id, e-mail address or name {question.person!r}")
    zone = _zone(question.zone or user.zone)
    facts = await stored.person_facts(factory, user.id, instant(question.at, zone), ABOUT_S)
    _show_person(explain_person(facts, stored.names(config), zone), zone.key)


def _zone(name: str) -> ZoneInfo:
    check_zone(name, "--zone")
    return ZoneInfo(name)


def instant(text: str, zone: ZoneInfo, option: str = "--at") -> float:
    """UTC epoch seconds of an ISO date-time; without an offset it is wall-clock time in `zone`. Raises Failed."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Failed(
            f"{option}: {text!r} is no date and time; write it like 2026-03-09T02:10 or 2026-03-09T01:10Z"
        ) from error
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).timestamp()


def moment(as_of: str) -> float | None:
    """What --as-of says, in UTC unless it has an offset; None: now. Raises Failed."""
    return instant(as_of, ZoneInfo("UTC"), "--as-of") if as_of else None


def _show_incident(told: Explanation, zone: str) -> None:
    say(f"{told.incident_id}  {told.title}")
    say(f"{told.summary}  Times in {zone}.")
    _show_pages(told.pages)
    _show_reasons("Not paged", told.not_paged)
    for kind, count in told.unexplained.items():
        say(f"  {count} event(s) of kind {kind}: this version cannot speak about them.")


def _show_person(told: PersonExplanation, zone: str) -> None:
    say(f"{told.summary}  Times in {zone}.")
    for entry in told.on_call:
        say(f"  {entry.sentence}")
    for incident in told.incidents:
        say(f"\n{incident.incident_id}  {incident.title}")
        _show_pages(incident.pages)
        _show_reasons("Why not", incident.reasons)


def _show_pages(pages: tuple[PageStory, ...]) -> None:
    for page in pages:
        say(f"  {page.sentence}")
        changed = "" if page.text_unchanged is not False else "  CHANGED since it was ordered"
        say(f"      page {page.delivery}, words sha256 {page.text_sha256[:16] or 'not kept'}…{changed}")


def _show_reasons(head: str, reasons: tuple[NotPaged, ...]) -> None:
    if reasons:
        say(f"  {head}:")
    for reason in reasons:
        say(f"    {reason.sentence}")
