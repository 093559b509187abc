"""Templates: what they make, what they may not do, and that none of them keeps an alert back."""

from __future__ import annotations

from typing import Any

import pytest

from domain.alert import AlertEvent, Link, Severity
from domain.configuration import Configuration, Integration, LinkTemplate, Matcher, Route, Templates
from domain.enrichment import enriched, taken_in
from domain.errors import Invalid
from domain.policy import Policy
from domain.route_checks import check_templates
from domain.template import Failed, render, template

T0 = 1_800_000_000.0
VIEW: dict[str, Any] = {
    "alert": {"title": "Disk", "labels": {"service": "db", "env": "prod"}},
    "payload": {"values": {"B": 93.456}, "items": [1, 2, 3], "long": "x" * 8_000, "list": ["a"] * 900},
}


def made(text: str, limit: int = 200) -> str:
    return render(text, VIEW, limit)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ alert.labels.service }}: {{ payload.values.B | round(1) }} %", "db: 93.5 %"),
        ("{{ payload.no.such.field | default('none') }}", "none"),
        (
            "{% for k, v in alert.labels.items() %}{{ k }}={{ v }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "service=db, env=prod",
        ),
        ("{{ 'live' if alert.labels.env == 'prod' else 'test' }}", "live"),
        ("{{ alert.labels.service ~ '-' ~ alert.title | lower }}", "db-disk"),
        ("{{ alert.labels | dictsort | map('first') | join(',') }}", "env,service"),
        ("{{ payload.items | sum }} of {{ payload.list | length }}", "6 of 900"),
        ("{{ alert.title.split('s') | first }}{{ alert.title[1:3] }}", "Diis"),
        ("{{ alert.labels | tojson }}", '{"service": "db", "env": "prod"}'),
        ("{{ payload.values.B > 90 and payload.x is not defined }}", "True"),
        ("{{ payload.long }}", "x" * 200 + "…"),
    ],
)
def test_a_template_makes_words_of_an_alert(text: str, result: str) -> None:
    assert made(text) == result


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ alert.title", "Line 1: unexpected end"),
        ("a\n{{ alert.title | shout }}", "Line 2: there is no filter 'shout'"),
        ("{{ alert.title is silly }}", "no test 'silly'"),
        ("{{ labels.env }}", "no 'labels' here"),
        ("{{ range(10) }}", "no 'range' here"),
        ("{% macro a() %}{% endmacro %}", "macro cannot be used"),
        ("{% include 'x' %}", "include cannot be used"),
        ("{% set ns = namespace(a=1) %}", "no 'namespace' here"),
        ("{% for a in payload.list recursive %}{{ loop(a) }}{% endfor %}", "for cannot be used"),
        ("{{ 10 ** 10 }}", "pow cannot be used"),
        ("{{ _fuel }}", "'_fuel' cannot be used"),
        ("{{ self }}", "'self' cannot be used"),
        ("{{ alert.title | attr('__class__') }}", "no filter"),
        ("{{ " + "(" * 300 + "1" + ")" * 300 + " }}", "cannot be compiled"),
        ("x" * 5_000, "at most 4096"),
    ],
)
def test_a_template_that_cannot_be_read_or_could_run_away_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        template(text)
    assert words in refused.value.message
    with pytest.raises(Invalid) as named:
        check_templates(Templates(links=(LinkTemplate("https://x"), LinkTemplate(text))), "templates")
    assert named.value.field == "templates.links[1].href"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ payload.no.such.field }}", "no attribute 'no'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ 'a' * 1000000000 }}", "takes numbers"),
        ("{{ '%1000000000d' % 1 }}", "takes numbers"),
        ("{{ '{:1000000000}'.format(1) }}", "format() cannot be called"),
        ("{{ payload.long.ljust(1000000000) }}", "ljust() cannot be called"),
        ("{{ payload.long.__class__ }}", "unsafe"),
        ("{{ payload.list | map('nope') | list }}", "nope"),
        ("{% set a = 99999 %}" + "{% set a = a * a %}" * 99, "grows too large"),
        ("{% set a = payload.long %}" + "{% set a = a ~ a %}" * 99, "grows beyond"),
        ("{% set a = payload.long %}" + "{% set a = a + a %}" * 99, "grows beyond"),
        ("{{ payload.list | join(payload.long) }}", "grows beyond"),
        ("{{ payload.long | replace('x', payload.long) }}", "grows beyond"),
        ("{% for a in payload.list %}{% for b in payload.list %}{% endfor %}{% endfor %}", "takes too long"),
        ("{% for a in payload.list %}{% set z = payload.list | sort | unique | list %}{% endfor %}", "takes too long"),
        ("{% for a in payload.list %}" + "{% set z = payload.long | upper %}" * 99 + "{% endfor %}", "takes too long"),
    ],
)
def test_a_template_that_would_run_away_fails_and_says_why(text: str, words: str) -> None:
    with pytest.raises(Failed) as failed:
        made(text)
    assert words in str(failed.value)


