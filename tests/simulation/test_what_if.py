"""What a change would have done: the same alerts, the same people, another configuration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.destination import Destination
from domain.errors import Invalid
from domain.people import ContactMethod, User
from domain.rota import HandoffRules, Rota
from simulation import compare, exchange
from simulation.change import changed
from simulation.generate import generate
from simulation.learn import Called, learn
from simulation.organisation import START
from simulation.report import Report, count, report, span
from simulation.run import simulate
from simulation.scenario import Faults, Scenario


def scenario() -> Scenario:
    return replace(generate(2, 20, 20.0, 4.0, Faults()), changes=(), upgrades=())


def two(change: object) -> compare.Comparison:
    before = scenario()
    after = before.with_configuration(changed(before.configuration, change))
    return compare.Comparison(reported(before), reported(after))


def reported(made: Scenario) -> Report:
    return report(made, [count(simulate(made))])


def test_a_change_of_nothing_changes_nothing() -> None:
    same = two({})
    assert same.before == same.after
    assert "as many night pages" in compare.sentence(same)


def test_calling_by_mail_first_costs_time_and_spares_nobody_because_the_fallback_comes() -> None:
    users = {u: {"urgent": [{"contact_method_id": f"{u}-email", "delay_s": 0}]} for u in scenario().configuration.users}
    found = two({"users": users})
    assert found.after.night_pages > found.before.night_pages, "the mail, and then everything else as well"
    assert found.after.median_ack_s > found.before.median_ack_s
    assert "more night pages" in compare.sentence(found)
    assert len(compare.text(found).splitlines()) > 3


def test_a_longer_wait_sends_fewer_pages_and_spares_the_second_line() -> None:
    policy = {"steps": [{"targets": [{"kind": "schedule", "id": "Team 0, first line"}], "wait_s": 3600}], "repeat": 0}
    found = two({"policies": {"Team 0, urgent": policy}})
    assert found.after.pages < found.before.pages
    team_1 = [f"u{n}" for n in range(11, 20)]  # u10 is on duty for the last resort, which comes sooner
    assert [found.before.load[u] for u in team_1] == [found.after.load[u] for u in team_1], "not theirs to change"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ([], "JSON object"),
        ({"polices": {}}, "no such section"),
        ({"policies": {"Team 99": {}}}, "id or name 'Team 99'"),
        ({"policies": {"p0": {"stepz": []}}}, "no field 'stepz'"),
        ({"policies": {"p0": {"steps": []}}}, "at least one step"),
        ({"policies": {"p0": {"steps": [{"wait_s": "soon", "targets": []}]}}}, "float"),
        ({"last_resort": [{"kind": "user", "id": "Nobody"}]}, "'Nobody'"),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_what_is_wrong(change: object, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        changed(scenario().configuration, change)
    assert told in str(refused.value)


def test_an_exported_organisation_decides_the_same_and_holds_no_secret() -> None:
    made = scenario()
    secret = ContactMethod("u0-hook", "u0", "webhook", "+49 170 1234567", "https://hooks/SECRET", settings={"k": "KEY"})
    user = replace(made.configuration.users["u0"], email="private@example.org")
    user = replace(user, contacts=(*user.contacts, secret))
    channel = ContactMethod("d9", "d9", "webhook", "hook", "https://hooks/SECRET", settings={"secret": "KEY"})
    config = replace(
        made.configuration,
        users={**made.configuration.users, "u0": user},
        destinations={**made.configuration.destinations, "d9": Destination("d9", "Automation", channel)},
        rota=Rota({"s0": HandoffRules(slack_token="xoxb-KEY")}),
    )
    raw = exchange.organisation_json(config, made.people)
    assert not any(word in raw for word in (b"SECRET", b"KEY", b"private@", b"+49 170"))
    read = exchange.read_organisation(raw)
    arrivals = exchange.read_alerts(exchange.alerts_jsonl(made.arrivals))
    assert arrivals == made.arrivals
    elsewhere = replace(made, configuration=read.configuration, people=read.people, arrivals=arrivals)
    assert simulate(elsewhere).digest() == simulate(replace(made, configuration=config)).digest()


def test_a_file_that_is_something_else_is_refused_with_its_line() -> None:
    with pytest.raises(exchange.Unreadable, match="no organisation"):
        exchange.read_organisation(b"{}")
    with pytest.raises(exchange.Unreadable, match="line 2"):
        exchange.read_alerts(exchange.alerts_jsonl(scenario().arrivals[:1]) + b"{}\n")


def test_behaviour_is_learned_from_the_past_where_there_is_enough_of_it() -> None:
    users = {name: User(name, name, "") for name in ("ada", "ben")}
    noon, night = START + 12 * 3600, START + 3 * 3600
    calls = [Called("ada", noon + n, 30.0 * n or None) for n in range(10)]
    calls += [Called("ada", night + n, None) for n in range(8)] + [Called("ben", noon, 5.0), Called("gone", noon, 5.0)]
    found = learn(users, calls)
    assert list(found) == ["ada"], "of ben too little is known"
    assert span(found["ada"].day.median_s) == "2 min"
    assert found["ada"].day.answers == pytest.approx(10 / 12)
    assert found["ada"].night.answers == pytest.approx(1 / 10)
    assert found["ada"].source == "learned from the past"
