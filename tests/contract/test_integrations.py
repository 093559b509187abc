"""Golden samples: every `<name>.json` of integrations/samples/<type>/ parses to its `<name>.expected.json`.

Adding a sample needs no other edit: run `python -m tests.contract.test_integrations` and look at what it wrote.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.base import Malformed
from integrations.registry import TYPES

SAMPLES = Path(__file__).parents[2] / "integrations" / "samples"
CASES = sorted(p for p in SAMPLES.glob("*/*.json") if not p.name.endswith(".expected.json"))


def parsed(sample: Path) -> bytes:
    result = TYPES[sample.parent.name].parse({}, sample.read_bytes(), 0.0)
    shown = {"events": result.events, "group_title": result.group_title}  # payloads are the sample itself
    return msgspec.json.format(msgspec.json.encode(shown), indent=1) + b"\n"


def expected(sample: Path) -> Path:
    return sample.with_name(f"{sample.stem}.expected.json")


@pytest.mark.parametrize("sample", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_sample_parses_as_expected(sample: Path) -> None:
    assert parsed(sample) == expected(sample).read_bytes()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=25,
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "title": json_values,
        "status": json_values,
        "labels": json_values,
        "alerts": st.lists(
            st.dictionaries(st.sampled_from(["labels", "status", "startsAt", "fingerprint"]), json_values)
        ),
        "truncatedAlerts": json_values,
        "groupKey": json_values,
        "severity": json_values,
        "links": json_values,
        "ruleName": json_values,
    },
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(TYPES)), json_values | shaped)
def test_any_json_is_parsed_or_refused_naming_the_place_and_is_fit_for_the_database(kind: str, value: object) -> None:
    try:
        result = TYPES[kind].parse({}, msgspec.json.encode(value), 0.0)
    except Malformed as refusal:
        assert refusal.detail
        return
    stored = repr(msgspec.to_builtins((result.events, result.group_title)))  # payloads are only read
    assert "\x00" not in stored.replace("\\\\", "")
    assert "\\x00" not in stored.replace("\\\\", "")
    for event in result.events:
        assert event.title and len(event.title) < 400
        assert event.dedup_key


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(TYPES)), st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(kind: str, body: bytes) -> None:
    try:
        TYPES[kind].parse({}, body, 0.0)
    except Malformed as refusal:
        assert refusal.detail


def test_too_long_is_cut_with_a_mark_and_too_many_labels_are_counted() -> None:
    body = {"title": "x" * 1000, "labels": {f"l{n}": "v" * 5000 for n in range(100)}}
    (event,) = TYPES["generic"].parse({}, msgspec.json.encode(body), 0.0).events
    assert event.title.endswith("… [truncated, 1000 characters]")
    assert event.labels["_omitted"] == "36"
    assert event.labels["l0"].endswith("… [truncated, 5000 characters]")


if __name__ == "__main__":
    for case in CASES:
        expected(case).write_bytes(parsed(case))
