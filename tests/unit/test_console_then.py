"""Which pages are looked at as of a time, and what of that time they ask."""

from __future__ import annotations

from ui.then import PLACES, WITHIN, asks, shows, words


def test_pages_of_the_configuration_are_shown_as_they_were_and_no_others() -> None:
    paths = (*WITHIN, "/policies/x", "/people/x", "/integrations/x", "/schedules/x/edit")
    assert all(map(shows, (*paths, *(path for _, path in PLACES))))
    others = ("/policies/new", "/schedules/new", "/on-call/mine", "/on-call/feeds", "/profile", "/analytics", "")
    assert not any(map(shows, ("/incidents", "/incidents/x", *others)))


def test_what_is_read_and_tried_is_of_that_time_and_nothing_is_changed_in_it() -> None:
    assert all(asks("POST", path) for path in ("/policies/preview", "/integrations/x/preview", "/plan"))
    assert asks("GET", "/users") and asks("GET", "/routing-rules")
    of_now = [("GET", path) for path in ("/me", "/standing", "/setup", "/schedules/x/calendars")]
    assert not any(asks(*what) for what in (*of_now, ("PUT", "/policies/x"), ("POST", "/schedules")))


def test_the_time_is_told_in_utc() -> None:
    assert words("2026-11-12T11:00:00+01:00") == "12 Nov 2026 10:00:00 UTC"
    assert words("yesterday") == "yesterday"
