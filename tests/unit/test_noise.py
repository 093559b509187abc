"""Silences: what they fit, what becomes of the incidents under them, and what they never mute."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.alert import AlertEvent
from domain.alerts import FULL_MEMBERS
from domain.configuration import Configuration, Integration, Silence
from domain.errors import Invalid
from domain.hold import FIRST_LOOK_S, LOOK_S
from domain.incident import Acknowledge, AlertsReceived, EscalateNow, Reassign, Resolve, Snooze, Status, Unacknowledge
from domain.matcher import Matcher
from domain.noise_checks import MAX_SILENCES, check_room, check_silence
from domain.outage import OutagePage
from domain.plan import plan
from domain.view import body
from gateway.blind_lines import Lines
from runtime.codec import json_of
from runtime.ids import shard_of
from runtime.store import Inbound
from tests.unit.desk import T0, Desk, organisation, user

DISK = (Matcher("alertname", "=", "disk"),)


def silence(ident: str = "s", matchers: tuple[Matcher, ...] = DISK, lasts: float = 3600.0, **more: Any) -> Silence:
    given = {"starts_at": T0, "ends_at": T0 + lasts, "created_by": "Ada", **more}
    return Silence(ident, matchers, **given)


def under(*silences: Silence) -> Desk:
    return Desk(replace(organisation(), silences=silences))


def fire(desk: Desk, *names: str, **more: Any) -> None:
    desk.alerts(*(AlertEvent(n, "firing", n, labels={"alertname": n}, starts_at=T0, **more) for n in names))


def test_a_silenced_alert_opens_an_incident_that_pages_nobody_and_escalates_when_the_silence_ends() -> None:
    desk = under(silence(comment="known"))
    fire(desk, "disk")
    assert desk.line.status is Status.SUPPRESSED and desk.called() == []
    shown = body(desk.line, "k")
    assert shown["suppression"] == {
        "kind": "silence", "ids": ["s"], "by": "silenced by Ada", "until": T0 + 3600, "comment": "known",
    }  # fmt: skip
    assert "Nobody is paged: it is silenced by Ada until 2027-01-15 09:00:00 UTC." in shown["next"]
    desk.wait(3599)
    assert desk.called() == []
    desk.wait(1)
    assert desk.called() == ["ada"] and desk.line.status is Status.TRIGGERED
    desk.wait(300)
    assert desk.called() == ["ada", "ben"], "from the first step on, in order"


def test_what_resolves_under_a_silence_pages_nobody_and_says_why() -> None:
    desk = under(silence())
    fire(desk, "disk")
    desk.clear("disk")
    assert desk.line.status is Status.RESOLVED and desk.timers == {} and desk.called() == []
    assert body(desk.line, "k")["next"] == "Nothing: it is resolved. Nobody was paged: it was silenced by Ada."
    desk.wait(7200)
    desk.config = organisation()
    desk.fire("cpu")
    assert desk.called() == ["ada"] and body(desk.line, "k")["suppression"] is None


def test_taking_a_silence_back_releases_at_once_and_a_lost_message_is_made_up_for() -> None:
    told, not_told = under(silence()), under(silence())
    for desk in (told, not_told):
        fire(desk, "disk")
        desk.wait(1)
        desk.config = organisation()
    told.look_again()
    assert told.called() == ["ada"]
    assert "Released" in told.kinds() and told.events[-4].why.endswith("that was taken back or changed")
    not_told.wait(FIRST_LOOK_S)
    assert not_told.called() == ["ada"]


def test_a_suppressed_incident_is_looked_at_every_five_minutes_whatever_happens() -> None:
    desk = under(silence())
    fire(desk, "disk")
    desk.wait(1000)
    desk.config = organisation()
    desk.wait(LOOK_S)
    assert desk.called() == ["ada"]


def test_shortening_and_extending_a_silence_move_the_end() -> None:
    desk = under(silence())
    fire(desk, "disk")
    desk.config = replace(desk.config, silences=(silence(lasts=100),))
    desk.look_again()
    assert desk.timers == {"hold": T0 + 100} and desk.line.next_at == T0 + 100
    desk.config = replace(desk.config, silences=(silence(lasts=5000),))
    desk.wait(100)
    assert desk.called() == [] and desk.line.next_at == T0 + 5000
    desk.wait(4900)
    assert desk.called() == ["ada"]


def test_an_alert_that_no_silence_fits_pages_at_once() -> None:
    together, later = under(silence()), under(silence())
    fire(together, "disk", "cpu")
    assert together.called() == ["ada"] and together.line.status is Status.TRIGGERED
    fire(later, "disk")
    later.wait(10)
    fire(later, "cpu")
    assert later.called() == ["ada"]
    assert later.timers.keys() == {"step"}


def test_a_silence_never_mutes_what_people_are_being_paged_for() -> None:
    desk = Desk()
    fire(desk, "disk")
    desk.config = replace(desk.config, silences=(silence(),))
    desk.look_again()
    desk.wait(300)
    assert desk.called() == ["ada", "ben"]


def test_each_alert_needs_a_silence_and_the_first_to_end_ends_it() -> None:
    desk = under(
        silence("a", lasts=100), silence("b", lasts=900), silence("c", (Matcher("alertname", "=~", "c.*"),), 500)
    )
    fire(desk, "disk", "cpu")
    held = desk.line.held
    assert held is not None and (held.ids, held.until) == (("b", "c"), T0 + 500), "disk rests on the one that lasts"
    fire(desk, "crash")
    assert desk.line.status is Status.SUPPRESSED
    desk.wait(500)
    assert desk.called() == ["ada"]


@pytest.mark.parametrize(
    "one",
    [
        silence(matchers=(Matcher("alertname", "=~", "("),)),
        silence(matchers=(Matcher("alertname", "!~", "("),)),
        silence(starts_at=T0 + 1),
        silence(ends_at=T0),
        silence(integration_id="other"),
        silence(service_id="other"),
        silence(team_id="other"),
    ],
    ids=["bad pattern", "bad negative pattern", "not begun", "over", "integration", "service", "team"],
)
def test_a_silence_that_cannot_be_asked_or_is_not_meant_silences_nothing(one: Silence) -> None:
    desk = under(one)
    fire(desk, "disk")
    assert desk.called() == ["ada"]


def test_scopes_that_are_met() -> None:
    desk = under(silence(matchers=(), integration_id="i", service_id="shop"))
    desk.alerts(AlertEvent("x", "firing", "x"), service_id="shop")
    assert desk.called() == []


def test_alerts_that_the_sender_left_out_cannot_be_fitted() -> None:
    desk = under(silence())
    fire(desk, "disk", truncated=3)
    assert desk.called() == ["ada"]
    later = under(silence())
    fire(later, "disk")
    later.alerts(AlertEvent("disk", "firing", "disk", labels={"alertname": "disk"}, starts_at=T0, truncated=3))
    assert later.called() == ["ada"]


def test_a_group_too_large_to_keep_its_labels_stays_under_the_silences_it_came_under() -> None:
    events = [
        AlertEvent(f"d{n}", "firing", "disk", labels={"alertname": "disk"}, starts_at=T0)
        for n in range(FULL_MEMBERS + 20)
    ]
    other = silence("other", (Matcher("alertname", "!=", "disk"),))
    desk = under(silence(), other)
    desk.alerts(*events)
    assert desk.line.status is Status.SUPPRESSED and desk.line.alerts[f"d{FULL_MEMBERS + 1}"].silences == ("s",)
    desk.wait(LOOK_S + 60)
    assert desk.called() == []
    desk.config = replace(desk.config, silences=(other,))  # fits alerts without labels, if they were asked
    desk.look_again()
    assert desk.called() == ["ada"]


def test_people_can_act_on_a_suppressed_incident() -> None:
    def held() -> Desk:
        desk = under(silence())
        fire(desk, "disk")
        return desk

    for command, status, called in (
        (Acknowledge(1, "ada"), Status.ACKNOWLEDGED, []),
        (Resolve(1, "ada"), Status.RESOLVED, []),
        (Snooze(1, "ada", T0 + 60), Status.SNOOZED, []),
        (Unacknowledge(1, "ada"), Status.SUPPRESSED, []),
        (EscalateNow(1, "ada"), Status.TRIGGERED, ["ada"]),
        (Reassign(1, "ada", (user("boss"),)), Status.TRIGGERED, ["boss"]),
    ):
        desk = held()
        desk.do(command)
        assert (desk.line.status, desk.called()) == (status, called)
        assert ("hold" in desk.timers) == (status is Status.SUPPRESSED)
        desk.look_again()
        assert desk.line.status is status


def test_a_page_of_an_outage_counts_when_the_silence_that_nobody_knew_of_ends() -> None:
    desk = under(silence(lasts=120))
    fire(desk, "disk")
    desk.learn(OutagePage("o", "ada", "ada-0", "outbox", T0 - 5))
    assert desk.line.status is Status.SUPPRESSED
    desk.wait(120)
    assert desk.called() == [] and "OutagePageCounted" in desk.kinds()


def test_the_canary_is_under_no_silence() -> None:
    config = replace(organisation(), silences=(silence(matchers=(Matcher("x", "=", ""),)),))
    canary = Integration("i", "Canary", "generic", "p", organisation_routes=False)
    desk = Desk(replace(config, integrations={"i": canary}))
    desk.fire()
    assert desk.called() == ["ada"]


def refused(field: str, given: Silence, config: Configuration | None = None) -> None:
    with pytest.raises(Invalid) as caught:
        check_silence(given, config or organisation(), T0)
    assert caught.value.field == field


def test_what_cannot_be_saved_names_its_field() -> None:
    check_silence(silence(), organisation(), T0)
    refused("matchers[0].value", silence(matchers=(Matcher("a", "=~", "("),)))
    refused("ends_at", silence(ends_at=T0))
    refused("ends_at", silence(starts_at=T0 - 20, ends_at=T0 - 10))
    refused("ends_at", silence(lasts=401 * 86_400.0))
    refused("matchers", silence(matchers=()))
    refused("matchers", silence(matchers=(Matcher("env", "!=", "production"),)))
    refused("service_id", silence(service_id="none"))
    refused("integration_id", silence(integration_id="none"))
    for total, scanned, patterns, matchers in (
        (MAX_SILENCES, 0, 0, DISK),
        (200, 200, 0, (Matcher("a", "!=", ""),)),
        (2000, 0, 1000, (*DISK, Matcher("a", "=~", "x"))),
    ):
        with pytest.raises(Invalid):
            check_room(silence(matchers=matchers), total, scanned, patterns)


def test_a_gateway_without_the_database_obeys_silences_and_lets_go_at_their_end() -> None:
    lines, config = Lines(), replace(organisation(), version=7, silences=(silence(lasts=400),))
    for n, (entity, name) in enumerate((("incident/disk", "disk"), ("incident/cpu", "cpu")), 1):
        event = AlertEvent(name, "firing", name, labels={"alertname": name}, starts_at=T0)
        message = json_of(AlertsReceived("i", (event,), None, "p", T0))
        row = Inbound(entity, shard_of(entity), "AlertsReceived", f"d{n}", message)
        outcome = lines.take(n, row, T0, config)
        assert (outcome is not None) == (name == "cpu")
    paged = []
    for at in (T0 + 399, T0 + 400):
        while (outcome := lines.fire(at, config)) is not None:
            pages = outcome.turned.pages if outcome.turned is not None else ()
            paged += [(at - T0, outcome.entity, page.body["user_id"]) for page in pages]
    assert paged == [(399.0, "incident/cpu", "ben"), (400.0, "incident/disk", "ada")]


def test_a_plan_goes_through_a_silence_and_on_after_it() -> None:
    config = replace(organisation(), silences=(silence(lasts=86_400.0),))
    event = AlertEvent("disk", "firing", "disk", labels={"alertname": "disk"}, starts_at=T0)
    (found,) = plan(config, config.integrations["i"], [event], T0)
    assert found.complete and [type(m.event).__name__ for m in found.moments][2:4] == ["Suppressed", "Released"]
    assert [(user_id, page.at - T0) for user_id, page in found.pages][:2] == [("ada", 86_400.0), ("ben", 86_700.0)]
