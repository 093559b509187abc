"""The thin entities: what a schedule and a device make of their messages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from actors.device import Device
from actors.incident import Incident
from actors.schedule import ScheduleActor, ScheduleChanged
from domain.alert import AlertEvent
from domain.configuration import Configuration
from domain.device import FAILING_AFTER, DeliveryReported, Health
from domain.handoff import OnCall
from domain.incident import AlertsReceived
from domain.schedule import Layer, Rotation, Schedule
from runtime.codec import Kind
from runtime.entity import Ctx, EffectFailed, Set, TimerFired
from runtime.ids import EntityId
from tests.unit.desk import T0, organisation


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()


def test_a_schedule_wakes_at_every_hand_off_and_says_whose_shift_it_is() -> None:
    layer = Layer("l", Rotation("week", 1, "2026-01-05T09:00:00", ("ada", "ben")))
    config = Configuration(1, schedules={"s": Schedule("s", "S", "Europe/Berlin", (layer,))})
    actor, state, now = ScheduleActor(), OnCall(), at("2026-01-06T12:00")
    said: list[tuple[str, ...]] = []
    message: object = ScheduleChanged()
    for _ in range(3):
        decision = actor.decide(state, message, Ctx(now, EntityId("schedule", "s"), 0, "c", config))
        for event in decision.events:
            state = actor.apply(state, event)
        (timer,) = decision.timers
        assert isinstance(timer, Set)
        said.append(state.users)
        now, message = timer.at, TimerFired("handoff", timer.at)
    assert said == [("ada",), ("ben",), ("ada",)]
    assert now == at("2026-01-26T09:00")


def test_a_device_is_failing_after_failures_in_a_row_and_well_after_one_success() -> None:
    actor, health = Device(), Health()
    for n in range(FAILING_AFTER):
        assert not health.failing
        report = DeliveryReported(f"d{n}", False, "no route", float(n))
        decision = actor.decide(health, report, Ctx(float(n), EntityId("device", "c"), n, "c", None))
        health = actor.apply(health, decision.events[0])
    assert health.failing
    decision = actor.decide(
        health, DeliveryReported("d", True, "", 9.0), Ctx(9.0, EntityId("device", "c"), 9, "c", None)
    )
    assert not actor.apply(health, decision.events[0]).failing


def test_a_device_whose_address_does_not_exist_says_since_when_until_a_page_arrives() -> None:
    actor, health = Device(), Health()
    for n, gone in enumerate((False, True, False, True)):
        report = DeliveryReported(f"d{n}", False, "no mailbox", float(n), gone)
        decision = actor.decide(health, report, Ctx(float(n), EntityId("device", "c"), n, "c", None))
        health = actor.apply(health, decision.events[0])
    assert (health.gone_since, health.gone_at) == (1.0, 3.0)
    (record,) = decision.records
    assert record.facets["gone"] and record.body["gone_since"] == 1.0
    arrived = DeliveryReported("d", True, "", 9.0)
    decision = actor.decide(health, arrived, Ctx(9.0, EntityId("device", "c"), 9, "c", None))
    assert actor.apply(health, decision.events[0]).gone_since is None


def test_a_failed_page_is_told_to_its_device_and_an_idle_incident_is_small() -> None:
    actor, key = Incident(), EntityId("incident", "0123456789abcdef0123")
    config = organisation()
    alert = AlertEvent(
        "disk", "firing", "Disk full on db1", labels={f"label{n}": "v" * 40 for n in range(8)}, starts_at=T0
    )
    message = AlertsReceived("i", (alert,), None, "p", T0)
    opened = actor.decide(actor.new(key.key), message, Ctx(T0, key, 0, "c", config))
    line = actor.new(key.key)
    for event in opened.events:
        line = actor.apply(line, event)
    assert len(Kind(actor).encode_state(line)) < 4096
    (effect,) = opened.effects
    assert "address" not in effect.body and effect.group == "page:1"
    failed = EffectFailed(effect.id, "page", effect.channel, "no route", effect.body)
    decision = actor.decide(line, failed, Ctx(T0 + 1, key, 9, "c", config))
    assert [str(t.to) for t in decision.tell] == ["device/ada-0"]
