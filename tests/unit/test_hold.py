"""Maintenance, time given to resolve, and auto-resolve after silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.alert import AlertEvent
from domain.configuration import Configuration, Maintenance, Matcher, Route, Silence
from domain.errors import Invalid
from domain.grouping import group
from domain.holidays import Holidays
from domain.incident import Acknowledge, AlertsReceived, Resolve, Snooze, Status
from domain.maintenance import open_until
from domain.noise_checks import check_maintenance
from domain.route_checks import check_noise, check_routes
from domain.service import Service
from domain.view import body
from domain.window import Window
from gateway.blind_lines import Lines
from runtime.codec import json_of
from runtime.ids import shard_of
from runtime.store import Inbound
from tests.unit.desk import T0, Desk, organisation

NIGHT = Window("Europe/Berlin", (1,), "22:00", "02:00")
"""Tuesday's, into Wednesday."""


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def work(ident: str = "m", **more: Any) -> Maintenance:
    return Maintenance(**{"id": ident, "name": "Upgrade", "starts_at": T0, "ends_at": T0 + 3600, **more})


def under(*works: Maintenance, **more: Any) -> Desk:
    config = replace(organisation(), services={"shop": Service("shop", "Shop")}, **more)
    return Desk(replace(config, maintenance=works))


def auto(after_s: float | None, wait_s: float = 0.0) -> Configuration:
    config = organisation()
    changed = replace(config.integrations["i"], auto_resolve_s=after_s, wait_s=wait_s)
    return replace(config, integrations={"i": changed})


def test_what_still_fires_at_the_end_of_a_maintenance_escalates() -> None:
    desk = under(work(comment="new disks"))
    desk.fire()
    desk.wait(3599)
    assert desk.called() == []
    assert body(desk.line, "k")["next"].startswith("Nobody is paged: it is under maintenance (Upgrade) until")
    desk.wait(1)
    assert desk.called() == ["ada"]
    assert [e.why for e in desk.events if hasattr(e, "why")] == ["it was under maintenance (Upgrade), and that is over"]


@pytest.mark.parametrize(
    ("scope", "service", "paged"),
    [
        ({}, None, False),
        ({"integration_ids": ("i",)}, None, False),
        ({"integration_ids": ("other",)}, "shop", True),
        ({"service_ids": ("shop",)}, "shop", False),
        ({"service_ids": ("shop",)}, None, True),
        ({"integration_ids": ("other",), "service_ids": ("shop",)}, "shop", False),
    ],
)
def test_a_maintenance_is_of_its_services_and_integrations(scope: Any, service: str | None, paged: bool) -> None:
    desk = under(work(**scope))
    desk.alerts(AlertEvent("x", "firing", "x"), service_id=service)
    assert (desk.called() == ["ada"]) == paged


def test_recurring_hours_open_and_close_by_the_clock_of_their_zone_and_by_holidays() -> None:
    weekly = work(starts_at=at("2026-03-01"), ends_at=None, windows=(NIGHT,))
    assert open_until(weekly, {}, at("2026-03-03T21:30")) == at("2026-03-04T01:00")  # 22:30 in Berlin, winter
    assert open_until(weekly, {}, at("2026-03-31T20:30")) == at("2026-04-01T00:00")  # 22:30, summer
    assert open_until(weekly, {}, at("2026-03-03T20:30")) is None
    assert open_until(weekly, {}, at("2026-02-24T21:30")) is None, "before it starts"
    bounded = replace(weekly, ends_at=at("2026-03-03T23:00"))
    assert open_until(bounded, {}, at("2026-03-03T22:30")) == at("2026-03-03T23:00")
    but = replace(weekly, windows=(replace(NIGHT, holidays="de"),))
    assert open_until(but, {"de": Holidays("de", "DE", ("2026-03-03",))}, at("2026-03-03T21:30")) is None
    assert open_until(but, {"de": Holidays("de", "DE")}, at("2026-03-03T21:30")) is not None


def test_hours_that_cannot_be_told_are_closed_and_people_are_paged() -> None:
    always = {"start": "00:00", "end": "00:00"}
    for window in (Window("Mars/Base", **always), Window("UTC", **always, holidays="gone")):
        desk = under(work(ends_at=None, windows=(window,)))
        desk.fire()
        assert desk.called() == ["ada"]


def test_the_longest_cover_is_named_and_the_next_takes_over() -> None:
    silence = Silence("s", (Matcher("a", "=", "1"),), T0, T0 + 100, created_by="Ada")
    desk = under(work(ends_at=T0 + 50), silences=(silence,))
    desk.alerts(AlertEvent("x", "firing", "x", labels={"a": "1"}), wait_s=500.0)
    seen = []
    for _ in range(12):
        desk.wait(50)
        seen.append(desk.line.held.kind if desk.line.held is not None else "")
    assert seen == ["wait"] * 9 + [""] * 3 and desk.called()[0] == "ada"


def test_time_given_ends_with_a_page_or_with_nobody_having_been_paged() -> None:
    lasting, passing = Desk(), Desk()
    for desk in (lasting, passing):
        desk.fire()
        desk.do(Resolve(1, "ada"))
        desk.now += 1000
        desk.alerts(AlertEvent("b", "firing", "b"), wait_s=60.0)
        desk.wait(59)
        assert desk.called() == ["ada"]
    lasting.wait(1)
    assert lasting.called() == ["ada", "ada"]
    passing.clear("b", None)
    assert passing.called() == ["ada"] and passing.timers == {}
    said = body(passing.line, "k")["next"]
    assert said == "Nothing: it is resolved. Nobody was paged: it was given time to resolve by itself."


