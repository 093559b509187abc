"""What an incident makes of pages that went out while the database was away, told as small stories."""

from __future__ import annotations

from typing import Any

import pytest

from domain.incident import Acknowledge, Reassign, Resolve, Snooze, Status, Unacknowledge
from domain.outage import COUNTS_S, LAST_RESORT, OutagePage
from domain.people import NotificationRule
from domain.policy import Step
from domain.templates import page as words
from tests.unit.desk import T0, Desk, organisation, person, user

TWO_WAYS = (NotificationRule("ada-0", 0.0), NotificationRule("ada-1", 60.0))


def sent(delivery: str = "d1", contact: str = "ada-0", at: float = T0, **more: Any) -> OutagePage:
    return OutagePage(delivery, contact.partition("-")[0], contact, "outbox", at, **more)


def back_at(seconds: float, **more: Any) -> Desk:
    """The database is back `seconds` after T0, when the alert came to a gateway."""
    desk = Desk(organisation(**more))
    desk.now = T0 + seconds
    return desk


def test_a_page_learned_before_its_alert_is_counted_and_nobody_is_paged_twice() -> None:
    desk = back_at(50)
    desk.learn(sent())
    desk.fire()
    assert desk.called() == []
    assert desk.kinds()[-3:] == ["StepStarted", "PersonCalled", "OutagePageCounted"]


def test_the_next_step_follows_as_long_after_the_page_as_if_there_had_been_no_outage() -> None:
    desk = back_at(50)
    desk.learn(sent())
    desk.fire()
    desk.wait(249)
    assert desk.called() == []
    desk.wait(1)
    assert desk.called() == ["ben"]


def test_a_step_whose_wait_ended_during_the_outage_is_followed_at_once() -> None:
    desk = back_at(900)
    desk.learn(sent())
    desk.fire()
    desk.wait(0)
    assert desk.called() == ["ben"]


def test_a_page_learned_after_its_alert_withdraws_the_second_and_the_wait_counts_from_the_first() -> None:
    desk = back_at(50)
    desk.fire()
    assert desk.called() == ["ada"]
    (learned, counted) = desk.learn(sent())
    assert learned.doubles == desk.pages[0].delivery and not learned.counts
    assert desk.withdrawn == [learned.doubles]
    assert counted.next_at == T0 + 300
    desk.wait(250)
    assert desk.called() == ["ada", "ben"]


def test_learned_after_the_alert_the_persons_later_rules_still_count() -> None:
    people = (person("ada", 2, TWO_WAYS), person("ben"), person("boss"))
    desk = back_at(100, users=people)
    desk.fire()
    desk.learn(sent(), sent("d2", "ada-1", T0 + 60))
    assert [p.contact_method_id for p in desk.pages] == ["ada-0"]
    assert desk.kinds()[-1] == "OutagePageCounted"
    assert "rule:ada" not in desk.timers


def test_learned_with_the_alert_in_one_turn_it_counts_the_same() -> None:
    people = (person("ada", 2, TWO_WAYS), person("ben"), person("boss"))
    desk = back_at(70, users=people)
    desk.learn(sent(), sent("d2", "ada-1", T0 + 60))
    desk.fire()
    assert desk.called() == []
    assert desk.timers == {"step": T0 + 300}


def test_learning_the_same_page_again_changes_nothing() -> None:
    desk = back_at(50)
    desk.learn(sent())
    desk.fire()
    before = desk.line
    assert desk.learn(sent()) == []
    assert desk.line == before


def test_steps_taken_in_the_outage_are_each_counted_and_escalation_goes_on_after_them() -> None:
    desk = Desk()
    desk.fire()
    desk.now = T0 + 310
    desk.learn(sent("d2", "ben-0", T0 + 300, episode=1, step=1))
    desk.wait(0)
    assert desk.called() == ["ada"]
    assert (desk.line.step, desk.timers["step"]) == (1, T0 + 600)


