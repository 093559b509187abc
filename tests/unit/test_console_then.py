"""Which pages are looked at as of a time, and what of that time they ask."""

from __future__ import annotations

from ui.then import asks, shows, words


def test_pages_of_the_configuration_are_shown_as_they_were_and_no_others() -> None:
    assert all(map(shows, ("/on-call", "/policies", "/policies/x", "/schedules/x/edit", "/acknowledged")))
    assert not any(map(shows, ("/incidents", "/policies/new", "/schedules/new", "/on-call/mine", "/services", "")))


def test_what_is_read_and_tried_is_of_that_time_and_nothing_is_changed_in_it() -> None:
    assert asks("GET", "/users") and asks("POST", "/policies/preview")
    assert not any(
        asks(*what)
        for what in (("GET", "/me"), ("GET", "/schedules/x/calendars"), ("PUT", "/policies/x"), ("POST", "/schedules"))
    )


def test_the_time_is_told_in_utc() -> None:
    assert words("2026-11-12T11:00:00+01:00") == "12 Nov 2026 10:00:00 UTC"
    assert words("yesterday") == "yesterday"
