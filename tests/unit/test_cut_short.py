"""A step whose people cannot be reached by anything goes on at once, and one only."""

from __future__ import annotations

from domain.incident import Acknowledge, Status
from domain.people import NotificationRule
from domain.policy import Step
from domain.promises import LineJudge
from tests.unit.desk import T0, Desk, organisation, person, user

LATER = (NotificationRule("ada-0", 0.0), NotificationRule("ada-1", 120.0))
USERS = (person("ada", 2, LATER), person("ben"), person("cleo"), person("boss"))


def desk(*first: str) -> Desk:
    names = [first, ("cleo",), ("boss",)]
    steps = tuple(Step(tuple(user(n) for n in called), 300.0) for called in names)
    made = Desk(organisation(steps, users=USERS))
    made.fire()
    return made


def test_a_failed_page_uses_the_next_way_at_once_and_the_last_one_the_next_step() -> None:
    played = desk("ada")
    played.fail(played.pages[0])
    assert [p.contact_method_id for p in played.pages] == ["ada-0", "ada-1"]
    assert "StepCutShort" not in played.kinds()
    played.fail(played.pages[1])
    assert played.called() == ["ada", "ada", "cleo"]
    assert (played.now, played.timers["step"]) == (T0, T0 + 300)


def test_somebody_who_may_still_answer_keeps_the_step() -> None:
    played = desk("ada", "ben")
    ben = next(p for p in played.pages if p.user_id == "ben")
    for page in [p for p in played.pages if p.user_id == "ada"]:
        played.fail(page)
    played.fail(played.pages[-1])
    assert "cleo" not in played.called()
    played.fail(ben)
    assert played.called()[-1] == "cleo"


def test_reports_of_failure_bring_only_one_step_forward_in_a_wait() -> None:
    played = desk("ben")
    played.wait(100)
    played.fail(played.pages[0])
    played.fail(played.pages[1])
    assert played.called() == ["ben", "cleo"], "the boss sleeps on: cleo's page may be wrongly reported"
    played.wait(299)
    assert played.called() == ["ben", "cleo"]
    played.wait(1)
    assert played.called() == ["ben", "cleo", "boss"]
    played.fail(played.pages[2])
    assert played.called() == ["ben", "cleo", "boss", "boss"], "that wait is over: the last resort follows at once"
    played.fail(played.pages[3])
    assert len(played.called()) == 4, "the last resort is never cut short"
    judge = LineJudge(played.now)
    assert [v for event in played.events for v in judge.follow(event, played.now)] == []


def test_a_failure_of_what_is_acknowledged_calls_nobody() -> None:
    played = desk("ben")
    played.do(Acknowledge(1, "ada"))
    played.fail(played.pages[0])
    assert (played.called(), played.line.status) == (["ben"], Status.ACKNOWLEDGED)
