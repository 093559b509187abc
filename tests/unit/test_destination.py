"""Destinations: called by steps like people, and never taken for one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.configuration import Configuration
from domain.destination import Destination, check_destination
from domain.errors import Invalid
from domain.explain import explain
from domain.explained import Happened, IncidentFacts
from domain.lint import lint
from domain.lint.finding import Facts, Failing
from domain.people import ContactMethod
from domain.policy import Step, Target
from domain.policy_checks import check_last_resort, check_people, check_policy
from runtime.codec import body_of
from tests.unit.desk import Desk, organisation, person, user

ROOM = Target("destination", "room")
DESTINATION = Destination("room", "War room", ContactMethod("room", "room", "slack", "War room", "https://x.org/y"))


def config_of(*steps: Step) -> Configuration:
    config = organisation(steps, users=(person("ada"), person("ben"), person("boss"), person("gone", 0)))
    return replace(config, destinations={"room": DESTINATION})


def desk(*steps: Step) -> Desk:
    site = Desk(config_of(*steps))
    site.fire()
    return site


def test_a_destination_gets_its_page_together_with_people_and_is_nobodys_assignee() -> None:
    site = desk(Step((user("ada"), ROOM), 300.0))
    assert site.called() == ["ada", "room"]
    assert site.line.called == ("ada",)
    (page,) = [p for p in site.pages if p.user_id == "room"]
    assert page.contact is not None and page.contact.address == "https://x.org/y"


def test_a_step_of_destinations_alone_waits_as_it_says() -> None:
    site = desk(Step((ROOM,), 300.0), Step((user("ada"),), 300.0))
    site.wait(299)
    assert site.called() == ["room"]
    site.wait(1)
    assert site.called() == ["room", "ada"]


def test_where_none_of_its_people_can_be_called_a_step_waits_for_nobody() -> None:
    site = desk(Step((user("gone"), ROOM), 300.0), Step((user("ada"),), 300.0))
    site.wait(0)
    assert site.called() == ["room", "ada"]


def test_that_a_page_arrived_there_does_not_keep_a_step_waiting_for_people_who_cannot_be_reached() -> None:
    site = desk(Step((user("ada"), ROOM), 300.0), Step((user("ben"),), 300.0))
    site.fail(next(p for p in site.pages if p.user_id == "ada"))
    assert site.called() == ["ada", "room", "ben"]


def test_if_destinations_are_all_there_is_their_failure_brings_the_next_step() -> None:
    site = desk(Step((ROOM,), 300.0), Step((user("ben"),), 300.0))
    site.fail(site.pages[0])
    assert site.called() == ["room", "ben"]


def test_and_its_failure_brings_none_while_somebody_may_answer() -> None:
    site = desk(Step((user("ada"), ROOM), 300.0), Step((user("ben"),), 300.0))
    site.fail(next(p for p in site.pages if p.user_id == "room"))
    assert site.called() == ["ada", "room"]


def test_a_deleted_destination_is_passed_over() -> None:
    site = Desk(replace(config_of(Step((ROOM,), 300.0), Step((user("ada"),), 300.0)), destinations={}))
    site.fire()
    assert site.called() == ["ada"]


def test_an_explanation_speaks_of_it() -> None:
    config = config_of(Step((user("ada"), ROOM), 300.0))
    site = Desk(config)
    site.fire()
    events = [Happened(type(x).__name__, body_of(x), at) for x, at in zip(site.events, site.at, strict=True)]
    told = explain(IncidentFacts("k-1", "Disk", events), {"room": "War room"}, ZoneInfo("UTC"))
    assert told.unexplained == {}
    assert any("War room" in page.sentence for page in told.pages)


@pytest.mark.parametrize(
    ("kind", "secret", "mention", "field"),
    [
        ("webhook", "", False, "secret"),
        ("webhook", "short", False, "secret"),
        ("webhook", "x" * 16, True, "mention"),
        ("slack", "x" * 16, False, "secret"),
    ],
)
def test_what_makes_no_sense_names_its_field(kind: Any, secret: str, mention: bool, field: str) -> None:
    with pytest.raises(Invalid) as error:
        check_destination(kind, secret, mention)
    assert error.value.field == field


def test_it_takes_no_turns_no_incidents_and_is_no_last_resort() -> None:
    config = config_of(Step((user("ada"),), 300.0))
    policy = replace(config.policies["p"], steps=(Step((user("ada"), ROOM), 300.0, round_robin=True),))
    for check in (
        lambda: check_policy(policy, config),
        lambda: check_people((ROOM,), "targets", config),
        lambda: check_last_resort((ROOM,), config),
        lambda: check_policy(replace(policy, steps=(Step((Target("destination", "none"),), 1.0),)), config),
    ):
        with pytest.raises(Invalid):
            check()


def test_lint_takes_it_for_nobody() -> None:
    def kinds(*steps: Step, failing: str = "") -> set[str]:
        facts = Facts(failing={"room": Failing(1_790_000_000.0, 3, failing)} if failing else {})
        return {f.kind for f in lint(config_of(*steps), facts, 1_800_000_000.0).findings}

    assert "only_destinations" in kinds(Step((ROOM,), 300.0))
    mixed = kinds(Step((ROOM,), 300.0), Step((user("ada"),), 300.0))
    assert not mixed & {"only_destinations", "step_reaches_nobody", "destination_unused"}
    assert "step_reaches_nobody" in kinds(Step((ROOM, user("gone")), 300.0), Step((user("ada"),), 300.0))
    unused = kinds(Step((user("ada"),), 300.0), failing="answered 500")
    assert {"destination_unused", "destination_failing"} <= unused