def integration(templates: Templates, **more: Any) -> Integration:
    return Integration("i", "I", "prometheus", "p", templates=templates, **more)


def alert(**more: Any) -> AlertEvent:
    return AlertEvent(**{"dedup_key": "k", "status": "firing", "title": "t", "labels": {"env": "prod"}, **more})


def test_an_alert_gets_the_words_of_its_integration() -> None:
    templates = Templates(
        title="[{{ alert.labels.site }}] {{ alert.title }}",
        message="{{ payload.text }}\nsecond line",
        severity="{{ 'WARNING' if alert.labels.env == 'prod' }}",
        runbook="https://wiki/{{ alert.labels.site | urlencode }}",
        links=(LinkTemplate("https://graph/{{ alert.dedup_key }}", "Graph of {{ alert.labels.site }}"),),
        labels={"site": "{{ alert.title | upper }}", "empty": "{{ '' }}"},
    )
    sent = alert(links=(Link("https://wiki/T", "old"), Link("https://source", "Source")))
    found, problems = enriched(integration(templates), sent, {"text": "hello"})
    assert problems == ()
    assert (found.title, found.description, found.severity) == ("[T] t", "hello\nsecond line", Severity.WARNING)
    assert found.labels == {"env": "prod", "site": "T"}
    assert [(link.href, link.text) for link in found.links] == [
        ("https://wiki/T", "Runbook"),
        ("https://graph/k", "Graph of T"),
        ("https://source", "Source"),
    ]


def test_what_fails_keeps_the_senders_words_and_is_told_with_the_alert() -> None:
    templates = Templates(
        title="{{ payload.nothing }}", severity="urgent", runbook="javascript:alert(1)", labels={"env": "{{ 1 / 0 }}"}
    )
    config = Configuration(1, policies={"p": Policy("p", "p", 1, ())})
    (found,) = taken_in(config, integration(templates), [alert(severity=Severity.ERROR)], T0, [{}])
    (event,) = found.events
    assert (event.title, event.severity, event.links, event.labels) == ("t", Severity.ERROR, (), {"env": "prod"})
    told = "\n".join(found.problems)
    assert all(what in told for what in ("title", "'urgent'", "https://", "label 'env'"))


def test_no_result_can_be_refused_by_the_database() -> None:
    found, _ = enriched(integration(Templates(title="a{{ payload.t }}b")), alert(), {"t": "\x00\ud800\x1b"})
    assert found.title == "ab"


def test_made_labels_are_routed_by() -> None:
    routes = (Route((Matcher("team", "=", "db"),), "q"),)
    tried = integration(Templates(labels={"team": "{{ payload.owner }}"}), routes=routes)
    config = Configuration(1, policies={p: Policy(p, p, 1, ()) for p in "pq"})
    groups = taken_in(config, tried, [alert(), alert(dedup_key="l")], T0, [{"owner": "db"}, {"owner": "web"}])
    assert [g.policy_id for g in groups] == ["q", "p"]


def test_a_made_key_groups_and_a_resolution_is_found_though_the_template_failed_for_one_of_them() -> None:
    config = Configuration(1, policies={"p": Policy("p", "p", 1, ())})
    tried = integration(Templates(group_key="{{ alert.status }}/{{ payload.cluster }}"))
    a, b, over = alert(dedup_key="a"), alert(dedup_key="b"), alert(dedup_key="a", status="resolved")
    (together,) = taken_in(config, tried, [a, b], T0, [{"cluster": "x"}, {"cluster": "x"}])
    assert together.line_key in {g.line_key for g in taken_in(config, tried, [over], T0, [{"cluster": "x"}])}
    (failed,) = taken_in(config, tried, [a], T0, [{}])
    assert failed.problems
    assert failed.line_key in {g.line_key for g in taken_in(config, tried, [over], T0, [{"cluster": "x"}])}
