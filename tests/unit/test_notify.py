"""How a person is reached: their rules, the fallback behind them, quiet hours, verified contact methods."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain import events as e
from domain.errors import Invalid
from domain.holidays import Holidays
from domain.incident import Acknowledge, EscalateNow, Reassign
from domain.notify import rules_for, unverified
from domain.people import ContactMethod, NotificationRule, User
from domain.policy import Step
from domain.quiet import MOST_HELD_S, check_quiet_hours, quiet_until
from domain.window import Window
from tests.unit.desk import T0, Desk, organisation, person, user

MAIL, PHONE, SCREEN = (
    ContactMethod("mail", "ada", "email", "", "a@x"),
    ContactMethod("phone", "ada", "sms", "", "+49"),
    ContactMethod("screen", "ada", "outbox", "", ""),
)
CALM = Step((user("ada"),), 600.0, important=False)
NIGHT = (Window("", start="07:00", end="09:00"),)
"""T0 is a Friday, 08:00 UTC."""


def ada(**more: Any) -> User:
    made = User("ada", "Ada", "ada@example.org", contacts=(MAIL, PHONE), normal=(NotificationRule("mail", 60.0),))
    return replace(made, **more)


def used(someone: User, urgency: Any = "normal") -> list[tuple[str, float, bool]]:
    return [(r.contact_method_id, r.delay_s, r.fallback) for r in rules_for(someone, urgency)]


def desk(someone: User, *steps: Step) -> Desk:
    return Desk(organisation(steps or (CALM,), users=(someone, person("boss"))))


# -- the fallback --------------------------------------------------------------------------------------


def test_what_the_rules_leave_out_is_used_five_minutes_after_the_last_of_them() -> None:
    assert used(ada()) == [("mail", 60.0, False), ("phone", 360.0, True)]
    assert used(ada(), "urgent") == [("mail", 0.0, False), ("phone", 0.0, False)], "without rules all at once"


def test_the_fallback_comes_by_itself_and_an_acknowledgement_stops_it() -> None:
    for answered in (False, True):
        site = desk(ada())
        site.fire()
        site.wait(100)
        if answered:
            site.do(Acknowledge(1, "ada"))
        site.wait(300)
        assert [p.contact_method_id for p in site.pages] == (["mail"] if answered else ["mail", "phone"])


def test_the_fallback_is_frozen_at_the_call() -> None:
    site = desk(ada())
    site.fire()
    site.config = organisation((CALM,), users=(ada(contacts=(MAIL,)), person("boss")))
    site.wait(400)
    assert [p.contact_method_id for p in site.pages] == ["mail", "phone"]


# -- verified contact methods --------------------------------------------------------------------------


def test_what_is_not_verified_is_used_only_while_nothing_is() -> None:
    loose_phone, loose_mail = replace(PHONE, verified=False), replace(MAIL, verified=False)
    assert used(ada(contacts=(MAIL, loose_phone))) == [("mail", 60.0, False)]
    assert used(ada(contacts=(loose_mail, PHONE))) == [("phone", 0.0, False)], "their rule cannot be used"
    neither = ada(contacts=(loose_mail, loose_phone))
    assert used(neither) == [("mail", 60.0, False), ("phone", 360.0, True)]
    assert unverified(neither) == ("mail", "phone")
    assert unverified(ada()) == ()


def test_the_outbox_page_is_no_proof_that_somebody_is_reached() -> None:
    both = ada(contacts=(replace(MAIL, verified=False), SCREEN))
    assert used(both) == [("mail", 60.0, False), ("screen", 360.0, True)]
    assert used(ada(contacts=(MAIL, SCREEN))) == [("mail", 60.0, False), ("screen", 360.0, True)]


def test_the_call_says_that_nothing_is_verified() -> None:
    site = desk(ada(contacts=(replace(MAIL, verified=False),)))
    site.fire()
    (called,) = [x for x in site.events if isinstance(x, e.PersonCalled)]
    assert called.unverified == ("mail",)


# -- quiet hours ---------------------------------------------------------------------------------------


def test_a_normal_page_waits_for_the_end_of_the_quiet_hours_and_the_rules_after_it_move_along() -> None:
    site = desk(ada(quiet_hours=NIGHT), replace(CALM, wait_s=7_200.0))
    site.fire()
    site.wait(3_599)
    assert site.pages == []
    site.wait(1)
    assert [p.contact_method_id for p in site.pages] == ["mail"]
    site.wait(300)
    assert [p.contact_method_id for p in site.pages] == ["mail", "phone"]
    (held,) = [x for x in site.events if isinstance(x, e.PageHeld)]
    assert (held.at, held.until) == (T0 + 60, T0 + 3_600)


def test_the_step_goes_on_while_a_page_waits() -> None:
    site = desk(ada(quiet_hours=NIGHT), CALM)
    site.fire()
    site.wait(600)
    assert site.called() == ["boss"], "the last resort came at its time"
    site.wait(3_000)
    assert site.called().count("ada") == 1


@pytest.mark.parametrize("how", ["step", "reassigned", "last resort"])
def test_an_urgent_page_never_waits(how: str) -> None:
    resting = ada(quiet_hours=(Window(""),))
    steps = (replace(CALM, important=True),) if how == "step" else (Step((user("boss"),), 60.0), CALM)
    site = Desk(organisation(steps, users=(resting, person("boss")), last_resort=(user("ada"),)))
    site.fire()
    if how == "reassigned":
        site.do(Reassign(1, "boss", (user("ada"),)))
    elif how == "last resort":
        site.do(EscalateNow(1, "boss"))
        assert "ada" not in site.called()
        site.do(EscalateNow(1, "boss"))
    assert site.called()[-1] == "ada"


def test_whom_it_called_urgently_a_calm_step_does_not_leave_in_peace() -> None:
    site = desk(ada(quiet_hours=NIGHT), replace(CALM, important=True, wait_s=60.0), CALM)
    site.fire()
    site.wait(200)
    assert [p.contact_method_id for p in site.pages] == ["mail", "phone", "mail"]


def test_a_page_that_fails_is_followed_by_one_that_waits() -> None:
    evening = (Window("", start="08:05", end="09:00"),)
    site = desk(ada(quiet_hours=evening), replace(CALM, wait_s=7_200.0))
    site.fire()
    site.wait(310)
    site.fail(site.pages[0])
    assert [p.contact_method_id for p in site.pages] == ["mail"]
    site.wait(3_600 - 310)
    assert [p.contact_method_id for p in site.pages] == ["mail", "phone"]


def test_an_acknowledgement_ends_the_waiting() -> None:
    site = desk(ada(quiet_hours=NIGHT), replace(CALM, wait_s=7_200.0))
    site.fire()
    site.wait(100)
    site.do(Acknowledge(1, "ada"))
    site.wait(7_200)
    assert (site.pages, site.timers) == ([], {})


def test_quiet_hours_are_on_the_persons_clock_and_end_after_three_days_at_most() -> None:
    in_delhi = ada(zone="Asia/Kolkata", quiet_hours=(Window("", start="13:00", end="14:00"),))
    assert quiet_until(in_delhi, {}, T0) == T0 + 1_800, "08:00 UTC is 13:30 there"
    assert quiet_until(ada(quiet_hours=(Window(""),)), {}, T0) == T0 + MOST_HELD_S
    weekend = (Window("", (4,), "06:00", "00:00"), Window("", (5, 6)), Window("", (0,), "00:00", "08:00"))
    assert quiet_until(ada(quiet_hours=weekend), {}, T0) == T0 + 3 * 86_400


def test_where_it_cannot_be_told_it_is_not_quiet() -> None:
    free = ada(quiet_hours=(Window("", holidays="de", on_holidays="only"),))
    assert quiet_until(free, {}, T0) == T0
    calendar = Holidays("de", "Germany", ("2027-01-15",))
    assert quiet_until(free, {"de": calendar}, T0) == T0 + 16 * 3_600
    assert quiet_until(None, {}, T0) == T0


@pytest.mark.parametrize(
    ("window", "field"),
    [
        (Window("Mars/Olympus"), "windows[0].zone"),
        (Window("", (7,)), "windows[0].weekdays[0]"),
        (Window("", start="25:00"), "windows[0].start"),
        (Window("", holidays="nowhere"), "windows[0].holidays"),
    ],
)
def test_bad_quiet_hours_are_refused_by_field(window: Window, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_quiet_hours((window,), {})
    assert refused.value.field == field
