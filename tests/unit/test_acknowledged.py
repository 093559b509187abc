"""Acknowledged is not blind: what calls people again, once per reason, and what does not."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from domain import events as e
from domain.alert import AlertEvent, Severity
from domain.errors import Invalid
from domain.incident import Acknowledge, AddNote, Resolve, Status
from domain.policy import Step, Target, Vigil
from domain.policy_checks import check_policy
from domain.schedule import Layer, Override, Rotation, Schedule
from gateway.schemas.policies import Vigil as VigilInput
from tests.unit.desk import T0, Desk, organisation, user

HOUR = 3_600.0
DAILY = Schedule("s", "On call", "UTC", (Layer("d", Rotation("day", 1, "2027-01-01T12:00:00", ("ada", "ben"))),))
"""T0 is 2027-01-15 08:00 UTC; ben has been on call since noon of the 14th: the turn ends at the next noon."""
ACK = Acknowledge(1, "Ben", "", "ben")


def desk(**vigil: Any) -> Desk:
    """Acknowledged by ben, on call until noon."""
    off: dict[str, Any] = {"grows_by": None, "severity": False, "timeout_s": None, "shift_end": False}
    config = organisation((Step((Target("schedule", "s"),), 300.0), Step((user("boss"),), 300.0)))
    policy = replace(config.policies["p"], vigil=Vigil(**{**off, **vigil}))
    site = Desk(replace(config, schedules={"s": DAILY}, policies={"p": policy}))
    site.fire(severity=Severity.ERROR)
    site.do(ACK)
    return site


def lapses(site: Desk) -> list[str]:
    return [x.reason for x in site.events if isinstance(x, e.AcknowledgementLapsed)]


def storm(site: Desk, many: int, first: int = 0, severity: Severity = Severity.ERROR, **labels: str) -> None:
    site.alerts(
        *(AlertEvent(f"a{n}", "firing", "a", severity, labels=labels, starts_at=T0) for n in range(first, first + many))
    )


def test_the_documented_defaults_are_those_of_domain_and_api() -> None:
    text = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
    documented = json.loads(text.partition("```vigil\n")[2].partition("```")[0])
    assert documented == asdict(Vigil()) == VigilInput().model_dump()


def test_without_a_vigil_an_acknowledgement_counts_for_ever() -> None:
    site = Desk(organisation())
    site.fire()
    site.do(ACK)
    storm(site, 100, severity=Severity.CRITICAL)
    site.wait(100 * HOUR)
    assert (site.line.status, site.timers, len(site.pages)) == (Status.ACKNOWLEDGED, {}, 1)


# -- it grows ------------------------------------------------------------------------------------------


def test_three_times_the_alerts_ring_again_and_call_whoever_had_it_too() -> None:
    site = desk(grows_by=3.0)
    storm(site, 4)
    assert site.line.status is Status.ACKNOWLEDGED, "five alerts instead of one are no storm"
    site.now += 4 * HOUR  # ada is on call now
    storm(site, 1, 4)
    assert lapses(site) == ["grew"]
    assert site.called() == ["ben", "ada", "ben"]
    assert site.line.status is Status.TRIGGERED


def test_each_level_rings_once_however_often_it_is_reached() -> None:
    site = desk(severity=True)
    for _ in range(5):
        site.now += HOUR
        storm(site, 1, severity=Severity.CRITICAL)
        if site.line.status is Status.TRIGGERED:
            site.do(ACK)
        site.clear("a0")
        assert site.line.severity is Severity.ERROR
        site.alerts(AlertEvent("a0", "resolved", "a", starts_at=T0))
        site.line = replace(site.line, tombstones={})
    assert lapses(site) == ["severity"]


def test_within_the_gap_it_waits_and_is_not_forgotten() -> None:
    site = desk(severity=True, grows_by=2.0, gap_s=600.0)
    storm(site, 1, severity=Severity.CRITICAL)
    site.do(ACK)
    site.wait(100)
    storm(site, 20, 1)
    assert lapses(site) == ["severity"]
    site.wait(499)
    assert lapses(site) == ["severity"]
    site.wait(1)
    assert lapses(site) == ["severity", "grew"]


def test_what_got_better_while_it_waited_rings_not_and_is_watched_on() -> None:
    site = desk(severity=True, grows_by=2.0, gap_s=600.0, timeout_s=HOUR)
    storm(site, 1, severity=Severity.CRITICAL)
    site.do(ACK)
    storm(site, 20, 1)
    site.alerts(*(AlertEvent(f"a{n}", "resolved", "a", starts_at=T0) for n in range(1, 21)))
    site.wait(700)
    assert lapses(site) == ["severity"]
    assert list(site.timers) == ["vigil"]
    site.wait(HOUR)
    assert lapses(site) == ["severity", "timeout"]


def test_a_new_value_of_the_label_rings() -> None:
    site = desk(label="cluster")
    storm(site, 1, cluster="eu")
    assert lapses(site) == ["label"]
    site.do(ACK)
    site.now += HOUR
    storm(site, 1, 1, cluster="eu")
    assert lapses(site) == ["label"], "everybody knows of eu"
    storm(site, 1, 2, cluster="us")
    assert lapses(site) == ["label", "label"]


# -- time ----------------------------------------------------------------------------------------------


def test_without_activity_it_rings_again_after_a_reminder() -> None:
    site = desk(timeout_s=4 * HOUR, remind_before_s=HOUR)
    site.wait(3 * HOUR)
    (notice,) = site.notices
    assert (notice.user_id, "12:00 (UTC)" in notice.text) == ("ben", True)
    assert len(site.pages) == 1, "a reminder is no page"
    site.wait(HOUR)
    assert lapses(site) == ["timeout"]


@pytest.mark.parametrize("sign", [AddNote(1, "Ben", "on it"), ACK])
def test_a_sign_of_life_keeps_it(sign: Any) -> None:
    site = desk(timeout_s=4 * HOUR, remind_before_s=HOUR)
    site.wait(3.5 * HOUR)
    site.do(sign)
    site.wait(3.9 * HOUR)
    assert (lapses(site), len(site.notices)) == ([], 2)
    site.wait(HOUR)
    assert lapses(site) == ["timeout"]


def test_when_the_shift_ends_the_next_one_is_called_and_the_last_left_in_peace() -> None:
    site = desk(shift_end=True)
    site.wait(4 * HOUR)
    assert lapses(site) == ["shift_end"]
    assert site.called() == ["ben", "ada"]


def test_a_shift_that_was_prolonged_meanwhile_has_not_ended() -> None:
    site = desk(shift_end=True)
    longer = Override("o", "ben", T0 + 4 * HOUR, T0 + 6 * HOUR, T0 + 1)
    site.config = replace(site.config, schedules={"s": replace(DAILY, overrides=(longer,))})
    site.wait(5 * HOUR)
    assert lapses(site) == []
    site.wait(HOUR)
    assert lapses(site) == ["shift_end"]


def test_whoever_is_on_no_schedule_of_the_policy_has_no_shift_that_ends() -> None:
    site = desk(shift_end=True)
    site.do(Resolve(1, "Boss"))
    site.now += HOUR
    site.fire("other", severity=Severity.ERROR)
    site.do(Acknowledge(2, "Boss", "", "boss"))
    site.wait(100 * HOUR)
    assert lapses(site) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("grows_by", 1.0), ("timeout_s", 1.0), ("remind_before_s", 20_000.0), ("gap_s", 0.0), ("timeout_s", 1e9)],
)
def test_what_makes_no_sense_is_refused_by_field(field: str, value: float) -> None:
    config = organisation()
    wrong: dict[str, Any] = {field: value}
    with pytest.raises(Invalid) as refused:
        check_policy(replace(config.policies["p"], vigil=replace(Vigil(), **wrong)), config)
    assert refused.value.field == f"vigil.{field}"
