"""Routing: the index changes nothing, a resolution finds its firing, expressions and patterns never run away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.alert import AlertEvent, Severity
from domain.configuration import Configuration, Grouping, Integration, Matcher, Route
from domain.errors import Invalid
from domain.expression import Expression, Failed, View
from domain.grouping import group
from domain.holidays import asked
from domain.pattern import BadPattern, compiled
from domain.payload import bounded, described
from domain.policy import Policy
from domain.routing import Rules, route
from domain.service import Service
from domain.spans import Opening
from domain.template import Failed as NoText
from domain.template import render, template
from domain.window import Window
from domain.words import clean

LABELS = ("env", "team", "service")
VALUES = ("", "a", "b", "ab")
POLICIES = ("p", "q", "r")
HOUR = 3_600.0

matchers = st.builds(
    Matcher,
    st.sampled_from(LABELS),
    st.sampled_from(["=", "=", "=", "!=", "=~", "!~"]),
    st.sampled_from([*VALUES, "a.*", "(a|b)"]),
)
clocks = st.integers(0, 23).map(lambda h: f"{h:02}:00")
windows = st.builds(
    Window,
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
    st.sets(st.integers(0, 6), max_size=4).map(tuple),
    clocks,
    clocks,
)
groupings = st.builds(
    Grouping,
    st.lists(st.sampled_from(LABELS), max_size=2).map(tuple),
    st.booleans(),
    st.sampled_from([None, 600.0, HOUR]),
)
EXPRESSIONS = ("", "", "", 'alert.severity == "critical"', "payload.n > 2", 'has(payload.m) || alert.labels.env == "a"')
routes = st.builds(
    Route,
    matchers=st.lists(matchers, max_size=3).map(tuple),
    policy_id=st.sampled_from(POLICIES),
    severities=st.one_of(st.just(()), st.sets(st.sampled_from(list(Severity)), max_size=2).map(tuple)),
    service_id=st.sampled_from([None, None, "s"]),
    expression=st.sampled_from(EXPRESSIONS),
    windows=st.one_of(st.just(()), st.lists(windows, max_size=2).map(tuple)),
    grouping=st.one_of(st.none(), groupings),
    goes_on=st.sampled_from([False, False, False, True]),
)
lists = st.lists(routes, max_size=8).map(tuple)
labels = st.dictionaries(st.sampled_from([*LABELS, "other"]), st.sampled_from(VALUES), max_size=4)
instants = st.integers(0, 400 * 24).map(lambda h: 1_767_225_600.0 + h * HOUR)
severities = st.one_of(st.none(), st.sampled_from(list(Severity)))


def configured(own: tuple[Route, ...], everybody: tuple[Route, ...]) -> tuple[Configuration, Integration]:
    integration = Integration("i", "I", "generic", "p", routes=own)
    config = Configuration(
        1,
        policies={p: Policy(p, p, 1, ()) for p in POLICIES},
        integrations={"i": integration},
        services={"s": Service("s", "S", policy_id="r")},
        routes=everybody,
    )
    return config, integration


def naive(rules: tuple[Route, ...], event: AlertEvent, payload: Any, at: float) -> list[int]:
    """Which rules apply, asked one after the other, each by itself."""
    found = []
    for n, rule in enumerate(rules):
        values = [(m, event.labels.get(m.label, "")) for m in rule.matchers]
        equal = all((v == m.value) == (m.op == "=") for m, v in values if m.op in ("=", "!="))
        fitting = all(
            compiled(m.value).isinstance_python(v) == (m.op == "=~") for m, v in values if m.op in ("=~", "!~")
        )
        worst = event.severity or Severity.CRITICAL
        timely = not rule.windows or Opening(rule.windows, ZoneInfo("UTC"), asked(())).holds(at)
        if equal and fitting and timely and (not rule.severities or worst in rule.severities):
            if rule.expression:
                view = View(described(event, Severity.CRITICAL), bounded(payload))
                try:
                    if not Expression(rule.expression).holds(view):
                        continue
                except Failed:
                    continue
            found.append(n)
            if not rule.goes_on:
                break
    return found


@settings(max_examples=400, deadline=None)
@given(lists, labels, severities, instants, st.sampled_from([None, {}, {"n": 1}, {"n": 3, "m": 1}]))
def test_the_index_changes_nothing(
    own: tuple[Route, ...], said: dict[str, str], severity: Severity | None, at: float, payload: Any
) -> None:
    config, integration = configured(own, ())
    event = AlertEvent("k", "firing", "T", severity, labels=said)
    applied = naive(own, event, payload, at)
    found = [d.rule for d in route(config, integration, event, payload, at).destinations]
    expected = [f"rule {n + 1}" for n in applied]
    if not applied or own[applied[-1]].goes_on:
        expected.append("default route")
    assert found == expected


@settings(max_examples=300, deadline=None)
@given(lists, lists, labels, severities, instants, instants, st.sampled_from([None, {"n": 3}, {"m": 1}]), st.booleans())
def test_a_resolution_reaches_every_line_that_its_firing_did(
    own: tuple[Route, ...],
    everybody: tuple[Route, ...],
    said: dict[str, str],
    severity: Severity | None,
    fired: float,
    resolved: float,
    payload: Any,
    start_known: bool,
) -> None:
    config, integration = configured(own, everybody)
    event = AlertEvent("k", "firing", "T", severity, labels=said, starts_at=fired if start_known else None)
    # Without a start there is no span to be grouped by, and windows look at the clock.
    over = replace(event, status="resolved", severity=None)
    lines = {g.line_key for g in group(config, integration, [event], fired, [payload])}
    ended = {g.line_key for g in group(config, integration, [over], resolved, [None])}
    assert lines <= ended


@settings(max_examples=200, deadline=None)
@given(lists, labels, severities, instants, st.integers(0, 100))
def test_a_repetition_is_no_other_line_whatever_the_time(
    own: tuple[Route, ...], said: dict[str, str], severity: Severity | None, start: float, hours: int
) -> None:
    config, integration = configured(own, ())
    event = AlertEvent("k", "firing", "T", severity, labels=said, starts_at=start)
    first = [g.line_key for g in group(config, integration, [event], start + 5.0)]
    again = [g.line_key for g in group(config, integration, [event], start + hours * HOUR)]
    assert first == again


@settings(max_examples=200, deadline=None)
@given(lists, labels, severities, instants)
def test_every_alert_has_somewhere_to_go_and_is_in_no_line_twice(
    own: tuple[Route, ...], said: dict[str, str], severity: Severity | None, at: float
) -> None:
    config, integration = configured(own, ())
    groups = group(config, integration, [AlertEvent("k", "firing", "T", severity, labels=said)], at)
    assert groups and len({g.line_key for g in groups}) == len(groups)
    assert all(g.policy_id in POLICIES for g in groups)


@settings(max_examples=100, deadline=None)
@given(lists, labels)
def test_rules_are_found_in_their_order(own: tuple[Route, ...], said: dict[str, str]) -> None:
    numbers = [n for n, _ in Rules(own).matching(said)]
    assert numbers == sorted(set(numbers))


json_ = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
pieces = st.lists(
    st.sampled_from(
        [
            "alert",
            "payload",
            ".",
            "labels",
            "title",
            "x",
            "[",
            "]",
            "(",
            ")",
            "{",
            "}",
            ":",
            ",",
            "?",
            "!",
            "&&",
            "||",
            "==",
            "!=",
            "<",
            ">",
            "+",
            "-",
            "*",
            "/",
            "%",
            "in",
            "has",
            "size",
            "exists",
            "all",
            "map",
            "matches",
            "startsWith",
            '"a"',
            "'b'",
            '"""',
            'r"\\\\d"',
            "1",
            "2.5",
            "1u",
            "true",
            "false",
            "null",
            "//",
            "\n",
            "timestamp",
            "duration",
            "int",
        ]
    ),
    max_size=14,
).map(" ".join)


