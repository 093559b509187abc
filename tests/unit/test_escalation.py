"""The escalation of an incident, told as small stories."""

from __future__ import annotations

import pytest

from domain.alert import AlertEvent, Severity
from domain.escalation import LAST_RESORT_EVERY_S
from domain.incident import (
    Acknowledge,
    AddNote,
    EscalateNow,
    Reassign,
    Resolve,
    Snooze,
    Status,
    Unacknowledge,
)
from domain.people import NotificationRule
from domain.policy import Step
from tests.unit.desk import T0, Desk, organisation, person, user


def test_an_alert_calls_the_first_step_then_the_second_then_the_last_resort_again_and_again() -> None:
    desk = Desk()
    desk.fire()
    assert desk.called() == ["ada"]
    desk.wait(299)
    assert desk.called() == ["ada"]
    desk.wait(1)
    assert desk.called() == ["ada", "ben"]
    desk.wait(300)
    assert desk.called() == ["ada", "ben", "boss"]
    assert desk.line.exhausted
    desk.wait(LAST_RESORT_EVERY_S)
    assert desk.called() == ["ada", "ben", "boss", "boss"]


def test_a_policy_repeats_before_the_last_resort() -> None:
    desk = Desk(organisation(repeat=1))
    desk.fire()
    desk.wait(1200)
    assert desk.called() == ["ada", "ben", "ada", "ben", "boss"]


def test_after_an_acknowledgement_nothing_more_is_sent() -> None:
    desk = Desk()
    desk.fire()
    desk.do(Acknowledge(1, "ada"))
    assert (desk.line.status, desk.timers) == (Status.ACKNOWLEDGED, {})
    desk.fire()
    desk.fire("other")
    desk.wait(100_000)
    assert desk.called() == ["ada"]
    assert desk.line.acked_by == "ada"


def test_a_repeated_firing_only_counts() -> None:
    desk = Desk()
    desk.fire()
    desk.do(Acknowledge(1, "ada"))
    assert [type(e).__name__ for e in desk.fire()] == ["AlertsRepeated"]
    assert desk.line.alerts["disk"].count == 2
    assert desk.line.status is Status.ACKNOWLEDGED


def test_two_peers_sending_the_same_group_open_one_incident() -> None:
    desk = Desk()
    group = (
        AlertEvent("a", "firing", "a", starts_at=T0, group_key="g"),
        AlertEvent("b", "firing", "b", starts_at=T0, group_key="g"),
    )
    desk.alerts(*group)
    desk.wait(30)
    desk.alerts(*group)
    assert desk.line.episode == 1
    assert desk.called() == ["ada"]


def test_unacknowledge_starts_over() -> None:
    desk = Desk()
    desk.fire()
    desk.wait(300)
    desk.do(Acknowledge(1, "ben"))
    desk.do(Unacknowledge(1, "ben"))
    assert desk.called() == ["ada", "ben", "ada"]
    assert desk.timers["step"] == desk.now + 300


def test_the_source_resolving_ends_it_and_a_late_firing_of_the_same_occurrence_opens_nothing() -> None:
    desk = Desk()
    desk.fire()
    desk.clear()
    assert (desk.line.status, desk.line.resolved_by, desk.timers) == (Status.RESOLVED, "source", {})
    desk.fire()
    assert (desk.line.episode, desk.line.status) == (1, Status.RESOLVED)
    desk.fire(starts_at=T0 + 60)
    assert (desk.line.episode, desk.line.status) == (2, Status.TRIGGERED)


def test_a_resolve_that_comes_before_its_firing_is_remembered() -> None:
    desk = Desk()
    desk.clear()
    desk.fire()
    assert desk.called() == []
    assert desk.kinds() == ["AlertsIgnored", "AlertsIgnored"]


def test_a_resolve_of_an_earlier_occurrence_does_not_end_the_present_one() -> None:
    desk = Desk()
    desk.fire(starts_at=T0 + 100)
    desk.clear(starts_at=T0)
    assert desk.line.status is Status.TRIGGERED


def test_resolving_by_hand_keeps_repetitions_quiet_for_five_minutes_and_then_says_that_it_still_fires() -> None:
    desk = Desk()
    desk.fire()
    desk.do(Resolve(1, "ada"))
    desk.wait(60)
    desk.fire()
    assert desk.line.episode == 1
    desk.wait(300)
    desk.fire()
    assert desk.line.episode == 2
    assert "still fires at its source" in next(e.reason for e in desk.events if getattr(e, "episode", 0) == 2)


