"""Several people must acknowledge: who is counted, who is still paged, and when it starts anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain import events as e
from domain.alert import AlertEvent, Severity
from domain.errors import Invalid
from domain.explain import explain
from domain.explained import Happened, IncidentFacts
from domain.incident import Acknowledge, AlertsReceived, EscalateNow, Reassign, Resolve, Snooze, Status, Unacknowledge
from domain.lint import lint
from domain.lint.finding import Facts
from domain.people import ContactMethod
from domain.policy import Step, Target, Vigil
from domain.policy_checks import check_policy
from domain.promises import LineJudge
from domain.schedule import Layer, Rotation, Schedule
from domain.templates import page
from domain.view import body
from gateway.blind_lines import Lines, Outcome
from runtime.codec import body_of, json_of
from runtime.ids import shard_of
from runtime.store import Inbound
from tests.unit.desk import T0, Desk, organisation, person, user

STEPS = (Step((user("ada"), user("ben")), 300.0), Step((user("ada"), user("ben"), user("boss")), 300.0))


def acked(who: str) -> Acknowledge:
    return Acknowledge(1, who.title(), "", who)


def desk(needed: int = 2, steps: tuple[Step, ...] = STEPS, vigil: Vigil | None = None, fire: bool = True) -> Desk:
    config = organisation(steps)
    policy = replace(config.policies["p"], required_acknowledgements=needed, vigil=vigil, repeat=0)
    site = Desk(replace(config, policies={"p": policy}))
    if fire:
        site.fire()
    return site


def judged(site: Desk) -> list[tuple[str, str]]:
    judge = LineJudge(site.now)
    found = [v for event, at in zip(site.events, site.at, strict=True) for v in judge.follow(event, at)]
    return [v for v in found if v[0] != "never-paged"]


def have(site: Desk) -> list[str]:
    return [ack.by for ack in site.line.acks]


def test_whoever_has_acknowledged_is_left_in_peace_and_the_others_are_called_on() -> None:
    site = desk()
    first = next(p.delivery for p in site.pages if p.user_id == "ada")
    site.do(acked("ada"))
    assert (site.line.status, have(site), site.line.calling) == (Status.TRIGGERED, ["Ada"], ("ben",))
    assert site.withdrawn == [first], "hers, if it is not out yet; Ben's stays"
    assert "rule:ada" not in site.timers
    site.wait(300)
    assert site.called() == ["ada", "ben", "ben", "boss"]
    started = [x for x in site.events if isinstance(x, e.StepStarted)][-1]
    assert (started.users, started.acknowledged) == (("ben", "boss"), ("ada",))
    site.do(acked("boss"))
    assert (site.line.status, site.line.acked_by, site.timers) == (Status.ACKNOWLEDGED, "Ada, Boss", {})
    assert judged(site) == []


def test_what_people_see_of_it() -> None:
    site = desk()
    site.do(acked("ada"))
    shown = body(site.line, "k")
    assert shown["next"].startswith("1 of 2 acknowledged (Ada). If 2 people have not acknowledged by ")
    assert [a["user_id"] for a in shown["acknowledgements"]] == ["ada"]
    assert "It takes 2 people: acknowledge it" in page(site.line, "k", 0, "why").text
    assert "So far: Ada, 1 of 2 acknowledged." in page(site.line, "k", 0, "why").text


def test_nobody_counts_twice_and_a_machine_not_at_all() -> None:
    site = desk()
    for command in (acked("ada"), acked("ada"), Acknowledge(1, "API key deploy")):
        site.do(command)
    assert have(site) == ["Ada"]
    why = [x.why for x in site.events if isinstance(x, e.CommandIgnored)]
    assert why == [
        "Ada has acknowledged it already: 1 of 2 acknowledged",
        "its policy asks for the acknowledgement of 2 people, and API key deploy is no person",
    ]
    alone = desk(1)
    alone.do(Acknowledge(1, "API key deploy"))
    assert alone.line.status is Status.ACKNOWLEDGED, "where one is enough a machine is, as ever"


def test_pages_of_earlier_calls_are_withdrawn_too() -> None:
    site = desk()
    site.wait(300)
    site.do(acked("ada"))
    assert site.withdrawn == [p.delivery for p in site.pages if p.user_id == "ada"]


def test_a_step_is_cut_short_when_who_is_missing_cannot_be_reached() -> None:
    site = desk()
    site.fail(next(p for p in site.pages if p.user_id == "ben"))
    assert "StepCutShort" not in site.kinds(), "Ada may still answer"
    site.do(acked("ada"))
    assert "StepCutShort" in site.kinds() and site.line.step == 1


def test_a_step_whose_people_have_all_acknowledged_is_passed_over_and_the_last_resort_finds_others() -> None:
    site = desk(3, (Step((user("ada"), user("ben")), 300.0), Step((user("ada"),), 300.0)))
    site.do(acked("ada"))
    site.do(acked("ben"))
    site.wait(300)
    passed = [x for x in site.events if isinstance(x, e.StepSkipped)]
    assert [(x.step, x.why) for x in passed] == [(1, "everybody whom it calls has acknowledged already")]
    assert [x.users for x in site.events if isinstance(x, e.LastResortCalled)] == [("boss",)]
    site.do(acked("boss"))
    assert site.line.status is Status.ACKNOWLEDGED
    assert judged(site) == []


def test_the_last_resort_calls_nobody_instead_of_everybody_when_its_people_have_it() -> None:
    site = desk(4, (Step((user("boss"),), 300.0),))
    site.do(acked("boss"))
    site.wait(300)
    assert [x.users for x in site.events if isinstance(x, e.LastResortCalled)] == [()]
    assert (site.called(), site.line.status) == (["boss"], Status.TRIGGERED)
    assert "step" in site.timers, "it is looked at again"


def test_a_round_robin_goes_to_somebody_who_is_missing() -> None:
    steps = (Step((user("ada"),), 60.0), Step((user("ada"), user("ben"), user("boss")), 300.0, round_robin=True))
    site = desk(2, steps)
    site.do(acked("ada"))
    site.wait(60)
    assert [x.users for x in site.events if isinstance(x, e.TurnAsked)] == [("ben", "boss")]
    site.give_turn("ada", 1)
    started = [x for x in site.events if isinstance(x, e.StepStarted)][-1]
    assert (len(started.users), "ada" in started.users, started.acknowledged) == (1, False, ("ada",))


# -- when an acknowledgement counts no more ------------------------------------------------------------


def test_taken_back_it_rings_anew_and_the_other_acknowledgement_stays() -> None:
    site = desk()
    site.do(acked("ada"))
    site.do(acked("ben"))
    site.do(Unacknowledge(1, "Ben", "", "ben"))
    assert (site.line.status, have(site), site.line.step) == (Status.TRIGGERED, ["Ada"], 0)
    assert site.called() == ["ada", "ben", "ben"]
    site.do(Unacknowledge(1, "Ada", "", "ada"))
    assert have(site) == [] and site.called()[-2:] == ["ada", "ben"], "also while they are too few"
    site.do(acked("ada"))
    site.do(acked("ben"))
    site.do(Unacknowledge(1, "Boss", "", "boss"))
    assert have(site) == [], "somebody else gives it all back"
    assert judged(site) == []


def test_handing_on_keeps_who_has_it_unless_it_was_acknowledged_or_calls_them_by_name() -> None:
    site = desk()
    site.do(acked("ada"))
    site.do(EscalateNow(1, "Ada"))
    assert have(site) == ["Ada"] and site.called()[-2:] == ["ben", "boss"]
    site.do(Reassign(1, "Ada", (user("boss"),)))
    assert have(site) == ["Ada"]
    site.do(Reassign(1, "Boss", (user("ada"),)))
    assert have(site) == [] and site.called()[-1] == "ada"
    site.do(acked("ada"))
    site.do(acked("ben"))
    site.do(Reassign(1, "Ada", (user("boss"),)))
    assert have(site) == []
    assert judged(site) == []


def test_a_snooze_begins_the_count_anew_and_what_is_acknowledged_in_it_counts() -> None:
    site = desk()
    site.do(acked("ada"))
    site.do(Snooze(1, "Ada", site.now + 600))
    assert have(site) == []
    site.do(acked("ben"))
    assert (site.line.status, site.timers.get("snooze")) == (Status.SNOOZED, site.now + 600)
    site.wait(600)
    assert (have(site), site.called()) == (["Ben"], ["ada", "ben", "ada"])
    assert judged(site) == []


def test_over_it_is_over() -> None:
    site = desk()
    site.do(acked("ada"))
    site.do(Resolve(1, "Ada"))
    assert site.timers == {}
    site.fire("other", starts_at=site.now)
    assert have(site) == [], "the next incident begins with nobody"


def test_each_of_them_is_reminded_and_called_when_it_rings_again() -> None:
    site = desk(vigil=Vigil(timeout_s=3_600.0, remind_before_s=600.0, shift_end=False))
    site.do(acked("ada"))
    site.do(acked("ben"))
    site.wait(3_000)
    assert [n.user_id for n in site.notices] == ["ada", "ben"]
    site.wait(600)
    assert (site.line.status, have(site)) == (Status.TRIGGERED, [])
    assert site.called()[-2:] == ["ada", "ben"]
    assert judged(site) == []


def test_when_the_shift_of_one_ends_the_acknowledgement_of_the_other_stays() -> None:
    daily = Schedule("s", "On call", "UTC", (Layer("d", Rotation("day", 1, "2027-01-01T12:00:00", ("ada", "ben"))),))
    site = desk(2, (Step((Target("schedule", "s"), user("boss")), 300.0),), Vigil(timeout_s=None), fire=False)
    site.config = replace(site.config, schedules={"s": daily})
    site.fire(severity=Severity.ERROR)
    site.do(acked("ben"))  # on call until noon
    site.do(acked("boss"))  # on no shift
    site.wait(4 * 3_600)
    lapsed = next(x for x in site.events if isinstance(x, e.AcknowledgementLapsed))
    assert (lapsed.why, lapsed.keeps) == ("the shift of Ben has ended", ("boss",))
    assert (site.line.status, have(site), site.called()[-1]) == (Status.TRIGGERED, ["Boss"], "ada")
    assert judged(site) == []


# -- the judge, explanations, lint ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (e.Acknowledged(1, "Ben", "", 0.0, "ada", 2), "too-few"),
        (e.Paged(1, "d", "ada", "ada-0", "outbox", 0), "paged-after-ack"),
    ],
)
def test_the_judge_knows_who_is_counted(event: Any, kind: str) -> None:
    site = desk()
    site.do(acked("ada"))
    site.events.append(event)
    site.at.append(site.now)
    assert [found for found, _ in judged(site)] == [kind]


def test_an_explanation_says_who_was_left_in_peace_and_why() -> None:
    site = desk()
    site.do(acked("ada"))
    site.wait(300)
    events = [Happened(type(x).__name__, body_of(x), at) for x, at in zip(site.events, site.at, strict=True)]
    told = explain(IncidentFacts("k-1", "Disk", events), {"ada": "Ada"}, ZoneInfo("UTC"))
    assert told.unexplained == {}
    assert [(n.code, n.user_id) for n in told.not_paged if n.user_id == "ada"][-1] == ("acknowledged", "ada")


def test_lint_and_saving_know_how_many_people_there_are() -> None:
    site = desk(3)
    integration = replace(next(iter(site.config.integrations.values())), policy_id="p")
    config = replace(site.config, integrations={integration.id: integration})

    def kinds(needed: int) -> list[str]:
        policy = replace(config.policies["p"], required_acknowledgements=needed)
        return [f.kind for f in lint(replace(config, policies={"p": policy}), Facts(), site.now).findings]

    assert ("too_few_people" in kinds(3), "too_few_people" in kinds(4)) == (False, True)
    for wrong in (0, 11):
        with pytest.raises(Invalid) as error:
            check_policy(replace(config.policies["p"], required_acknowledgements=wrong), config)
        assert error.value.field == "required_acknowledgements"


def test_a_gateway_without_the_database_counts_people_too() -> None:
    mail = ContactMethod("m", "", "email", "", "x@example.org")
    people = [replace(person(name), contacts=(replace(mail, id=f"{name}-m", user_id=name),)) for name in ("ada", "ben")]
    config = organisation(STEPS, users=(*people, person("boss")))
    policy = replace(config.policies["p"], required_acknowledgements=2)
    config, lines = replace(config, policies={"p": policy}, version=3), Lines()

    def said(place: int, message: Any) -> Outcome | None:
        kind = type(message).__name__
        inbound = Inbound("incident/k", shard_of("incident/k"), kind, f"d{place}", json_of(message))
        return lines.take(place, inbound, T0 + place, config)

    opened = said(1, AlertsReceived("i", (AlertEvent("disk", "firing", "disk", starts_at=T0),), None, "p", T0))
    assert opened is not None and opened.turned is not None
    pages = {page.body["user_id"]: page.id for page in opened.turned.pages}
    one = said(2, replace(acked("ada"), episode=0))
    assert one is not None and (one.quiet, one.withdrawn) == (False, {pages["ada"]})
    left = opened.before(one).turned
    assert left is not None and [page.id for page in left.pages] == [pages["ben"]]
    two = said(3, replace(acked("ben"), episode=0))
    assert two is not None and two.quiet and opened.before(two).turned is None
