"""What is typed in the console's editors, and what of it reaches the API."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ui import drafts, fixed_draft, policy_draft, schedule_draft

NAMES = {"a": "Ann", "b": "Bob", "s": "Shop"}
TODAY = date(2026, 3, 4)
WINDOW = {"zone": "", "weekdays": [0, 4], "start": "22:00", "end": "06:00", "holidays": "h", "on_holidays": "only"}


def layer(**more: Any) -> dict[str, Any]:
    rotation = {
        "unit": "week",
        "every": 2,
        "start": "2026-01-05T09:00:00",
        "users": ["a", "b"],
        "handoffs": [{"weekday": 4, "time": "17:00"}],
        "absences": [{"user": "a", "start": "2026-07-01T00:00:00", "end": None, "stand_in": "b"}],
        "terms": [{"user": "b", "start": "2026-02-01T00:00:00", "end": None}],
    }
    said = {"name": "l", "rotation": rotation, "until": None, "since": None, "zone": None, "windows": [WINDOW]}
    return {**said, "together": True, "fixed": None, **more}


def test_a_schedule_that_nobody_touched_is_saved_as_it_was() -> None:
    fixed = {"shifts": [{"user": "a", "start": "2026-06-01T00:00:00Z", "end": "2026-06-02T00:00:00Z"}], "source": None}
    daily = {**layer()["rotation"], "unit": "day", "handoffs": [], "absences": [], "terms": []}
    layers = [layer(), layer(name="m", rotation=daily), layer(name="f", rotation=None, fixed=fixed, zone="Asia/Tokyo")]
    said = {"name": "S", "zone": "UTC", "team_id": None, "layers": layers}
    sent = schedule_draft.body(schedule_draft.schedule_of(said, NAMES, TODAY))
    for got in (found["rotation"] for found in sent["layers"] if found["rotation"]):
        for dated in (got, *got["absences"], *got["terms"]):
            dated["start"] += ":00"
    assert sent == said
    assert schedule_draft.missing(schedule_draft.schedule_of(said, NAMES, TODAY)) == {}


def test_shifts_written_down_are_on_the_clock_of_their_layer_and_kept_to_the_second() -> None:
    times = ("2026-03-01T08:00:30Z", "2026-03-02T08:00:00Z"), ("2026-03-28T08:00:30Z", "2026-03-29T07:00:00Z")
    told = [{"user": user, "start": a, "end": b} for user, (a, b) in zip("ab", times, strict=True)]
    fixed = {"shifts": told, "source": None}
    said = {"name": "S", "zone": "Europe/Berlin", "team_id": None, "layers": [layer(rotation=None, fixed=fixed)]}
    draft = schedule_draft.schedule_of(said, NAMES, TODAY)
    (one,) = draft["layers"][0]["fixed"]["shifts"]
    assert (one["user"], one["start"], one["end"]) == ("b", "2026-03-28T09:00", "2026-03-29T09:00"), (
        "what is over is not"
    )
    (sent,) = schedule_draft.body(draft)["layers"]
    assert sent["fixed"]["shifts"] == [told[1], told[0]] and sent["rotation"] is None
    at = "/layers/0/fixed/shifts"
    more = drafts.add(draft, at, fixed_draft.following(drafts.got(draft, at), TODAY))
    assert schedule_draft.missing(more) == {f"{at}/1/user": "Choose who."}
    more = drafts.put(more, f"{at}/1/user", "a")
    new = schedule_draft.body(more)["layers"][0]["fixed"]["shifts"][1]
    assert new == {"user": "a", "start": "2026-03-29T09:00:00+02:00", "end": "2026-03-30T09:00:00+02:00"}
    turned = drafts.put(more, "/layers/0/kind", "rotation")
    assert schedule_draft.body(turned)["layers"][0]["fixed"] is None
    empty = drafts.put(drafts.put(draft, at, []), "/layers/0/fixed/kept", "[]")
    assert list(schedule_draft.missing(empty)) == [at]
    bad = drafts.put(more, "/zone", "Nowhere")
    assert schedule_draft.body(bad)["layers"][0]["fixed"]["shifts"][1]["start"] == "2026-03-29T09:00", "the API says so"


def test_shifts_of_a_calendar_are_sent_as_they_came() -> None:
    told = [{"user": "a", "start": "2026-06-01T08:00:00Z", "end": "2026-06-02T08:00:00Z"}]
    fixed = {"shifts": told, "source": "cal"}
    said = {"name": "S", "zone": "UTC", "team_id": None, "layers": [layer(rotation=None, fixed=fixed)]}
    draft = schedule_draft.schedule_of(said, NAMES, TODAY)
    assert (draft["layers"][0]["fixed"]["shifts"], draft["layers"][0]["fixed"]["told"]) == ([], "1 shift")
    assert schedule_draft.body(draft)["layers"][0]["fixed"] == fixed and schedule_draft.missing(draft) == {}


def test_comings_and_goings_of_who_takes_no_turns_any_more_go_too() -> None:
    draft = schedule_draft.schedule_of({"name": "S", "zone": "UTC", "team_id": "t", "layers": [layer()]}, NAMES, TODAY)
    away = draft["layers"][0]["rotation"]["absences"][0]
    assert (away["user"], away["start"], away["end"], away["stand_in"]) == ("a", "2026-07-01T00:00", "", "b")
    (sent,) = schedule_draft.body(drafts.drop(draft, "/layers/0/rotation/users/1"))["layers"]
    assert (sent["rotation"]["users"], sent["rotation"]["terms"]) == (["a"], [])
    assert len(sent["rotation"]["absences"]) == 1
    assert draft["layers"][0]["rotation"]["users"][1]["name"] == "Bob", "what was there before is as it was"


def test_what_is_not_filled_in_is_said_where_it_is() -> None:
    draft = {"name": " ", "zone": "UTC", "team_id": "", "layers": [schedule_draft.fresh_layer("Base", TODAY)]}
    assert set(schedule_draft.missing(draft)) == {"/name", "/layers/0/rotation/users"}
    assert draft["layers"][0]["rotation"]["start"] == "2026-03-02T09:00", "the Monday of this week"
    away = drafts.add(draft, "/layers/0/rotation/absences", schedule_draft.going())
    assert {p for p in schedule_draft.missing(away) if "absences" in p} == {
        "/layers/0/rotation/absences/0/user",
        "/layers/0/rotation/absences/0/start",
    }
    custom = drafts.put(draft, "/layers/0/rotation/unit", "custom")
    assert "/layers/0/rotation/handoffs" in schedule_draft.missing(custom)
    assert set(schedule_draft.missing({**draft, "name": "S", "layers": []})) == {"/layers"}


def test_a_policy_that_nobody_touched_is_saved_as_it_was_with_what_this_page_does_not_know() -> None:
    when = {
        "windows": [{**WINDOW, "zone": "UTC"}],
        "severities": ["error"],
        "matchers": [{"label": "env", "op": "=~", "value": "prod.*"}],
        "more_than": 2,
        "within_s": 600,
    }
    step = {"targets": [{"kind": "schedule", "id": "s", "who": "next"}], "wait_s": 90, "important": False}
    more = {"round_robin": True, "major": True, "severity": "critical", "resolve": False}
    steps = [{**step, **more, "when": when, "of_tomorrow": 1}, {**step, **more, "when": None}]
    vigil = {"grows_by": None, "label": "cluster", "severity": False, "timeout_s": 3600, "remind_before_s": None}
    vigil |= {"shift_end": True, "gap_s": 300}
    said = {"name": "P", "team_id": None, "repeat": 2, "required_acknowledgements": 2, "steps": steps, "vigil": vigil}
    draft = policy_draft.policy_of({**said, "id": "p", "version": 7}, NAMES)
    assert draft["steps"][0]["targets"][0]["name"] == "Shop"
    assert (draft["steps"][0]["wait_s"], draft["vigil"]["timeout_s"]) == ("1 min 30 s", "1 h")
    assert policy_draft.body(draft) == said
    for other in (None, "organisation"):
        assert policy_draft.body(policy_draft.policy_of({**said, "vigil": other}, NAMES))["vigil"] == other
    assert policy_draft.body(policy_draft.fresh_policy())["vigil"] == "organisation"


def test_a_fresh_policy_is_refused_for_its_name_only_and_what_is_no_number_is_left_to_the_api() -> None:
    draft = policy_draft.fresh_policy()
    assert set(policy_draft.missing(draft)) == {"/name"}
    typed = drafts.put(draft, "/steps/0/wait_s", "soon")
    assert policy_draft.body(typed)["steps"][0]["wait_s"] == "soon"
    assert policy_draft.body(drafts.put(draft, "/steps/0/wait_s", ""))["steps"][0]["wait_s"] == 0
    assert policy_draft.body(draft)["steps"][0] | {"when": 1} == {
        **{"targets": [], "wait_s": 300, "important": True, "round_robin": False, "major": False, "severity": None},
        **{"resolve": False, "when": 1},
    }


def test_things_move_and_come_and_go_in_lists_and_not_beyond_their_ends() -> None:
    tree = {"xs": [{"n": "1"}, {"n": "2"}], "tags": ["b"]}
    assert [x["n"] for x in drafts.move(tree, "/xs/0", 1)["xs"]] == ["2", "1"]
    assert drafts.move(tree, "/xs/0", -1) == tree and drafts.move(tree, "/xs/1", 1) == tree
    assert drafts.toggle(drafts.toggle(tree, "/tags", "a"), "/tags", "b")["tags"] == ["a"]
    assert drafts.put(tree, "/xs/1/n", "3")["xs"][1] == {"n": "3"}
    with pytest.raises(KeyError):
        drafts.put(tree, "/none/1", "3")


def test_a_fault_is_where_the_page_has_the_field() -> None:
    said = {"/schedule/layers/0/rotation/users/3": "who?", "/schedule/layers/0/rotation/users": "none", "/end": "when?"}
    assert drafts.faults_of(said, "schedule", ("users",)) == {"/layers/0/rotation/users": "who?", "/end": "when?"}
    assert drafts.faults_of({"/layers/0": "x"}, "", ("users",)) == {"/layers/0": "x"}
