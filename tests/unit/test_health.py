"""How the health of the parts is judged: the state, and that whoever reads it learns what to do."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from domain.health import judge, worst
from domain.health_facts import (
    BreakerFact,
    Facts,
    Figures,
    GatewayFact,
    HostFact,
    ProviderFact,
    SendsFact,
    WatchFact,
)
from domain.health_part import Part, span
from runtime.version import VERSION

ROOT = Path(__file__).parents[2]
GATEWAY = GatewayFact("gate:8080", "1.0", 0.0, 1.0, 0, 0.0, "", 3, 0, True)
HOSTS = tuple(HostFact(f"host-{n}", "node", 0.0, 5.0, False, 128, "1.0") for n in range(2))
WATCH = WatchFact(1.0, 20.0, 0.4, "", 100, 100, 20.0, "")
FIGURES = Figures(0.0, HOSTS, (GATEWAY,), (), 0, 0, 0.0, 0, 0.0, 0, WATCH)
EMAIL = ProviderFact("email", "", 2, sent=10)
WELL = Facts(FIGURES, 0.002, 0.0, 0.001, GATEWAY, (EMAIL,))


def part(facts: Facts, key: str) -> Part:
    return next(p for p in judge(facts) if p.key == key)


def having(**changes: object) -> Facts:
    return replace(WELL, figures=replace(FIGURES, **changes))  # type: ignore[arg-type]


def test_all_is_well() -> None:
    parts = judge(WELL)
    assert worst(parts) == "ok" and {p.runbook for p in parts} == {""}


def test_one_that_was_late_or_lost_is_told_with_its_reason_and_when() -> None:
    missed = having(watch=replace(WATCH, through=99, missed_age_s=720.0, missed="taken in; 0 pages ordered, 0 sent"))
    shown = part(missed, "canary")
    assert shown.state == "ok" and "99 of 100 in 24 hours. The last that was late or lost, 12 min ago" in shown.text
    assert "0 pages ordered" in shown.text


BAD = [
    ("database", replace(WELL, figures=None, database_s=None, away_s=61.0), "bad"),
    ("database", replace(WELL, database_s=0.5), "warning"),
    ("valkey", replace(WELL, valkey_s=None), "warning"),
    ("hosts", having(hosts=()), "bad"),
    ("hosts", having(hosts=(replace(HOSTS[0], draining=True),)), "bad"),
    ("hosts", having(hosts=(HOSTS[0],)), "warning"),
    ("hosts", having(hosts=(HOSTS[0], replace(HOSTS[1], lease_s=1.0))), "warning"),
    ("hosts", having(hosts=(HOSTS[0], replace(HOSTS[1], program="1.1"))), "warning"),
    ("shards", having(unowned=3), "bad"),
    ("inbox", having(undone=5, undone_oldest_s=11.0), "bad"),
    ("timers", having(late_timers=1, latest_timer_s=6.0), "warning"),
    ("timers", having(late_timers=1, latest_timer_s=31.0), "bad"),
    ("outbox", having(sends=(SendsFact("pending", 4, 31.0),)), "bad"),
    ("quarantine", having(quarantined=1), "bad"),
    ("gateways", having(gateways=(replace(GATEWAY, age_s=16.0),)), "warning"),
    ("spool", having(gateways=(replace(GATEWAY, spool_problem="disk full"),)), "bad"),
    ("spool", having(gateways=(replace(GATEWAY, spool_bytes=9, spool_oldest_s=61.0),)), "warning"),
    ("feed", having(gateways=(replace(GATEWAY, behind=1_001),)), "warning"),
    ("feed", having(gateways=(replace(GATEWAY, streams=False),)), "warning"),
    ("watchdog", having(watch=replace(WATCH, beat_age_s=None)), "bad"),
    ("canary", having(watch=replace(WATCH, canary_age_s=181.0, canary_lost="401")), "bad"),
    ("canary", having(watch=replace(WATCH, canary_age_s=None, flown=0)), "warning"),
    ("deadman", having(watch=replace(WATCH, deadman=None)), "warning"),
    ("deadman", having(watch=replace(WATCH, deadman="answered 500")), "warning"),
    ("deadman", having(watch=replace(WATCH, deadman_age_s=181.0)), "bad"),
    ("provider-email", replace(WELL, providers=(replace(EMAIL, problem="Set it up."),)), "bad"),
    ("provider-email", replace(WELL, providers=(replace(EMAIL, sent=4, failed=1),)), "warning"),
    ("provider-email", replace(WELL, providers=(replace(EMAIL, sent=1, failed=5),)), "bad"),
    ("provider-email", replace(WELL, providers=(replace(EMAIL, breakers=(BreakerFact("m", "open", "", 2),)),)), "bad"),
]


@pytest.mark.parametrize(("key", "facts", "state"), BAD)
def test_what_is_wrong_is_said_with_what_to_do(key: str, facts: Facts, state: str) -> None:
    found = part(facts, key)
    assert found.state == state and found.text
    headings = re.findall(r"^## (.+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    assert found.runbook in headings, "whoever reads it at night must find more"
    assert worst(judge(facts)) == state


def test_a_channel_that_nobody_uses_is_no_fault() -> None:
    unused = replace(WELL, providers=(ProviderFact("sms", "No sms provider.", 0),))
    assert part(unused, "provider-sms").state == "ok"


def test_without_the_database_the_gateway_tells_of_itself() -> None:
    own = replace(GATEWAY, spool_bytes=5_000_000, spool_oldest_s=90.0)
    keys = {p.key for p in judge(replace(WELL, figures=None, database_s=None, own=own))}
    assert keys == {"database", "valkey", "gateways", "spool", "feed", "provider-email"}


@pytest.mark.parametrize(("seconds", "text"), [(8, "8 s"), (720, "12 min"), (10_800, "3 h"), (345_600, "4 days")])
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_the_version_is_said_once() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()
