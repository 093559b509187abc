"""What a plan warns of, and where it is cut."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain.alert import AlertEvent
from domain.configuration import Configuration, Matcher, Route, Silence
from domain.people import ContactMethod, NotificationRule, User
from domain.plan import PAGES, Plan, plan
from domain.plan_warnings import PlanWarning, warnings
from domain.policy import Policy, Step, Target
from domain.schedule import FixedShift, FixedShifts, Layer, Schedule
from tests.unit.desk import T0, organisation, user

MAIL = ContactMethod("ada-e", "ada", "email", "", "a@b.c")
ADA = User("ada", "Ada", "", contacts=(MAIL,))
BOSS = User("boss", "Boss", "", contacts=(replace(MAIL, id="boss-e", user_id="boss"),))
FIRST = (Step((user("ada"),), 300.0),)


def planned(config: Configuration, **more: Any) -> Plan:
    event = AlertEvent("k", "firing", "Disk full", starts_at=T0, **more)
    (found,) = plan(config, config.integrations["i"], [event], T0)
    return found


def warned(config: Configuration, **more: Any) -> dict[str, PlanWarning]:
    return {w.kind: w for w in warnings(config, planned(config, **more))}


def shop(steps: tuple[Step, ...] = FIRST, users: tuple[User, ...] = (ADA, BOSS), **more: Any) -> Configuration:
    return replace(organisation(steps, users=users), **more)


def test_nothing_is_warned_of_where_nothing_is_wrong() -> None:
    assert warned(shop()) == {}


def test_a_policy_that_is_gone_and_steps_that_reach_nobody_are_warned_of() -> None:
    assert warned(shop(policies={})).keys() == {"no_policy", "last_resort"}
    seldom = Schedule("s", "Seldom", "UTC", (Layer("f", fixed=FixedShifts((FixedShift("ada", 0.0, 1.0),))),))
    steps = (Step((Target("schedule", "s"),), 60.0), Step((user("gone"), user("mute"), user("off")), 60.0))
    mute, off = User("mute", "Mute", ""), replace(ADA, id="off", name="Off", active=False)
    config = shop(steps, (ADA, BOSS, mute, off), schedules={"s": seldom})
    found = warnings(config, planned(config))
    assert [(w.kind, w.step, w.user_id) for w in found] == [
        ("nobody_on_call", 1, None),
        ("step_empty", 1, None),
        ("unreachable", 2, "gone"),
        ("unreachable", 2, "mute"),
        ("unreachable", 2, "off"),
        ("step_empty", 2, None),
        ("last_resort", None, None),
    ]


def test_a_last_resort_that_reaches_nobody_is_warned_of() -> None:
    assert warned(shop(last_resort=())).keys() == {"everybody_called"}
    assert "nobody_reachable" in warned(shop(users=(User("ada", "Ada", ""),)))


def test_addresses_that_do_not_wake_anybody_are_warned_of() -> None:
    unproven = replace(ADA, contacts=(replace(MAIL, verified=False),))
    assert warned(shop(users=(unproven, BOSS))).keys() == {"unverified"}
    outbox = replace(ADA, contacts=(replace(MAIL, channel="outbox"),))
    assert warned(shop(users=(outbox, BOSS))).keys() == {"outbox_only"}
    strange = replace(ADA, urgent=(NotificationRule("gone", 60.0),))
    assert warned(shop(users=(strange, BOSS)))["rules_unusable"].user_id == "ada"


def test_silences_and_what_failed_on_the_way_are_told() -> None:
    silence = Silence("s", (Matcher("env", "=", "test"),), T0 - 60, T0 + 3_600, "", "Ada")
    config = shop(silences=(silence,))
    assert "silenced by Ada" in warned(config, labels={"env": "test"})["silenced"].text
    held = planned(config, labels={"env": "test"})
    assert held.pages[0][1].at == T0 + 3_600, "it goes on where the silence ends"
    assert "Alertmanager" in warned(shop(), silenced_by=("Alertmanager silence 7",))["silenced_at_source"].text
    failing = replace(shop().integrations["i"], routes=(Route(expression="payload.x == 1"),))
    assert "expression failed" in warned(shop(integrations={"i": failing}))["fell_back"].text


def test_a_plan_that_is_too_long_is_cut_and_says_so() -> None:
    many = tuple(replace(ADA, id=f"u{n}", contacts=(replace(MAIL, id=f"c{n}", user_id=f"u{n}"),)) for n in range(50))
    policy = Policy("p", "P", 1, tuple(Step(tuple(user(u.id) for u in many), 60.0) for _ in range(50)), 20)
    config = shop(users=(*many, BOSS), policies={"p": policy})
    found = planned(config)
    assert not found.complete
    assert PAGES <= len(found.pages) < PAGES + 51
    assert "cut" in warned(config)
    month = shop(silences=(Silence("s", (Matcher("env", "=", ""),), T0 - 60, T0 + 30 * 86_400),))
    assert not planned(month).complete