def test_the_last_resort_called_in_the_outage_counts_too() -> None:
    desk = Desk()
    desk.fire()
    desk.wait(599)
    desk.now += 40
    desk.learn(sent("d3", "boss-0", T0 + 600, episode=1, step=LAST_RESORT))
    desk.wait(0)
    assert desk.called() == ["ada", "ben"]
    assert desk.timers["step"] == T0 + 600 + 1800


def test_a_page_that_was_refused_counts_for_nothing() -> None:
    desk = back_at(50)
    desk.learn(sent(state="rejected"))
    desk.fire()
    assert desk.called() == ["ada"]
    assert desk.pages[0].repeats is None


def test_a_page_of_unknown_outcome_goes_out_again_and_says_when_it_was_first_sent() -> None:
    desk = back_at(50)
    desk.learn(sent(state="unknown", at=T0 + 20))
    desk.fire()
    (order,) = desk.pages
    text = words(desk.line, "k", order.step, "because", order.repeats).text
    assert "Perhaps a repetition: first sent at 08:00:20 UTC" in text


def test_another_contact_method_or_another_person_is_paged_as_ever() -> None:
    desk = back_at(50, users=(person("ada", 2), person("ben"), person("boss")))
    desk.learn(sent(), sent("d2", "boss-0"))
    desk.fire()
    assert [p.contact_method_id for p in desk.pages] == ["ada-1"]


@pytest.mark.parametrize("command", [Acknowledge(1, "ada"), Resolve(1, "ada"), Snooze(1, "ada", T0 + 9_999)])
def test_what_was_learned_before_a_human_acted_silences_nothing_afterwards(command: Any) -> None:
    desk = back_at(50)
    desk.fire()
    desk.learn(sent("d2", "ben-0", T0 + 20, step=1), sent("d3", "ada-0", T0 + 20))
    desk.do(command)
    paged = len(desk.pages)
    desk.do(Unacknowledge(1, "ada"))
    if desk.line.status is Status.RESOLVED:
        desk.fire("other")
    desk.wait(300)
    assert desk.called()[paged:] == ["ada", "ben"]


def test_on_an_acknowledged_incident_a_page_is_recorded_and_counts_for_nothing() -> None:
    desk = back_at(50)
    desk.fire()
    desk.do(Acknowledge(1, "ada"))
    (learned,) = desk.learn(sent("d2"))
    assert not learned.counts
    assert desk.timers == {}


def test_a_page_that_no_alert_took_up_does_not_silence_a_later_incident() -> None:
    desk = back_at(50)
    desk.learn(sent())
    desk.wait(COUNTS_S + 1)
    desk.fire()
    assert desk.called() == ["ada"]


def test_a_page_whose_alert_changed_nothing_does_not_silence_a_later_incident() -> None:
    desk = back_at(0)
    desk.clear(starts_at=T0)
    desk.learn(sent())
    desk.fire(starts_at=T0)
    assert desk.kinds()[-1] == "AlertsIgnored"
    desk.fire("other")
    assert desk.called() == ["ada"]


def test_a_clock_ahead_of_ours_does_not_put_the_next_step_off() -> None:
    desk = back_at(50)
    desk.learn(sent(at=T0 + 9_999))
    desk.fire()
    assert desk.timers["step"] == desk.now + 300


def test_a_reassignment_keeps_its_own_wait() -> None:
    desk = Desk(organisation((Step((user("ada"),), 60.0), Step((user("ben"),), 300.0))))
    desk.fire()
    desk.wait(30)
    desk.do(Reassign(1, "ada", (user("boss"),)))
    desk.learn(sent("d9", "ada-0", T0))
    assert desk.timers["step"] == T0 + 90


def test_a_snooze_that_ended_in_the_outage_counts_the_pages_of_its_first_step() -> None:
    desk = Desk()
    desk.fire()
    desk.do(Snooze(1, "ada", T0 + 100))
    desk.now = T0 + 130
    desk.learn(sent("d2", "ada-0", T0 + 100, episode=1))
    desk.wait(0)
    assert desk.called() == ["ada"]
    assert desk.timers["step"] == T0 + 400
