"""Whom targets name: teams, who is next on call, all layers; and whose turn it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.round_robin import RoundRobin
from domain.configuration import Configuration
from domain.errors import Invalid
from domain.incident import Acknowledge, Reassign, Status
from domain.outage import OutagePage
from domain.people import Team
from domain.policy import Policy, Step, Target
from domain.policy_checks import check_last_resort, check_policy
from domain.round_robin import ASK_S, AskTurn, Turns, TurnTaken, apply, whose
from domain.schedule import Layer, Override, Rotation, Schedule
from domain.targets import people
from runtime.entity import Ctx
from runtime.ids import EntityId
from tests.unit.desk import T0, Desk, organisation, person, user

NAMES = ("ada", "ben", "cleo", "boss")
DAY = 86_400.0


def layer(name: str, *users: str) -> Layer:
    return Layer(name, Rotation("day", 1, "2027-01-01T00:00:00", users))


ROTA = Schedule("s", "Shop", "UTC", (layer("low", "cleo"), layer("high", "ada", "ben")))
"""On 15 January, the day of T0, ada is on call before ben, above cleo."""
TEAM = Team("t", "Shop", ("ben", "cleo", "gone"))


def config(*steps: Step, **more: Any) -> Configuration:
    made = organisation(steps or None, users=tuple(person(name) for name in NAMES))
    return replace(made, schedules={"s": ROTA}, teams={"t": TEAM}, **more)


def on(who: Any, schedule: Schedule = ROTA) -> list[str]:
    return people(replace(config(), schedules={"s": schedule}), (Target("schedule", "s", who),), T0)


def test_on_call_next_and_all_layers() -> None:
    assert on("on_call") == ["ada"]
    assert on("next") == ["ben"]
    assert on("all_layers") == ["ada", "cleo"]


def test_next_is_who_comes_with_the_first_hand_off_that_brings_somebody_new() -> None:
    until_evening = Override("o", "boss", T0 - 60, T0 + 3_600)
    assert on("next", replace(ROTA, overrides=(until_evening,))) == ["ada"]
    soon = Override("o", "boss", T0 + 600, T0 + 3_600)
    assert on("next", replace(ROTA, overrides=(soon,))) == ["boss"]
    besides = Override("o", "boss", T0 + 600, T0 + 3_600, kind="add")
    assert on("next", replace(ROTA, overrides=(besides,))) == ["boss"]
    assert on("next", replace(ROTA, layers=(layer("low", "cleo"),))) == []


def test_a_team_is_all_its_members_and_each_person_comes_once() -> None:
    targets = (Target("team", "t"), user("cleo"), Target("schedule", "s"), Target("team", "gone"))
    assert people(config(), targets, T0) == ["ben", "cleo", "gone", "ada"]
    desk = Desk(config(Step((Target("team", "t"),), 60.0)))
    desk.fire()
    assert desk.called() == ["ben", "cleo"]
    (started,) = [e for e in desk.events if type(e).__name__ == "StepStarted"]
    assert {n.team for n in started.named} == {"Shop"}


@pytest.mark.parametrize(
    ("step", "field"),
    [
        (Step((Target("team", "nope"),), 1.0), "steps[0].targets[0].id"),
        (Step((Target("user", "ada", "next"),), 1.0), "steps[0].targets[0].who"),
        (Step((), 1.0, round_robin=True), "steps[0].targets"),
    ],
)
def test_targets_that_make_no_sense_are_refused(step: Step, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_policy(Policy("p", "p", 1, (step, Step((user("ada"),), 1.0))), config())
    assert refused.value.field == field


@pytest.mark.parametrize("target", [Target("team", "t"), Target("schedule", "s", "next")])
def test_the_last_resort_is_what_the_watchdog_can_call(target: Target) -> None:
    with pytest.raises(Invalid) as refused:
        check_last_resort((user("ada"), target), config())
    assert refused.value.field == "targets[1]"


# -- round robin -----------------------------------------------------------------------------------------

ROUND = Step((Target("team", "t"), user("ada")), 300.0, round_robin=True)


def test_a_step_in_turn_asks_and_calls_one() -> None:
    desk = Desk(config(ROUND, Step((user("boss"),), 60.0)))
    desk.fire()
    (asked,) = [e for e in desk.events if type(e).__name__ == "TurnAsked"]
    assert (asked.users, desk.called()) == (("ben", "cleo", "ada"), [])
    assert desk.timers == {"step": T0 + ASK_S}
    desk.give_turn("cleo", 0)
    assert (desk.called(), desk.timers) == (["cleo"], {"step": T0 + 300})
    started = desk.events[-3]
    assert (started.others, [n.user_id for n in started.named]) == (("ben", "ada"), ["cleo", "gone"])
    desk.give_turn("ben", 0)
    assert desk.called() == ["cleo"], "an answer that comes twice changes nothing"
    desk.wait(300)
    assert desk.called() == ["cleo", "boss"]


def test_without_an_answer_somebody_is_called_two_seconds_later() -> None:
    desk = Desk(config(ROUND))
    desk.fire()
    desk.wait(ASK_S)
    assert len(desk.called()) == 1 and desk.called()[0] in ("ben", "cleo", "ada")
    assert desk.timers["step"] == T0 + ASK_S + 300


def test_an_answer_that_cannot_be_used_still_calls_somebody() -> None:
    desk = Desk(config(ROUND))
    desk.fire()
    desk.give_turn("gone", 0)
    assert len(desk.called()) == 1 and desk.called()[0] != "gone"


def test_a_step_that_was_passed_over_stays_so_when_somebody_acts_while_the_next_one_asks() -> None:
    desk = Desk(config(Step((user("gone"),), 60.0), ROUND))
    desk.fire()
    assert desk.kinds().count("StepEmpty") == 1 and desk.kinds()[-1] == "TurnAsked"
    desk.do(Acknowledge(1, "ada"))
    desk.do(Reassign(1, "ada", (user("gone"),)))
    assert (desk.kinds().count("StepEmpty"), desk.kinds()[-1]) == (1, "TurnAsked")


def test_nobody_is_left_when_the_answer_comes() -> None:
    desk = Desk(config(ROUND, Step((user("boss"),), 60.0)))
    desk.fire()
    desk.config = replace(desk.config, users={"boss": person("boss")})
    desk.give_turn("ben", 0)
    assert desk.called() == ["boss"]
    assert desk.kinds()[-4:-2] == ["StepEmpty", "StepStarted"]


def test_an_acknowledgement_while_it_asks_calls_nobody() -> None:
    desk = Desk(config(ROUND))
    desk.fire()
    desk.do(Acknowledge(1, "ada"))
    desk.give_turn("ben", 0)
    desk.wait(1_000)
    assert (desk.called(), desk.line.status) == ([], Status.ACKNOWLEDGED)


def test_one_person_need_not_ask() -> None:
    desk = Desk(config(Step((user("ada"), user("gone")), 60.0, round_robin=True)))
    desk.fire()
    assert desk.called() == ["ada"]


def test_who_was_paged_in_the_outage_had_the_turn() -> None:
    desk = Desk(config(ROUND))
    desk.learn(OutagePage("d", "ada", "ada-0", "outbox", T0 - 30))
    desk.fire()
    assert "OutagePageCounted" in desk.kinds() and "TurnAsked" not in desk.kinds()
    assert desk.timers["step"] == T0 + 270


def ask(state: Turns, *users: str) -> tuple[Turns, str]:
    keeper = RoundRobin()
    ctx = Ctx(T0, EntityId("round_robin", "p/1"), state.count, "m", None)
    decision = keeper.decide(state, AskTurn("line", 1, 0, 0, users), ctx)
    (event,), (tell,) = decision.events, decision.tell
    assert (str(tell.to), tell.message.user_id) == ("incident/line", event.user_id)
    return keeper.apply(state, event), event.user_id


def test_turns_go_round_and_newcomers_come_first() -> None:
    state, given = Turns(), []
    for _ in range(4):
        state, who = ask(state, "ada", "ben", "cleo")
        given.append(who)
    assert given == ["ada", "ben", "cleo", "ada"]
    state, who = ask(state, "ada", "ben", "cleo", "dan")
    assert who == "dan"
    state, who = ask(state, "ada", "ben", "cleo", "dan")
    assert who == "ben"


@settings(deadline=None)
@given(st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), max_size=60))
def test_nobody_is_called_again_before_somebody_who_could_have_been(asked: list[set[str]]) -> None:
    state, last = Turns(), dict[str, int]()
    for n, users in enumerate(asked, 1):
        who = whose(state, sorted(users))
        assert last.get(who, 0) == min(last.get(u, 0) for u in users)
        last[who] = n
        state = apply(state, TurnTaken(who, "line", n))
    assert all(apply(state, TurnTaken("a", "l", 1)).last["a"] >= n for n in state.last.values())
