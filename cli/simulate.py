"""`sentinel simulate`: an organisation on virtual time, judged; and what a change of it would have done."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.config_check import database_of
from cli.progress import Failed, say
from domain.configuration import Configuration
from domain.errors import Invalid
from simulation import compare, exchange
from simulation.change import changed
from simulation.collector import resting
from simulation.generate import generate
from simulation.learn import Called, learn
from simulation.report import text as report_text
from simulation.scenario import USUAL_FAULTS, Arrival, Behaviour, Faults, Scenario
from simulation.shrink import shrink
from simulation.timeline import timeline
from simulation.verdict import Verdict, verdict
from storage import configuration, past
from storage.db import make_engine
from storage.sealed import Sealer
from storage.settings import Settings

AFTER_S = 4 * 3_600.0
"""A run goes on this long after the last alert, so that its escalation comes to its end."""
SHOWN = 5
UNITS = {"h": 3_600.0, "d": 86_400.0, "w": 7 * 86_400.0}


@dataclass(frozen=True, slots=True)
class Options:
    """As given on the command line."""

    seed: int
    people: int
    days: float
    per_day: float
    faults: float | None
    from_database: bool
    since: str
    organisation: Path | None
    alerts: Path | None
    policy: Path | None
    export_config: Path | None
    export_alerts: Path | None
    json_file: Path | None


def run(options: Options, settings: Callable[[], Settings]) -> int:
    """Exit status: 1 if the promise did not hold. Raises Failed for input that cannot be used."""
    scenario = _scenario(options, settings)
    if options.export_config is not None or options.export_alerts is not None:
        _export(options, scenario)
        return 0
    with resting():
        return _one(scenario, options) if options.policy is None else _two(scenario, options, options.policy)


def _one(scenario: Scenario, options: Options) -> int:
    said = _run(scenario, "simulating")
    say(report_text(said.report, scenario))
    say(f"\n  digest {said.digest}: the same seed and input give the same digest")
    _write(options.json_file, {**said.report.json(), "digest": said.digest, "violations": len(said.findings)})
    return _verdict(said, options)


def _two(scenario: Scenario, options: Options, policy: Path) -> int:
    other = _changed(scenario, policy)
    was, now = _run(scenario, "as it is"), _run(other, "as asked")
    two = compare.Comparison(was.report, now.report)
    say(f"As it is:\n{report_text(was.report, scenario)}\n\nWith {policy}:\n{report_text(now.report, other)}")
    say(f"\nWith {policy}: {compare.text(two)}")
    _write(options.json_file, {**two.json(), "digests": [was.digest, now.digest]})
    return _verdict(was if was.findings else now, options)


# -- input -----------------------------------------------------------------------------------------------


def _scenario(options: Options, settings: Callable[[], Settings]) -> Scenario:
    if not options.from_database and options.organisation is None:
        if options.alerts is not None:
            raise Failed("--alerts needs an organisation to run them on: add --from-database or --organisation FILE")
        faults = USUAL_FAULTS.scaled(1.0 if options.faults is None else options.faults)
        return generate(options.seed, options.people, options.days, options.per_day, faults)
    arrivals: tuple[Arrival, ...] = ()
    if options.organisation is not None:
        given = _parsed(options.organisation, exchange.read_organisation)
        config, people = given.configuration, dict(given.people)
        if options.alerts is None:
            raise Failed("--organisation needs alerts to run on it: add --alerts FILE (written by --export-alerts)")
    else:
        config, people, arrivals = asyncio.run(_load(settings(), _seconds(options.since)))
    if options.alerts is not None:
        arrivals = _parsed(options.alerts, exchange.read_alerts)
    if not arrivals:
        raise Failed(f"there are no alerts to run (--since {options.since}); take a longer time or give --alerts FILE")
    return Scenario(
        seed=options.seed,
        start=arrivals[0].at - 60.0,
        end=arrivals[-1].at + AFTER_S,
        configuration=exchange.without_secrets(config),
        arrivals=arrivals,
        people=people,
        # A question about a policy is answered without the noise of providers unless it is asked for.
        faults=USUAL_FAULTS.scaled(options.faults) if options.faults else Faults(),
    )


async def _load(settings: Settings, seconds: float) -> tuple[Configuration, dict[str, Behaviour], tuple[Arrival, ...]]:
    """Configuration of today, alerts and behaviour of the last `seconds`."""
    engine = make_engine(database_of(settings))
    try:
        config = await configuration.load(engine, Sealer.of(settings))
        async with engine.connect() as connection:
            now = float((await connection.exec_driver_sql("select extract(epoch from now())")).scalar_one())
        found = await past.past(engine, now - seconds)
    finally:
        await engine.dispose()
    arrivals = tuple(
        Arrival(r.at, r.integration_id, r.events, by_hand=r.by_hand, policy_id=r.policy_id, team_id=r.team_id)
        for r in found.requests
    )
    return config, learn(config.users, _calls(config, found.calls)), arrivals


def _calls(config: Configuration, calls: list[past.PastCall]) -> list[Called]:
    """What each call says about its person: answered, not answered, or nothing where another was faster."""
    said = []
    for call in calls:
        user = config.users.get(call.user_id)
        mine = user is not None and call.by in (user.id, user.name, user.email)
        if mine:
            said.append(Called(call.user_id, call.at, call.answered_s))
        elif call.answered_s is None or call.answered_s > past.FORGIVEN_S:
            said.append(Called(call.user_id, call.at, None))
    return said


def _seconds(text: str) -> float:
    """90d, 12h or 6w in seconds. Raises Failed."""
    unit = UNITS.get(text[-1:])
    try:
        return float(text[:-1]) * unit if unit is not None else float(text) * UNITS["d"]
    except ValueError:
        raise Failed(f"--since {text!r} is no time: write 90d, 12h or 6w") from None


def _parsed(path: Path, parse: Callable[[bytes], Any]) -> Any:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}") from error
    except exchange.Unreadable as error:
        raise Failed(f"{path} cannot be used: {error}") from error


def _changed(scenario: Scenario, path: Path) -> Scenario:
    try:
        change = json.loads(_parsed(path, bytes))
        return scenario.with_configuration(changed(scenario.configuration, change))
    except ValueError as error:
        raise Failed(f"{path} is no JSON: {error}") from error
    except Invalid as error:
        raise Failed(f"{path} cannot be applied: {error}") from error


# -- running and telling ---------------------------------------------------------------------------------


def _run(scenario: Scenario, what: str) -> Verdict:
    """What there is to say of the run; shows how far it is."""
    shown = -1

    def progress(share: float) -> None:
        nonlocal shown
        percent = int(share * 100)
        step = 1 if sys.stderr.isatty() else 25
        if percent // step != max(0, shown) // step:
            shown = percent
            end = "\r" if sys.stderr.isatty() else "\n"
            sys.stderr.write(f"  {what}: {percent} % of {scenario.days:.0f} days{end}")
            sys.stderr.flush()

    said = verdict(scenario, progress)
    sys.stderr.write(f"  {what}: {said.decisions:,} decisions, judged          \n")
    return said


def _verdict(said: Verdict, options: Options) -> int:
    """Say that the promise held, or show the smallest run in which it does not."""
    findings = said.findings
    if said.where is None:
        say("\nThe promise held: no alert lost, no due page skipped, nobody paged after an acknowledgement.")
        return 0
    say(f"\n{len(findings)} violation(s) of the promise, seed {said.where.seed}. The first:")
    for finding in findings[:SHOWN]:
        say(f"  {finding.kind}: {finding.entity}: {finding.what}")
    say("Looking for the fewest alerts and people that still show it …")
    small = shrink(said.where, findings[0])
    shown = next((f for f in small.findings if f.kind == findings[0].kind), findings[0])
    scenario = small.scenario
    say(f"{len(scenario.arrivals)} request(s), {len(scenario.configuration.users)} people:")
    say(timeline(small.outcome, shown.entity, small.findings))
    if options.organisation is None and not options.from_database:
        given = f"--seed {options.seed} --people {options.people} --days {options.days:g} --per-day {options.per_day:g}"
        faults = "" if options.faults is None else f" --faults {options.faults:g}"
        say(f"Again: sentinel simulate {given}{faults}")
    say("This is a fault of Sentinel, not of your configuration: please report it with these lines.")
    return 1


def _export(options: Options, scenario: Scenario) -> None:
    if options.export_config is not None:
        made = exchange.organisation_json(scenario.configuration, scenario.people)
        _put(options.export_config, made)
        say(f"{options.export_config}: the organisation, without addresses or secrets")
    if options.export_alerts is not None:
        _put(options.export_alerts, exchange.alerts_jsonl(scenario.arrivals))
        say(f"{options.export_alerts}: {len(scenario.arrivals)} requests")


def _write(path: Path | None, found: dict[str, Any]) -> None:
    if path is not None:
        _put(path, (json.dumps(found, indent=1, sort_keys=True) + "\n").encode())


def _put(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}") from error
