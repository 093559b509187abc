"""Quiet hours, the fallback and unverified addresses are told, in the explanation and on the timeline."""

from __future__ import annotations

from dataclasses import replace

from domain.people import ContactMethod, NotificationRule, User
from domain.policy import Step
from domain.window import Window
from gateway.api.timeline import sentence
from tests.unit.desk import person, user
from tests.unit.test_explain import Story

CALM = Step((user("ada"),), 7_200.0, important=False)
NIGHT = (Window("", start="07:30", end="08:30"),)


def ada(contacts: int = 2, **more: object) -> User:
    made = person("ada", contacts)
    made = replace(made, contacts=tuple(replace(c, channel="sms") for c in made.contacts))
    return replace(made, normal=(NotificationRule("ada-0", 60.0),), **more)  # type: ignore[arg-type]


def test_a_held_page_is_explained_and_on_the_timeline() -> None:
    story = Story(CALM, users=(ada(quiet_hours=NIGHT), person("boss")))
    story.fire()
    story.wait(60)
    (held, waits) = [n for n in story.told().not_paged if n.user_id == "ada"]
    assert held.code == "held"
    assert held.sentence == (
        "Rule 1 of the normal rules (after 1 min) of Ada waits until 09:30: "
        "their quiet hours hold pages that are not urgent."
    )
    assert (waits.code, "it is due at 09:30" in waits.sentence) == ("not_due", True)
    (event,) = [h for h in story.happened if h.kind == "PageHeld"]
    said = sentence(event.kind, dict(event.body), story.config)
    assert said == "Quiet hours of Ada hold a page that is not urgent until 2027-01-15 08:30 UTC"


def test_a_page_of_the_fallback_says_so() -> None:
    story = Story(CALM, users=(ada(), person("boss")))
    story.fire()
    story.wait(360)
    story.sent(0)
    story.sent(1)
    assert "the fallback behind their normal rules (after 6 min)" in story.told().pages[1].sentence
    assert story.told().pages[1].cause.fallback


def test_an_address_that_nobody_verified_is_named_as_such() -> None:
    loose = ada(1)
    contacts: tuple[ContactMethod, ...] = tuple(replace(c, verified=False) for c in loose.contacts)
    story = Story(CALM, users=(replace(loose, contacts=contacts), person("boss")))
    story.fire()
    story.wait(60)
    story.sent(0)
    (page,) = story.told().pages
    assert "by an address that nobody has verified" in page.sentence
    (event,) = [h for h in story.happened if h.kind == "PersonCalled"]
    said = sentence(event.kind, dict(event.body), story.config)
    assert said == "Ada is called upon (normal rules); no contact method of theirs is verified"
