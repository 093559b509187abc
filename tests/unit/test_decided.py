"""What became of a request, in one word."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from domain.decided import ORDER, Decision, decided, most


@dataclass(frozen=True)
class Seen:
    kind: str
    episode: int = 1
    why: str = ""
    covered_by: str = ""


@pytest.mark.parametrize(
    ("kinds", "word"),
    [
        (("Triggered", "AlertsFired", "StepStarted"), "incident"),
        (("Triggered", "AlertsFired", "Suppressed"), "silenced"),
        (("AlertsFired", "AlertsRepeated"), "joined"),
        (("AlertsResolved", "Resolved"), "resolved"),
        (("AlertsRepeated",), "deduplicated"),
        (("AlertsForwarded",), "elsewhere"),
        ((), "ignored"),
    ],
)
def test_the_events_of_a_request_say_what_was_decided(kinds: tuple[str, ...], word: Decision) -> None:
    assert decided([Seen(kind) for kind in kinds], processed=True)[0] == word


def test_reasons_are_told() -> None:
    ignored = decided([Seen("AlertsIgnored", why="it came late")], processed=True)
    assert ignored == ("ignored", "It changed nothing: it came late.")
    silenced = decided([Seen("Triggered"), Seen("Suppressed", covered_by="silenced by Ada")], processed=True)
    assert silenced[1].endswith("silenced by Ada.")


def test_what_no_host_has_seen_waits() -> None:
    assert decided([], processed=False)[0] == "waiting"
    assert decided([], processed=False, spooled=True)[0] == "spooled"


def test_of_several_lines_the_most_important_counts() -> None:
    assert most(["deduplicated", "incident", "joined"]) == "incident"
    assert most([]) == "empty"
    assert set(ORDER) | {"refused"} == set(Decision.__args__)
