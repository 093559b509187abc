"""Steps that look before they are taken, that resolve, and that declare a major incident."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.alert import AlertEvent, Severity
from domain.configuration import Configuration
from domain.errors import Invalid
from domain.holidays import Holidays
from domain.incident import Status
from domain.matcher import Matcher
from domain.pace import remembered
from domain.policy import Conditions, Policy, Step
from domain.policy_checks import check_policy
from domain.promises import LineJudge
from domain.view import body, upcoming
from domain.window import Window
from tests.unit.desk import T0, Desk, organisation, user

ADA, BEN = (user("ada"),), (user("ben"),)
OFFICE = Window("Europe/Berlin", (0, 1, 2, 3, 4), "09:00", "17:00", "feiertage")
# T0 is Friday, 15 January 2027, 08:00 UTC.


def desk(*steps: Step, **more: Any) -> Desk:
    config = organisation(steps)
    made = Desk(Configuration(**{name: getattr(config, name) for name in config.__slots__} | more))
    return made


def when(**conditions: Any) -> Step:
    return Step(ADA, 60.0, when=Conditions(**conditions))


def skipped(played: Desk) -> list[str]:
    return [e.why for e in played.events if type(e).__name__ == "StepSkipped"]


def violations(played: Desk) -> list[Any]:
    judge = LineJudge(played.now)
    return [v for event in played.events for v in judge.follow(event, played.now)]


def test_a_step_outside_its_window_is_passed_over_at_once_and_says_so() -> None:
    played = desk(when(windows=(OFFICE,)), Step(BEN, 60.0))
    played.now = datetime(2027, 1, 15, 17, 0, tzinfo=UTC).timestamp()
    played.fire()
    assert played.called() == ["ben"]
    assert skipped(played) == [
        "it is only taken on Mon, Tue, Wed, Thu, Fri from 09:00 to 17:00 Europe/Berlin, not on days of feiertage"
    ]
    assert not violations(played)


@pytest.mark.parametrize(
    ("day", "hour", "on_holidays", "called"),
    [
        (15, 8, "never", "ada"),
        (15, 7, "never", "ben"),
        (16, 8, "never", "ben"),
        (18, 8, "never", "ben"),
        (18, 8, "only", "ada"),
        (15, 8, "only", "ben"),
    ],
)
def test_windows_know_the_zone_weekdays_and_holidays(day: int, hour: int, on_holidays: Any, called: str) -> None:
    window = Window("Europe/Berlin", OFFICE.weekdays, "08:30", "17:00", "feiertage", on_holidays)
    calendar = Holidays("feiertage", "Feiertage", ("2027-01-18",))
    played = desk(when(windows=(window,)), Step(BEN, 60.0), holidays={"feiertage": calendar})
    played.now = datetime(2027, 1, day, hour, 0, tzinfo=UTC).timestamp()
    played.fire()
    assert played.called() == [called]


def test_severity_and_labels_of_an_alert_that_fires_decide() -> None:
    played = desk(
        when(severities=(Severity.CRITICAL,)),
        when(matchers=(Matcher("env", "=", "prod"), Matcher("app", "=~", "shop.*"))),
        Step(BEN, 60.0),
    )
    played.fire(severity=Severity.WARNING, labels={"env": "prod", "app": "blog"})
    assert played.called() == ["ben"]
    assert skipped(played) == [
        "it is for critical only, and this is warning",
        "no alert that fires has env=prod and app=~shop.*",
    ]
    other = desk(when(matchers=(Matcher("env", "=", "prod"), Matcher("app", "=~", "shop.*"))), Step(BEN, 60.0))
    other.fire(labels={"env": "prod", "app": "shop-de"})
    assert other.called() == ["ada"]


def test_more_than_so_many_alerts_in_so_short_a_time() -> None:
    played = desk(Step((), 60.0), when(more_than=2, within_s=120.0), Step(BEN, 60.0))
    played.fire("a")
    played.fire("b")
    played.fire("b")  # a repetition is no further alert
    played.wait(60)
    assert played.called() == ["ben"]
    assert skipped(played) == ["it needs more than 2 alerts in 2 min, and 2 began to fire"]
    storm = desk(Step((), 60.0), when(more_than=2, within_s=120.0), Step(BEN, 60.0))
    for key in "abc":
        storm.fire(key)
    storm.wait(60)
    assert storm.called() == ["ada"]
    slow = desk(Step((), 300.0), when(more_than=2, within_s=120.0), Step(BEN, 60.0))
    for key in "abc":
        slow.fire(key)
        slow.wait(90)
    slow.wait(30)
    assert slow.called() == ["ben"]


def test_no_more_firings_are_remembered_than_the_conditions_can_ask_for() -> None:
    policy = Policy("p", "p", 1, (when(more_than=3, within_s=60.0), when(more_than=1, within_s=600.0)))
    fired: Any = ()
    for n in range(10):
        fired = remembered(fired, policy, float(n), 1)
    assert fired == ((6.0, 1), (7.0, 1), (8.0, 1), (9.0, 1))
    assert remembered(fired, policy, 10.0, 5_000) == ((10.0, 4),)
    assert remembered((), Policy("p", "p", 1, (Step(ADA, 1.0),)), 1.0, 1) == ()


@pytest.mark.parametrize(
    "broken",
    [
        {"windows": (Window("Mars/Olympus"),)},
        {"windows": (Window("UTC", start="late"),)},
        {"matchers": (Matcher("app", "=~", "("),)},
    ],
)
def test_a_step_whose_condition_cannot_be_asked_is_taken_and_never_resolves(broken: Any) -> None:
    played = desk(Step((), 0.0, when=Conditions(**broken), resolve=True), when(**broken))
    played.fire()
    assert played.called() == ["ada"]
    assert "cannot be asked" in skipped(played)[0]
    (started,) = [e for e in played.events if type(e).__name__ == "StepStarted"]
    assert "cannot be asked" in started.doubt


def test_labels_that_were_not_kept_do_not_pass_a_step_over() -> None:
    played = desk(when(matchers=(Matcher("env", "=", "prod"),)), Step(BEN, 60.0))
    played.alerts(*(AlertEvent(f"k{n}", "firing", "t", labels={"env": "test"}) for n in range(101)))
    assert played.called() == ["ada"]


def test_if_no_step_is_taken_the_last_resort_is() -> None:
    played = desk(when(severities=(Severity.INFO,)), when(windows=(Window("UTC", (6,)),)))
    played.fire()
    assert played.called() == ["boss"]
    assert not violations(played)


def test_a_step_resolves_what_nobody_took_and_its_repetition_opens_nothing() -> None:
    played = desk(Step(ADA, 60.0), Step((), 0.0, resolve=True))
    played.fire()
    assert upcoming(played.line).endswith("step 2 of 2 resolves it.")
    played.wait(60)
    assert (played.line.status, played.line.resolved_by) == (Status.RESOLVED, "step 2 of policy Primary")
    assert played.timers == {}
    assert not violations(played)
    played.fire()
    assert played.line.status is Status.RESOLVED
    played.wait(301)
    played.fire()
    assert (played.line.status, played.line.episode) == (Status.TRIGGERED, 2)


def test_a_major_incident_is_declared_once_and_stays_as_bad_as_declared() -> None:
    declare = Step((), 0.0, major=True, severity=Severity.CRITICAL)
    played = desk(Step(ADA, 60.0), declare, Step(BEN, 60.0), declare)
    played.fire(severity=Severity.WARNING)
    assert not body(played.line, "k")["major"]
    played.wait(60)
    assert played.called() == ["ada", "ben"]
    shown = body(played.line, "k")
    assert (shown["major"], shown["severity"]) == (True, "critical")
    played.fire("other", severity=Severity.INFO)
    assert played.line.severity is Severity.CRITICAL
    played.wait(60)
    assert played.kinds().count("MajorDeclared") == 1
    played.clear()
    played.clear("other")
    played.wait(400)
    played.fire("new")
    assert not played.line.major


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ((Step(ADA, -1.0),), "steps[0].wait_s"),
        ((Step((user("nobody"),), 1.0),), "steps[0].targets[0].id"),
        ((Step((), 60.0),), "steps"),
        ((), "steps"),
        (tuple(Step(ADA, 1.0) for _ in range(51)), "steps"),
        ((Step(ADA, 1.0), Step((), 0.0)), "steps[1]"),
        ((Step(ADA, 1.0, resolve=True),), "steps[0].resolve"),
        ((Step((), 0.0, resolve=True), Step(ADA, 1.0)), "steps[1]"),
        ((Step(ADA, 1.0, severity=Severity.INFO),), "steps[0].severity"),
        ((when(),), "steps[0].when"),
        ((when(windows=(Window("Mars/Olympus"),)),), "steps[0].when.windows[0].zone"),
        ((when(windows=(Window(""),)),), "steps[0].when.windows[0].zone"),
        ((when(windows=(Window("UTC", (7,)),)),), "steps[0].when.windows[0].weekdays[0]"),
        ((when(windows=(Window("UTC", (), "25:00"),)),), "steps[0].when.windows[0].start"),
        ((when(windows=(OFFICE,)),), "steps[0].when.windows[0].holidays"),
        ((when(matchers=(Matcher("a", "=~", "("),)),), "steps[0].when.matchers[0].value"),
        ((when(more_than=5),), "steps[0].when.within_s"),
        ((when(within_s=5.0),), "steps[0].when.more_than"),
        ((when(more_than=-1, within_s=60.0),), "steps[0].when.more_than"),
    ],
)
def test_nonsense_is_refused_by_its_field(steps: tuple[Step, ...], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_policy(Policy("p", "p", 1, steps), organisation())
    assert refused.value.field == field


def test_a_resolving_step_with_a_condition_may_come_first() -> None:
    quiet = Step((), 0.0, when=Conditions(severities=(Severity.INFO,)), resolve=True)
    check_policy(Policy("p", "p", 1, (quiet, Step(ADA, 1.0))), organisation())
    played = desk(quiet, Step(ADA, 60.0))
    played.fire(severity=Severity.INFO)
    assert (played.line.status, played.called()) == (Status.RESOLVED, [])
    assert played.now == T0