@settings(max_examples=600, deadline=None)
@given(pieces | st.text(max_size=30), json_)
def test_an_expression_is_refused_or_answers_or_fails_but_never_breaks(text: str, payload: Any) -> None:
    try:
        expression = Expression(text)
    except Invalid as refusal:
        assert refusal.message
        return
    view = View(described(AlertEvent("k", "firing", "T"), Severity.ERROR), bounded(payload))
    try:
        assert expression.holds(view) in (True, False)
    except Failed as failure:
        assert str(failure) and clean(str(failure), 1_000) == str(failure)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab(|)*+?[]{}^$\\d.,19é-", max_size=20), st.text(max_size=20))
def test_a_pattern_is_refused_or_answers(pattern: str, text: str) -> None:
    try:
        assert compiled(pattern).isinstance_python(text) in (True, False)
    except BadPattern as refusal:
        assert str(refusal)


written = st.lists(
    st.sampled_from(
        [
            "{{",
            "}}",
            "{%",
            "%}",
            "for",
            "in",
            "endfor",
            "if",
            "else",
            "endif",
            "set",
            "=",
            "x",
            "y",
            "alert",
            "payload",
            ".",
            "labels",
            "title",
            "(",
            ")",
            "[",
            "]",
            "|",
            "default",
            "upper",
            "join",
            "list",
            "map",
            "sort",
            "'a'",
            '"b"',
            "1",
            "2.5",
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "~",
            "==",
            "<",
            ">",
            "and",
            "or",
            "not",
            "is",
            "defined",
            "loop",
            "items",
            ",",
            ":",
            "replace(payload,payload)",
            "{#",
            "#}",
            "**",
            "",
            "self",
            "_fuel",
            "__class__",
            "True",
            "none",
        ]
    ),
    max_size=16,
).map(" ".join)


@settings(max_examples=600, deadline=None)
@given(written | st.text(max_size=30), json_)
def test_a_template_is_refused_or_renders_or_fails_but_never_breaks(text: str, payload: Any) -> None:
    try:
        template(text)
    except Invalid as refusal:
        assert refusal.message
        return
    view = {"alert": described(AlertEvent("k", "firing", "T"), Severity.ERROR), "payload": bounded(payload)}
    try:
        made = render(text, view, 300)
    except NoText as failure:
        assert clean(str(failure), 1_000) == str(failure)
    else:
        assert clean(made, 301) == made