def test_an_alert_with_less_time_shortens_the_wait_and_one_with_more_does_not_lengthen_it() -> None:
    desk = Desk()
    desk.alerts(AlertEvent("a", "firing", "a"), wait_s=300.0)
    desk.wait(10)
    desk.alerts(AlertEvent("b", "firing", "b"), wait_s=3000.0)
    assert desk.timers == {"hold": T0 + 300}
    desk.alerts(AlertEvent("c", "firing", "c"), wait_s=30.0)
    assert desk.timers == {"hold": T0 + 40}
    desk.alerts(AlertEvent("d", "firing", "d"), wait_s=0.0)
    assert desk.called() == ["ada"]


def test_a_rule_has_its_own_time_and_the_shortest_counts() -> None:
    config = auto(None, wait_s=120.0)
    rules = (Route((Matcher("sev", "=", "1"),), wait_s=0.0), Route((Matcher("sev", "=", "2"),), wait_s=600.0))
    integration = replace(config.integrations["i"], routes=rules, group_by=("g",))

    def waits(*severities: str) -> list[float]:
        events = [AlertEvent(s, "firing", s, labels={"sev": s}) for s in severities]
        return [f.to.wait_s for f in group(config, integration, events, T0) if f.to is not None]

    assert (waits("1"), waits("2"), waits("3"), waits("2", "1", "3")) == ([0.0], [600.0], [120.0], [0.0])
    plain = replace(integration, routes=())
    assert [f.to.wait_s for f in group(config, plain, [AlertEvent("x", "firing", "x")], T0) if f.to] == [120.0]


def test_silence_of_the_sender_resolves_where_that_is_set_and_a_repetition_begins_the_time_anew() -> None:
    desk = Desk(auto(600.0))
    desk.fire()
    desk.wait(500)
    desk.fire()
    desk.do(Acknowledge(1, "ada"))
    desk.wait(599)
    assert desk.line.status is Status.ACKNOWLEDGED
    desk.wait(1)
    assert (desk.line.status, desk.line.resolved_by) == (Status.RESOLVED, "auto") and desk.timers == {}
    assert desk.events[-1].note == "no firing of its alerts was heard for 10 min, as its integration is set"
    desk.fire()
    assert desk.line.episode == 2 and desk.called()[-1] == "ada", "it was alive after all: a new incident, at once"


def test_silence_resolves_nothing_by_default_or_when_it_was_switched_off() -> None:
    never, off = Desk(), Desk(auto(600.0))
    for desk in (never, off):
        desk.fire()
    off.config = auto(None)
    for desk in (never, off):
        desk.wait(10_000)
        assert desk.line.status is Status.TRIGGERED


def test_after_our_own_absence_the_whole_time_begins_anew() -> None:
    desk = Desk(auto(600.0))
    desk.fire()
    desk.do(Snooze(1, "ada", T0 + 9_000))
    desk.now += 700
    late = desk.now
    desk.wait(0)
    assert desk.line.status is Status.SNOOZED and desk.timers["unheard"] == late + 600
    desk.wait(600)
    assert desk.line.status is Status.RESOLVED


def test_every_end_of_an_incident_disarms_it() -> None:
    for end in (lambda d: d.do(Resolve(1, "ada")), lambda d: d.clear()):
        desk = Desk(auto(600.0))
        desk.fire()
        assert "unheard" in desk.timers
        end(desk)
        assert desk.timers == {}


def test_a_gateway_without_the_database_never_takes_silence_for_an_end() -> None:
    lines, config = Lines(), replace(auto(60.0), version=3)
    event = AlertEvent("disk", "firing", "disk", starts_at=T0)
    message = json_of(AlertsReceived("i", (event,), None, "p", T0))
    lines.take(1, Inbound("incident/k", shard_of("incident/k"), "AlertsReceived", "d", message), T0, config)
    paged = []
    while (outcome := lines.fire(T0 + 400, config)) is not None:
        paged += [p.body["user_id"] for p in outcome.turned.pages] if outcome.turned is not None else []
    assert paged == ["ben"], "the second step, long after the silence would have ended it"


def test_what_cannot_be_saved_names_its_field() -> None:
    config = replace(organisation(), services={"shop": Service("shop", "Shop")})
    for field, given in (
        ("integration_ids[0]", work(integration_ids=("none",))),
        ("service_ids[1]", work(service_ids=("shop", "none"))),
        ("ends_at", work(ends_at=None)),
        ("ends_at", work(ends_at=T0)),
        ("ends_at", work(starts_at=T0 - 9, ends_at=T0 - 1)),
        ("ends_at", work(ends_at=T0 + 500 * 86_400)),
        ("windows[0].zone", work(windows=(Window("Mars"),))),
        ("windows[0].start", work(windows=(Window("UTC", start="25:00"),))),
        ("windows[0].holidays", work(windows=(Window("UTC", holidays="none"),))),
        ("windows", work(ends_at=None, windows=(Window("UTC"),))),
    ):
        with pytest.raises(Invalid) as caught:
            check_maintenance(given, config, T0)
        assert caught.value.field == field
    check_maintenance(work(ends_at=None, windows=(NIGHT,)), config, T0)
    for field, wait_s, after_s in (("wait_s", -1.0, None), ("wait_s", 3601.0, None), ("auto_resolve_s", 0.0, 5.0)):
        with pytest.raises(Invalid) as caught:
            check_noise(wait_s, after_s)
        assert caught.value.field == field
    with pytest.raises(Invalid) as caught:
        check_routes((Route(wait_s=-5.0),), config)
    assert caught.value.field == "routes[0].wait_s"
