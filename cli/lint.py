"""`sentinel lint`: what in the configuration would keep a page from reaching a human. Reads the database only.

Of channels it knows which this version cannot use at all; whether the others are configured is known to the gateway
(GET /lint), because its environment may be another than this one.
"""

from __future__ import annotations

import asyncio

from channels.absent import AbsentChannel
from channels.http import HttpClient
from channels.outside import Outside
from channels.registry import ChannelConfig, build
from cli.asking import known_then, now_of
from cli.config_check import database_of
from cli.explain import moment
from cli.progress import say
from domain.configuration import Configuration
from domain.lint import lint
from domain.lint.ahead import DAY_S, DAYS
from domain.lint.finding import LEVELS, Facts, Level, Report
from gateway.schemas.lint import Lint
from storage import configuration
from storage.db import make_engine, sessions
from storage.readiness import facts, facts_then
from storage.sealed import Sealer
from storage.settings import Settings


def run(settings: Settings, least: Level = "warning", as_json: bool = False, as_of: str = "") -> int:
    """Exit status: 1 if there are findings of `least` or worse. Raises Failed without a database, or for `as_of` if

    nothing is known of that time.
    """
    config, known, now = asyncio.run(_asked(settings, moment(as_of)))
    report = lint(config, known, now)
    if as_json:
        say(Lint.of(report, least).model_dump_json(indent=1))
    else:
        for line in told(report, least):
            say(line)
    return 1 if report.at_least(least) else 0


async def _asked(settings: Settings, as_of: float | None) -> tuple[Configuration, Facts, float]:
    engine = make_engine(database_of(settings))
    try:
        if as_of is not None:
            config = await known_then(engine, Sealer.of(settings), as_of)
            known = await facts_then(sessions(engine), _impossible(settings), as_of, as_of + DAYS * DAY_S)
            return config, known, as_of
        now = await now_of(engine)
        config = await configuration.load(engine, Sealer.of(settings))
        return config, await facts(sessions(engine), _impossible(settings), now, now + DAYS * DAY_S), now
    finally:
        await engine.dispose()


def _impossible(settings: Settings) -> dict[str, str]:
    found = build(ChannelConfig(settings.smtp_url, settings.smtp_from, settings.url), HttpClient(Outside()))
    return {name: channel.problem for name, channel in found.items() if isinstance(channel, AbsentChannel)}


def told(report: Report, least: Level) -> list[str]:
    """The lines for a person: a heading for each severity, a line for each finding."""
    lines: list[str] = []
    for level in LEVELS[: LEVELS.index(least) + 1]:
        found = [f for f in report.findings if f.level == level]
        if found:
            lines.append(f"{level.upper()} ({len(found)})")
        lines += [f"  {f.subject_kind} {f.subject}: {f.text}  [{f.kind}]" for f in found]
    shown = len(report.at_least(least))
    less = len(report.findings) - shown
    more = f" {less} less severe: --severity info shows them." if less else ""
    lines.append((f"{shown} finding(s)." if shown else f"Nothing of severity {least} or worse.") + more)
    return [*lines, *(f"Not checked: {u.kind}, {u.why}." for u in report.unchecked)]