def test_a_sender_without_start_times_opens_a_new_incident_after_each_resolution() -> None:
    desk = Desk()
    desk.fire(starts_at=None)
    desk.do(Resolve(1, "ada"))
    desk.fire(starts_at=None)
    assert (desk.line.episode, desk.called()) == (2, ["ada", "ada"])


def test_an_incident_ends_only_when_no_alert_fires_and_none_was_left_out() -> None:
    desk = Desk()
    desk.alerts(*(AlertEvent(k, "firing", k, starts_at=T0, truncated=3) for k in "ab"))
    desk.alerts(*(AlertEvent(k, "resolved", k, starts_at=T0, truncated=3) for k in "ab"))
    assert desk.line.status is Status.TRIGGERED
    desk.alerts(*(AlertEvent(k, "resolved", k, starts_at=T0) for k in "ab"))
    assert desk.line.status is Status.RESOLVED


def test_an_unknown_severity_is_the_integrations_default_and_the_incident_takes_the_worst() -> None:
    desk = Desk()
    desk.fire("a")
    assert desk.line.severity is Severity.ERROR
    desk.fire("b", severity=Severity.CRITICAL)
    desk.fire("c", severity=Severity.INFO)
    assert desk.line.severity is Severity.CRITICAL
    desk.clear("b")
    assert desk.line.severity is Severity.ERROR


@pytest.mark.parametrize(
    "command", [Acknowledge(1, "ben"), Resolve(1, "ben"), Unacknowledge(1, "ben"), EscalateNow(1, "ben")]
)
def test_a_command_after_the_resolution_is_a_recorded_no_op(command: object) -> None:
    desk = Desk()
    desk.fire()
    desk.do(Resolve(1, "ada"))
    before = desk.line
    assert [type(e).__name__ for e in desk.do(command)] == ["CommandIgnored"]
    assert desk.line == before


def test_an_acknowledgement_of_an_old_incident_does_not_touch_the_present_one() -> None:
    desk = Desk()
    desk.fire()
    desk.clear()
    desk.fire(starts_at=T0 + 60)
    desk.do(Acknowledge(1, "ada"))
    assert desk.line.status is Status.TRIGGERED


def test_a_snooze_is_quiet_and_then_starts_over() -> None:
    desk = Desk()
    desk.fire()
    desk.do(Snooze(1, "ada", desk.now + 3600))
    desk.wait(3599)
    assert (desk.called(), desk.line.status) == (["ada"], Status.SNOOZED)
    desk.wait(1)
    assert (desk.called(), desk.line.status) == (["ada", "ada"], Status.TRIGGERED)


def test_reassigning_calls_the_named_people_and_the_policy_goes_on_after_them() -> None:
    desk = Desk()
    desk.fire()
    desk.do(Reassign(1, "ada", (user("boss"),)))
    assert desk.called() == ["ada", "boss"]
    desk.wait(300)
    assert desk.called() == ["ada", "boss", "ben"]


def test_escalating_takes_the_next_step_at_once() -> None:
    desk = Desk()
    desk.fire()
    desk.do(EscalateNow(1, "ada"))
    assert desk.called() == ["ada", "ben"]
    assert desk.timers["step"] == desk.now + 300


def test_a_note_changes_nothing_else() -> None:
    desk = Desk()
    desk.fire()
    timers = dict(desk.timers)
    desk.do(AddNote(1, "ada", "looking"))
    assert (desk.timers, desk.line.status) == (timers, Status.TRIGGERED)


def test_a_step_that_reaches_nobody_is_passed_over_at_once() -> None:
    steps = (Step((user("gone"),), 300.0), Step((user("ben"),), 300.0))
    desk = Desk(organisation(steps))
    desk.fire()
    assert desk.called() == ["ben"]
    assert "StepEmpty" in desk.kinds()


def test_a_policy_that_reaches_nobody_calls_the_last_resort_and_without_one_everybody() -> None:
    steps = (Step((user("gone"),), 300.0),)
    desk = Desk(organisation(steps, repeat=3))
    desk.fire()
    assert desk.called() == ["boss"]
    desk = Desk(organisation(steps, last_resort=(user("gone"),)))
    desk.fire()
    assert desk.called() == ["ada", "ben", "boss"]


