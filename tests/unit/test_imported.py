"""Events of a calendar to people: who is found how, who is reported; and what of iCalendar is understood."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from domain.imported import People, imported
from domain.people import User
from domain.schedule import FixedShift
from integrations.ical import CalendarInvalid, Entry, entries

USERS = [
    User("ada", "Ada Lovelace", "ada@example.org"),
    User("ben", "Ben", "Ben.O@example.org"),
    User("big", "Ben Nevis", "nevis@example.org"),
    User("tw1", "Twin Same", "a@example.org"),
    User("tw2", "Twin Same", "b@example.org"),
]


def at(text: str, zone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("summary", "people", "wanted"),
    [
        ("On call: Ada Lovelace", (), {"ada"}),
        ("ada LOVELACE / Ben", (), {"ada", "ben"}),
        ("Ben Nevis", (), {"big"}),
        ("primary ben.o@EXAMPLE.org", (), {"ben"}),
        ("on call", ("ADA@example.org", "x@elsewhere.org"), {"ada"}),
        ("Ada Lovelace", ("nevis@example.org",), {"big"}),
        ("1st line", (), {"ben"}),
        ("Benjamin", (), set()),
        ("Twin Same", (), set()),
        ("", (), set()),
    ],
)
def test_an_event_names_people_by_table_attendee_mail_or_full_name(
    summary: str, people: tuple[str, ...], wanted: set[str]
) -> None:
    known = People(USERS, {"1st LINE": "ben", "gone": "nobody"})
    found = imported([Entry(summary, 10.0, 20.0, people)], known)
    assert {s.user for s in found.shifts} == wanted
    assert all(s == FixedShift(s.user, 10.0, 20.0) for s in found.shifts)


def test_who_is_unknown_is_reported_with_how_often_and_since_when() -> None:
    events = [Entry("Zoe", 30.0, 40.0), Entry("Zoe", 10.0, 20.0), Entry("x", 5.0, 6.0, ("ben.o@example.org", "who?"))]
    found = imported(events, People(USERS, {}))
    assert [(u.text, u.events, u.first) for u in found.unknown] == [("Zoe", 2, 10.0), ("who?", 1, 5.0)]


def ics(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\nUID:{n}\nDTSTAMP:20260101T000000Z\n{e}\nEND:VEVENT\n" for n, e in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def test_recurrences_keep_wall_clock_time_and_exceptions_are_left_out() -> None:
    weekly = (
        "DTSTART;TZID=Europe/Berlin:20260316T090000\nDTEND;TZID=Europe/Berlin:20260323T090000\n"
        "RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20260330T090000\nSUMMARY:Ada"
    )
    found = entries(ics(weekly), "UTC", at("2026-03-17T00:00"), at("2026-04-08T00:00"), 100)
    assert [(e.start, e.end) for e in found] == [
        (at("2026-03-16T09:00"), at("2026-03-23T09:00")),
        (at("2026-03-23T09:00"), at("2026-03-30T09:00")),
        (at("2026-04-06T09:00"), at("2026-04-13T09:00")),
    ]


def test_whole_days_and_times_without_zone_are_on_the_clock_of_the_schedule() -> None:
    day, floating = (
        "DTSTART;VALUE=DATE:20260110\nSUMMARY:a",
        "DTSTART:20260111T080000\nDTEND:20260111T090000\nSUMMARY:b",
    )
    cancelled = f"{floating}\nSTATUS:CANCELLED"
    found = entries(ics(day, floating, cancelled), "Asia/Tokyo", 0, at("2030-01-01T00:00"), 100)
    assert [(e.start, e.end) for e in found] == [
        (at("2026-01-10T00:00", "Asia/Tokyo"), at("2026-01-11T00:00", "Asia/Tokyo")),
        (at("2026-01-11T08:00", "Asia/Tokyo"), at("2026-01-11T09:00", "Asia/Tokyo")),
    ]


@pytest.mark.parametrize("body", [b"", b"<html>moved</html>", b"\xff\xfe", ics("DTSTART:yesterday\nSUMMARY:a")])
def test_what_is_no_calendar_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(CalendarInvalid):
        entries(body, "UTC", 0, 2e9, 100)


def test_too_many_events_are_refused() -> None:
    daily = ics("DTSTART:20260101T000000Z\nDTEND:20260101T010000Z\nRRULE:FREQ=DAILY\nSUMMARY:Ben")
    with pytest.raises(CalendarInvalid, match="more than 10 events"):
        entries(daily, "UTC", at("2026-01-01T00:00"), at("2026-02-01T00:00"), 10)
