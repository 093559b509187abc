"""What people write into the console's forms is what the API takes, and is shown again as they wrote it."""

from __future__ import annotations

import pytest

from ui.integration.rule_form import fields, in_words, route
from ui.lines import Unclear, labels, matchers, of_matchers, of_windows, windows, words


def test_conditions_are_read_and_shown_as_they_were_written() -> None:
    text = "severity=critical\nenv!=test\nhost=~db.*\nhost!~db-test.*\nempty="
    found = matchers(text)
    assert [(m["label"], m["op"], m["value"]) for m in found] == [
        ("severity", "=", "critical"),
        ("env", "!=", "test"),
        ("host", "=~", "db.*"),
        ("host", "!~", "db-test.*"),
        ("empty", "=", ""),
    ]
    assert of_matchers(found) == text
    assert matchers(' a = "b c" \n\n') == [{"label": "a", "op": "=", "value": "b c"}]
    with pytest.raises(Unclear, match="host"):
        matchers("host")


def test_hours_are_read_and_shown() -> None:
    found = windows("Mon-Fri 22:00-06:00 Europe/Berlin\n8:30-17:00\nSat,Sun 0:00-0:00 UTC\nFri-Mon 01:00-02:00")
    assert found[0] == {"zone": "Europe/Berlin", "start": "22:00", "end": "06:00", "weekdays": [0, 1, 2, 3, 4]}
    assert found[1] == {"zone": "UTC", "start": "08:30", "end": "17:00", "weekdays": []}
    assert [w["weekdays"] for w in found[2:]] == [[5, 6], [0, 4, 5, 6]]
    assert windows(of_windows(found)) == found
    for wrong in ("Mon", "Mon-Xyz 10:00-11:00", "nonsense"):
        with pytest.raises(Unclear):
            windows(wrong)


def test_labels_and_words() -> None:
    assert labels("a=b=c\n d = e ") == {"a": "b=c", "d": "e"}
    with pytest.raises(Unclear):
        labels("nothing")
    assert words("cluster, alertname\nhost,") == ["cluster", "alertname", "host"]


def test_a_rule_goes_through_the_form_unchanged() -> None:
    whole = {
        "name": "databases by night",
        "matchers": [{"label": "service", "op": "=", "value": "postgres"}],
        "severities": ["critical"],
        "expression": "has(payload.x)",
        "windows": [{"zone": "UTC", "start": "22:00", "end": "06:00", "weekdays": [0]}],
        "policy_id": "p",
        "service_id": None,
        "team_id": "t",
        "severity": "error",
        "grouping": {"labels": ["cluster"], "by_sender": False, "window_s": 3600.0},
        "wait_s": 60.0,
        "continue": True,
    }
    shown = fields(whole)
    form = {**shown, "severity_critical": "on", "goes_on": "on"}
    assert route(form, whole) == whole
    (said,) = in_words([whole], {"p": "Night", "t": "Shop"})
    assert (
        said["when"]
        == "service = postgres and severity is critical and CEL: has(payload.x) and started Mon 22:00-06:00 UTC"
    )
    assert said["then"].startswith("policy Night, team Shop, becomes error, one incident for each cluster, 1 min")
    assert said["then"].endswith("goes on with the following rules")


def test_an_empty_form_is_a_rule_that_changes_nothing() -> None:
    bare = route({**fields(route({**_empty()}, None) | {"name": ""}), "goes_on": ""}, None)
    assert (bare["grouping"], bare["wait_s"], bare["matchers"], bare["continue"]) == (None, None, [], False)


def _empty() -> dict[str, str]:
    names = ("name", "matchers", "expression", "windows", "policy_id", "service_id", "team_id", "severity")
    return dict.fromkeys((*names, "grouping", "wait_s"), "")
