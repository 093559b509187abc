"""Where alerts go, what is refused before it can go wrong, and what the incident says about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from domain import events as e
from domain.alert import AlertEvent, Severity
from domain.configuration import Configuration, Grouping, Integration, Matcher, Route
from domain.errors import Invalid
from domain.grouping import Group, group
from domain.holidays import asked
from domain.people import Team
from domain.policy import Policy
from domain.route_checks import MAX_GOING_ON, MAX_ROUTES, MAX_SCANNED, check_routes, check_service
from domain.service import Service, circle_of, downstream, upstream
from domain.spans import Opening
from domain.view import body
from domain.window import Window
from storage.canary import CANARY, CANARY_ENTITY
from tests.unit.desk import T0, Desk, organisation

BERLIN = ZoneInfo("Europe/Berlin")


def label(name: str, value: str, op: str = "=") -> Matcher:
    return Matcher(name, op, value)  # type: ignore[arg-type]


def configured(*routes: Route, everybody: tuple[Route, ...] = (), **more: object) -> tuple[Configuration, Integration]:
    integration = Integration("i", "I", "prometheus", "default", routes=routes, **more)  # type: ignore[arg-type]
    policies = {p: Policy(p, p, 1, ()) for p in ("default", "db", "night", "boss")}
    services = {
        "checkout": Service("checkout", "Checkout", "shop", "db", depends_on=("postgres",)),
        "postgres": Service("postgres", "Postgres", depends_on=("disk",)),
        "disk": Service("disk", "Disk", depends_on=("checkout",)),
    }
    teams = {"shop": Team("shop", "Shop"), "dba": Team("dba", "DBA")}
    return (
        Configuration(
            1, teams=teams, policies=policies, integrations={"i": integration}, services=services, routes=everybody
        ),
        integration,
    )


def alert(key: str = "k", **more: object) -> AlertEvent:
    return AlertEvent(**{"dedup_key": key, "status": "firing", "title": key, **more})  # type: ignore[arg-type]


def berlin(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


def sent(
    config: Configuration, integration: Integration, event: AlertEvent, at: float = T0, payload: object = None
) -> list[Group]:
    return group(config, integration, [event], at, [payload])


def policies(groups: list[Group]) -> list[str]:
    return [g.policy_id for g in groups]


def test_without_rules_lines_are_those_of_earlier_versions() -> None:
    """Open incidents are found again after an upgrade: these keys must never change."""
    config, integration = configured()
    keys = [
        sent(config, integration, alert("a"))[0].line_key,
        sent(config, integration, alert("a", group_key="g"))[0].line_key,
        sent(config, replace(integration, group_by=("x",)), alert("a", labels={"x": "1"}))[0].line_key,
    ]
    assert keys == ["41af43c10e4c48e6b82c", "659b5793afe43b0471a2", "24e5a193e8690a7fd80c"]


def test_the_first_rule_that_applies_decides() -> None:
    rules = (Route((label("team", "db"),), "db"), Route((label("team", "d.*", "=~"),), "boss"))
    config, integration = configured(*rules)
    assert policies(sent(config, integration, alert(labels={"team": "db"}))) == ["db"]
    assert policies(sent(config, integration, alert(labels={"team": "dx"}))) == ["boss"]
    assert policies(sent(config, integration, alert(labels={"team": "web"}))) == ["default"]


def test_a_rule_that_goes_on_adds_and_takes_nothing_away() -> None:
    rules = (Route((), "boss", severities=(Severity.CRITICAL,), goes_on=True), Route((label("team", "db"),), "db"))
    config, integration = configured(*rules)
    urgent = alert(labels={"team": "db"}, severity=Severity.CRITICAL)
    assert policies(sent(config, integration, urgent)) == ["db", "boss"]
    assert policies(sent(config, integration, alert(severity=Severity.CRITICAL))) == ["default", "boss"]
    assert policies(sent(config, integration, alert(severity=Severity.INFO))) == ["default"]


def test_a_rule_that_goes_on_to_the_same_place_sends_once() -> None:
    config, integration = configured(Route((), "default", goes_on=True))
    assert policies(sent(config, integration, alert())) == ["default"]


def test_the_organisation_comes_first_but_the_canary_is_left_alone() -> None:
    config, integration = configured(Route((), "db"), everybody=(Route((label("env", "prod"),), "boss"),))
    assert policies(sent(config, integration, alert(labels={"env": "prod"}))) == ["boss"]
    assert policies(sent(config, integration, alert())) == ["db"]
    canary = Integration(CANARY, "Canary", "generic", CANARY, organisation_routes=False)
    (found,) = group(replace(config, routes=(Route((), "boss"),)), canary, [alert("canary")], T0)
    assert f"incident/{found.line_key}" == CANARY_ENTITY


def test_a_route_names_a_service_and_the_service_its_policy_and_team() -> None:
    config, integration = configured(Route((label("a", "1"),), service_id="checkout"), team_id="dba")
    (found,) = sent(config, integration, alert(labels={"a": "1"}))
    assert (found.policy_id, found.team_id, found.service_id) == ("db", "shop", "checkout")
    (other,) = sent(config, integration, alert())
    assert (other.policy_id, other.team_id, other.service_id) == ("default", "dba", None)


def test_a_severity_of_the_route_replaces_that_of_the_alert() -> None:
    config, integration = configured(Route((label("env", "dev"),), "db", severity=Severity.INFO))
    (found,) = sent(config, integration, alert(labels={"env": "dev"}, severity=Severity.CRITICAL))
    assert found.events[0].severity is Severity.INFO


def test_an_expression_reads_what_the_sender_sent() -> None:
    config, integration = configured(Route((), "db", expression='payload.values.B > 90.0 && alert.title == "k"'))
    assert policies(sent(config, integration, alert(), payload={"values": {"B": 91.5}})) == ["db"]
    assert policies(sent(config, integration, alert(), payload={"values": {"B": 20}})) == ["default"]


def test_an_expression_that_fails_is_no_match_and_the_timeline_says_so() -> None:
    config, integration = configured(Route((), "db", name="hot", expression="payload.values.B > 90.0"))
    (found,) = sent(config, integration, alert(), payload={"other": 1})
    assert found.policy_id == "default"
    assert "rule 1 (hot) was passed over" in found.problems[0] and "'values'" in found.problems[0]
    desk = Desk(organisation())
    desk.alerts(alert(), problems=found.problems)
    assert [x.problems for x in desk.events if isinstance(x, e.FellBack)] == [found.problems]
    assert desk.pages, "what failed on the way keeps no page back"


@pytest.mark.parametrize(
    "text", ['payload["\\u0000"] == 1', "payload.t", "payload.t == 1 || payload.t.size() > payload.t"]
)
def test_what_an_expression_says_of_its_failure_can_always_be_stored(text: str) -> None:
    config, integration = configured(Route((), "db", expression=text))
    (found,) = sent(config, integration, alert(), payload={"t": "a\x00\x1b\x85b"})
    assert found.problems and not {"\x00", "\x1b", "\x85"} & set("".join(found.problems))


def test_who_is_called_by_night_is_decided_by_night_and_an_incident_does_not_change_at_dawn() -> None:
    night = Window("Europe/Berlin", (), "22:00", "06:00")
    config, integration = configured(Route((), "night", windows=(night,)))
    start = berlin("2026-03-02T05:59:00")
    (first,) = sent(config, integration, alert(starts_at=start), start)
    (again,) = sent(config, integration, alert(starts_at=start), berlin("2026-03-02T09:00:00"))
    (over,) = sent(config, integration, alert(starts_at=start, status="resolved"), berlin("2026-03-02T09:01:00"))
    assert first.policy_id == "night"
    assert first.line_key == again.line_key == over.line_key
    assert again.policy_id == "default", "an incident that opens now calls who is to be called now"
    assert policies(sent(config, integration, alert("new", starts_at=berlin("2026-03-02T06:00:00")))) == ["default"]


def test_a_resolution_without_start_or_severity_goes_everywhere_its_firing_can_be() -> None:
    rules = (
        Route((label("team", "db"),), "boss", severities=(Severity.CRITICAL,)),
        Route((label("team", "web"),), "night"),
        Route((label("team", "db"),), "db"),
    )
    config, integration = configured(*rules)
    found = sent(config, integration, alert(status="resolved", labels={"team": "db"}))
    assert sorted(policies(found)) == ["boss", "db"]
    assert policies(sent(config, integration, alert(status="resolved", labels={"team": "web"}))) == ["night"]


@pytest.mark.parametrize(
    ("window", "at", "inside"),
    [
        (Window("Europe/Berlin", (4,), "22:00", "06:00"), "2026-03-06T23:00:00", True),
        (Window("Europe/Berlin", (4,), "22:00", "06:00"), "2026-03-07T05:59:00", True),
        (Window("Europe/Berlin", (4,), "22:00", "06:00"), "2026-03-07T22:30:00", False),
        (Window("Europe/Berlin", (4,), "22:00", "06:00"), "2026-03-06T05:00:00", False),
        (Window("Europe/Berlin", (), "09:00", "17:00"), "2026-03-06T17:00:00", False),
        (Window("Europe/Berlin", weekdays=(5, 6)), "2026-03-07T00:00:00", True),
        (Window("Europe/Berlin", weekdays=(5, 6)), "2026-03-06T23:59:00", False),
        (Window("Europe/Berlin", (), "01:00", "04:00"), "2026-03-29T03:30:00", True),
        (Window("Europe/Berlin", (), "02:00", "03:00"), "2026-03-29T03:00:00", False),
    ],
)
def test_a_window_is_hours_on_the_wall(window: Window, at: str, inside: bool) -> None:
    assert Opening((window,), ZoneInfo(window.zone), asked(())).holds(berlin(at)) is inside


def test_incidents_are_grouped_by_labels_by_sender_and_by_span() -> None:
    config, integration = configured(group_by=("host",), group_window_s=600.0)

    def line(starts_at: float | None, **more: object) -> str:
        return sent(config, integration, alert(labels={"host": "a"}, starts_at=starts_at, **more))[0].line_key

    assert line(1_200.0) == line(1_799.0) == line(1_200.0, status="resolved") != line(1_800.0)
    assert line(None) == line(None, status="resolved") not in (line(1_200.0), line(1_800.0))
    config, integration = configured(group_by_sender=False)
    first, second = alert("a", group_key="g"), alert("b", group_key="g")
    assert len(group(config, integration, [first, second], T0)) == 2
    together = Route((), "db", grouping=Grouping(by_sender=True))
    config, integration = configured(together, group_by_sender=False)
    assert len(group(config, integration, [first, second], T0)) == 1


@pytest.mark.parametrize(
    ("route", "field", "words"),
    [
        (Route((), "nobody"), "routes[0].policy_id", "no policy"),
        (Route((), "db", "nobody"), "routes[0].team_id", "no team"),
        (Route((), service_id="nothing"), "routes[0].service_id", "no service"),
        (Route((), goes_on=True), "routes[0].policy_id", "additional way"),
        (Route((), "db", expression="alert.title = 'x'"), "routes[0].expression", "Line 1, character 13"),
        (Route((), "db", expression="alrt.title == 'x'"), "routes[0].expression", "no 'alrt' here"),
        (Route((), "db", expression="alert.title.size() == 1 && now() > 1"), "routes[0].expression", "'now'"),
        (
            Route((), "db", expression="payload.a.all(x, payload.b.all(y, x == y))"),
            "routes[0].expression",
            "within another",
        ),
        (
            Route((), "db", expression="true // '''\n|| payload.a.all(x, payload.b.all(y, x == y)) // '''"),
            "routes[0].expression",
            "within another",
        ),
        (Route((), "db", expression="alert.title.matches('(')"), "routes[0].expression", "unclosed group"),
        (Route((), "db", expression="alert.title.matches(payload.p)"), "routes[0].expression", "in quotes"),
        (Route((), "db", expression="(" * 30 + "true" + ")" * 30), "routes[0].expression", "nested deeper"),
        (Route((label("a", "x(", "=~"),), "db"), "routes[0].matchers[0].value", "character 2: unclosed group"),
        (Route((label("a", r"(a)\1", "=~"),), "db"), "routes[0].matchers[0].value", "backreferences"),
        (Route((label("a", "((a{50}){50}){50}", "=~"),), "db"), "routes[0].matchers[0].value", "repetition"),
        (Route((), "db", windows=(Window("Mars/Base"),)), "routes[0].windows[0].zone", "no IANA time zone"),
        (Route((), "db", windows=(Window("UTC", start="24:00"),)), "routes[0].windows[0].start", "no time of day"),
        (Route((), "db", windows=(Window("UTC", weekdays=(7,)),)), "routes[0].windows[0].weekdays[0]", "0 (Monday)"),
        (Route((), "db", grouping=Grouping(window_s=1.0)), "routes[0].grouping.window_s", "between 60"),
    ],
)
def test_what_cannot_be_asked_or_leads_nowhere_is_refused_by_name(route: Route, field: str, words: str) -> None:
    config, _ = configured()
    with pytest.raises(Invalid) as refused:
        check_routes([route], config)
    assert refused.value.field == field
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("routes", "field"),
    [
        ((Route((label("a", "1"),), "db"),) * (MAX_ROUTES + 1), "routes"),
        ((Route((), "db"),) * (MAX_SCANNED + 1), f"routes[{MAX_SCANNED}]"),
        ((Route((label("a", "1"),), "db", goes_on=True),) * (MAX_GOING_ON + 1), f"routes[{MAX_GOING_ON}]"),
    ],
)
def test_lists_that_would_slow_every_alert_down_are_refused(routes: tuple[Route, ...], field: str) -> None:
    config, _ = configured()
    with pytest.raises(Invalid) as refused:
        check_routes(routes, config)
    assert refused.value.field == field


def test_dependencies_that_go_in_a_circle_since_long_are_walked_once() -> None:
    config, _ = configured()
    assert upstream(config.services, "checkout") == {"postgres": 1, "disk": 2}
    assert downstream(config.services, "checkout") == {"disk": 1, "postgres": 2}
    assert upstream(config.services, "gone") == {}


@pytest.mark.parametrize(
    ("service", "field"),
    [
        (Service("new", "New", team_id="nobody"), "team_id"),
        (Service("new", "New", policy_id="nothing"), "policy_id"),
        (Service("new", "New", depends_on=("checkout", "nothing")), "depends_on[1]"),
        (Service("disk", "Disk", depends_on=("disk",)), "depends_on[0]"),
        (Service("new", "New", depends_on=("checkout",) * 101), "depends_on"),
        (Service("disk", "Disk", depends_on=("checkout",)), "depends_on"),
    ],
)
def test_a_service_with_an_owner_or_need_that_does_not_exist_is_refused(service: Service, field: str) -> None:
    config, _ = configured()
    with pytest.raises(Invalid) as refused:
        check_service(service, config)
    assert refused.value.field == field


def test_a_circle_is_refused_with_its_way_and_one_elsewhere_is_nobodys_fault() -> None:
    config, _ = configured()
    with pytest.raises(Invalid) as refused:
        check_service(config.services["postgres"], config)
    way = "Postgres needs Disk, which needs Checkout, which needs Postgres"
    assert way in refused.value.message
    check_service(Service("new", "New", depends_on=("checkout",)), config)
    check_service(Service("checkout", "Checkout"), config)
    assert circle_of(config.services, "new") == ()


def test_silenced_at_the_source_is_shown_and_keeps_no_page_back() -> None:
    desk = Desk(organisation())
    desk.alerts(alert("a", silenced_by=("silence 5f3",)), alert("b"))
    assert desk.pages
    shown = body(desk.line, "line")
    assert shown["alerts_silenced_at_source"] == 1
    assert [m["silenced_by"] for m in shown["members"]] == [["silence 5f3"], []]
    desk.alerts(alert("a"), alert("b", silenced_by=("muted",)))
    assert [m["silenced_by"] for m in body(desk.line, "line")["members"]] == [[], ["muted"]]
    assert [x.by for x in desk.events if isinstance(x, e.SilencedAtSource)] == [{"a": (), "b": ("muted",)}]
