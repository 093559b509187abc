"""What open pages about who is on call are told, and until when it is so."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

from domain.configuration import Configuration
from domain.errors import Invalid
from domain.people import User
from domain.schedule import FixedShift, FixedShifts, Layer, Override, Schedule
from domain.standing import standing
from gateway.watched import document, parsed

BERLIN = "Europe/Berlin"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def told(of: str, config: Configuration, now: str) -> tuple[dict[str, Any], float]:
    text, until = document(of, parsed(of), config, at(now), standing)
    return json.loads(text), until


@pytest.fixture
def config() -> Configuration:
    """Ann from 24 October 2026 on, Bob instead for an hour on the 25th, nobody from November on."""
    shift = FixedShift("a", at("2026-10-24T00:00"), at("2026-11-01T00:00"))
    bob = Override("o", "b", at("2026-10-25T10:00"), at("2026-10-25T11:00"))
    shop = Schedule("s", "Shop", BERLIN, (Layer("only", fixed=FixedShifts((shift,))),), (bob,))
    empty = Schedule("c", "Cart", "UTC", (Layer("none", fixed=FixedShifts()),))
    users = {u.id: u for u in (User("a", "Ann", ""), User("b", "Bob", ""), User("z", "Zoe", ""))}
    return Configuration(version=3, users=users, schedules={"s": shop, "c": empty})


def test_who_is_on_call_is_so_until_the_first_hand_over(config: Configuration) -> None:
    said, until = told("on-call", config, "2026-10-25T09:00")
    cart, shop = said["items"]
    assert (cart["users"], shop["users"], shop["next_user_ids"]) == ([], ["Ann"], ["b"])
    assert said["people"] == [{"id": "b", "name": "Bob", "place": 1}]
    assert until == at("2026-10-25T09:01"), "of the empty one a change may come into sight"
    soon = told("on-call", config, "2026-10-25T09:59")[1]
    assert soon == at("2026-10-25T10:00")
    assert told("on-call", config, "2026-10-25T10:00")[0]["items"][1]["users"] == ["Bob"]


def test_a_calendar_is_whole_days_on_a_clock_also_when_that_is_put_back(config: Configuration) -> None:
    said, until = told("calendar?schedule=s&span=3&first=2026-10-24", config, "2026-10-25T09:00")
    starts = [datetime.fromisoformat(day["start"]).timestamp() for day in said["days"]]
    assert [b - a for a, b in pairwise(starts)] == [24 * 3600, 25 * 3600]
    assert (said["zone"], said["today"], said["schedule_id"]) == (BERLIN, "2026-10-25", "s")
    assert datetime.fromisoformat(said["end"]).timestamp() == at("2026-10-26T23:00")
    assert [s["user_id"] for s in said["lines"]["shifts"]] == ["a", "b", "a"]
    assert [p["name"] for p in said["people"]] == ["Ann", "Bob"] and said["everyone"] == []
    assert until == at("2026-10-25T23:00"), "then it is another day there"
    tokyo = told("calendar?schedule=s&span=3&first=2026-10-24&zone=Asia/Tokyo", config, "2026-10-25T09:00")[0]
    assert tokyo["days"][0]["start"] == "2026-10-23T15:00:00Z"


def test_this_week_a_month_and_everyone_are_what_is_shown_if_nothing_is_said(config: Configuration) -> None:
    week = told("calendar?schedule=s", config, "2026-10-25T23:30")[0]
    assert (week["days"][0]["day"], len(week["days"])) == ("2026-10-26", 14), "Monday has begun in Berlin"
    assert told("calendar", config, "2026-10-25T09:00")[0]["schedule_id"] == "c", "the first by name"
    month = told("calendar?schedule=s&span=month&first=2026-03-17", config, "2026-10-25T09:00")[0]
    assert (month["month"], month["days"][0]["day"], len(month["days"])) == ("2026-03-01", "2026-02-23", 42)
    short = told("calendar?schedule=s&span=month&first=2026-02-01", config, "2026-10-25T09:00")[0]
    assert (short["days"][0]["day"], len(short["days"])) == ("2026-01-26", 35)
    assert len(short["lines"]["gaps"]) == 1
    everyone = told("calendar?schedule=*&zone=UTC", config, "2026-10-25T09:00")[0]
    assert [line["schedule"] for line in everyone["everyone"]] == ["Cart", "Shop"] and everyone["lines"] is None


@pytest.mark.parametrize(
    "of", ["incidents", "calendar?span=0", "calendar?span=year", "calendar?zone=Mars", "on-call?x=1"]
)
def test_what_cannot_be_watched_is_refused(of: str) -> None:
    with pytest.raises((Invalid, ValidationError)):
        parsed(of)


@pytest.mark.parametrize("of", ["calendar?schedule=gone", "calendar?schedule=*&team=gone"])
def test_what_is_not_there_is_refused_by_its_name(config: Configuration, of: str) -> None:
    with pytest.raises(Invalid, match=r"There is no (schedule|team) with id 'gone'"):
        told(of, config, "2026-10-25T09:00")
    with pytest.raises(Invalid, match="There is no schedule yet"):
        told("calendar", Configuration(version=1), "2026-10-25T09:00")