def test_with_nobody_reachable_at_all_it_is_recorded_and_tried_again() -> None:
    desk = Desk(organisation(users=(person("ada", contacts=0),)))
    desk.fire()
    assert "NobodyReachable" in desk.kinds()
    assert "step" in desk.timers


def test_a_deleted_policy_means_the_last_resort() -> None:
    config = organisation()
    desk = Desk(config)
    desk.config = organisation().__class__(1, config.users, {}, {}, {}, config.integrations, config.last_resort)
    desk.fire()
    assert desk.called() == ["boss"]


def test_notification_rules_come_after_their_delays_and_a_failed_page_brings_the_next_one_at_once() -> None:
    rules = (NotificationRule("ada-0", 0), NotificationRule("ada-1", 120), NotificationRule("ada-2", 200))
    desk = Desk(organisation(users=(person("ada", 3, rules), person("ben"), person("boss"))))
    desk.fire()
    assert [p.contact_method_id for p in desk.pages] == ["ada-0"]
    desk.fail(desk.pages[0])
    assert [p.contact_method_id for p in desk.pages] == ["ada-0", "ada-1"]
    desk.wait(200)
    assert [p.contact_method_id for p in desk.pages] == ["ada-0", "ada-1", "ada-2"]
    assert desk.line.step == 0


def test_without_rules_every_contact_is_used_at_once() -> None:
    desk = Desk(organisation(users=(person("ada", 3), person("ben"), person("boss"))))
    desk.fire()
    assert [p.contact_method_id for p in desk.pages] == ["ada-0", "ada-1", "ada-2"]


def test_the_policy_is_frozen_at_the_trigger() -> None:
    desk = Desk()
    desk.fire()
    desk.config = organisation((Step((user("boss"),), 10.0),))
    desk.wait(300)
    assert desk.called() == ["ada", "ben"]
    assert desk.line.policy is not None and desk.line.policy.version == 3


def test_a_timer_that_came_late_says_so() -> None:
    desk = Desk()
    desk.fire()
    desk.timers["step"] -= 0
    due = desk.timers.pop("step")
    desk.now = due + 90
    desk.timers["step"] = due
    desk.wait(0)
    late = [e.late_s for e in desk.events if type(e).__name__ == "StepStarted"]
    assert late == [0.0, 90.0]


def test_a_request_about_many_alerts_is_few_events_whatever_its_order() -> None:
    desk = Desk()
    many = [AlertEvent(f"k{n}", "firing", f"k{n}", starts_at=T0, severity=Severity.WARNING) for n in range(200)]
    worst = AlertEvent("worst", "firing", "worst", starts_at=T0, severity=Severity.CRITICAL)
    kinds = [type(e).__name__ for e in desk.alerts(*many, worst)]
    assert kinds[:2] == ["Triggered", "AlertsFired"] and "AlertsFired" not in kinds[2:]
    assert (len(desk.line.alerts), desk.line.severity, desk.called()) == (201, Severity.CRITICAL, ["ada"])
    over = [AlertEvent(f"k{n}", "resolved", f"k{n}", starts_at=T0) for n in range(100)]
    mixed = [event for pair in zip(over, many[100:], strict=True) for event in pair]
    assert [type(e).__name__ for e in desk.alerts(*mixed)] == ["AlertsRepeated", "AlertsResolved"]
    assert sum(a.firing for a in desk.line.alerts.values()) == 101


def test_an_alert_that_comes_twice_in_a_request_is_taken_in_the_senders_order() -> None:
    desk = Desk()
    fires = AlertEvent("a", "firing", "a", starts_at=T0)
    desk.alerts(fires, AlertEvent("b", "firing", "b", starts_at=T0))
    over, again = AlertEvent("a", "resolved", "a", starts_at=T0), AlertEvent("a", "firing", "a", starts_at=T0 + 5)
    kinds = [type(e).__name__ for e in desk.alerts(fires, over, again, again)]
    assert kinds == ["AlertsRepeated", "AlertsResolved", "AlertsFired", "AlertsRepeated"]
    assert (desk.line.alerts["a"].starts_at, desk.line.alerts["a"].firing) == (T0 + 5, True)


def test_an_alert_that_fires_and_is_over_in_one_request_pages_nobody() -> None:
    desk = Desk()
    desk.alerts(AlertEvent("a", "firing", "a", starts_at=T0), AlertEvent("a", "resolved", "a", starts_at=T0))
    assert (desk.line.status, desk.called(), desk.timers) == (Status.RESOLVED, [], {})
