"""Every page can be explained, and every page that somebody missed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from domain import events as e
from domain.alert import AlertEvent
from domain.configuration import Silence
from domain.draft import Draft
from domain.explain import explain
from domain.explain_person import explain_person, found
from domain.explained import Attempt, Explanation, Happened, IncidentFacts, Outgoing, PastSchedule, PersonFacts
from domain.incident import Acknowledge, Reassign, Snooze
from domain.matcher import Matcher
from domain.outage import OutagePage
from domain.people import ContactMethod, NotificationRule
from domain.policy import Step, Target
from domain.schedule import Layer, Override, Rotation, Schedule
from domain.templates import text_sha256
from tests.unit.desk import T0, Desk, organisation, person, user

BERLIN = ZoneInfo("Europe/Berlin")
PRIMARY = Schedule(
    "s", "On call", "Europe/Berlin", (Layer("weekly", Rotation("week", 1, "2026-01-05T09:00:00", ("ada", "ben"))),)
)
NAMES = {"ada": "Ada", "ben": "Ben", "boss": "Boss", "s": "On call"}
"""T0 is Friday 2027-01-15 09:00 in Berlin, in a week of Ben's; his shift ends on Monday at 09:00."""


class Story(Desk):
    """A desk that remembers when, and what became of its pages."""

    def __init__(self, *steps: Step, **more: Any) -> None:
        config = organisation(steps or None, **more)
        super().__init__(replace(config, schedules={"s": PRIMARY}))
        self.happened: list[Happened] = []
        self.outbox: dict[str, Outgoing] = {}

    def _take(self, draft: Draft) -> list[Any]:
        taken = super()._take(draft)
        self.happened += [Happened(type(t).__name__, msgspec.to_builtins(t), self.now) for t in taken]
        return taken

    def sent(self, n: int, state: str = "delivered", detail: str = "", provider_id: str | None = "SM123") -> None:
        """Page number n was tried once, two seconds after now."""
        page, at = self.pages[n], self.now + 2
        body = {"subject": "s", "text": "t", "address_hint": "…4567", "contact_label": "mobile"}
        tried = Attempt("attempt", 1, True, state, detail, provider_id, at, at + 1, "h1")
        self.outbox[page.delivery] = Outgoing(page.delivery, "sms", state, detail, body, provider_id, (tried,))

    def state(self, n: int, state: str) -> None:
        self.outbox[self.pages[n].delivery] = Outgoing(self.pages[n].delivery, "sms", state, "", {})

    def facts(self) -> IncidentFacts:
        return IncidentFacts("line-1", "disk is bad", self.happened, self.outbox)

    def told(self, zone: ZoneInfo = BERLIN) -> Explanation:
        return explain(self.facts(), NAMES, zone)


def codes(told: Explanation) -> list[tuple[str, str | None]]:
    return [(n.code, n.user_id) for n in told.not_paged]


def test_a_page_says_who_why_by_which_rule_and_what_became_of_it() -> None:
    story = Story(Step((Target("schedule", "s"),), 300.0))
    story.fire()
    story.sent(0, "accepted")
    page = story.outbox[story.pages[0].delivery]
    receipt = Attempt("receipt", 0, None, "delivered", "", "SM123", None, T0 + 6)
    story.outbox[page.id] = replace(page, state="delivered", attempts=(*page.attempts, receipt))
    (told,) = story.told().pages
    assert told.sentence == (
        "Paged Ben by SMS (…4567) at 09:00:02 because step 1 of policy Primary v3 calls schedule On call, where their "
        "shift runs until 2027-01-18 09:00; rule 1 of their urgent rules; the SMS provider took it (SM123) at 09:00:03 "
        "and reported delivery at 09:00:06."
    )
    cause = told.cause
    assert (cause.kind, cause.policy_id, cause.policy_version, cause.step, cause.round) == ("step", "p", 3, 1, 1)
    assert (cause.schedule_id, cause.source, cause.rule) == ("s", "layer:weekly", 1)
    assert [(a.kind, a.state) for a in told.attempts] == [("attempt", "accepted"), ("receipt", "delivered")]


def test_words_that_were_changed_after_the_order_are_named() -> None:
    story = Story()
    story.fire()
    story.sent(0)
    body = story.outbox[story.pages[0].delivery].body
    n = next(n for n, h in enumerate(story.happened) if h.kind == "Paged")
    paged = story.happened[n]
    for given, unchanged in ((text_sha256(body), True), ("0" * 64, False), ("", None)):
        story.happened[n] = replace(paged, body={**paged.body, "text_sha256": given})
        assert story.told().pages[0].text_unchanged is unchanged


def test_times_are_said_in_the_zone_asked_for() -> None:
    story = Story()
    story.fire()
    story.sent(0)
    assert "at 08:00:02 because" in story.told(ZoneInfo("UTC")).pages[0].sentence


def test_an_acknowledgement_explains_why_later_steps_and_rules_were_not_used() -> None:
    rules = (NotificationRule("ada-0", 0.0), NotificationRule("ada-1", 300.0))
    story = Story(
        Step((user("ada"),), 600.0), Step((user("ben"),), 60.0), users=(person("ada", 2, rules), person("ben"))
    )
    story.fire()
    story.sent(0)
    story.wait(60)
    story.do(Acknowledge(1, "Ada"))
    told = story.told()
    assert told.summary == "Opened at 09:00; 1 page to Ada; Ada acknowledged it at 09:01."
    assert [(n.code, n.user_id, n.sentence) for n in told.not_paged] == [
        (
            "not_due",
            "ada",
            "Rule 2 of the urgent rules (after 5 min) of Ada was not used: Ada acknowledged it at 09:01.",
        ),
        ("step_not_taken", "ben", "Step 2 of policy Primary v3 (Ben) was not taken: Ada acknowledged it at 09:01."),
    ]


def test_a_step_that_is_not_due_yet_says_when_it_is() -> None:
    story = Story()
    story.fire()
    (reason,) = story.told().not_paged
    assert reason.sentence.endswith("was not taken: it is taken at 09:05 at the earliest, if nobody acknowledges.")


def test_a_snooze_explains_too() -> None:
    story = Story()
    story.fire()
    story.do(Snooze(1, "Ada", T0 + 3600))
    assert "Ada snoozed it until 10:00 at 09:00" in story.told().not_paged[-1].sentence


def test_who_could_not_be_reached_is_named_with_their_shift() -> None:
    off = replace(person("ben"), contacts=(ContactMethod("ben-0", "ben", "sms", "m", "", enabled=False),))
    story = Story(Step((Target("schedule", "s"), user("ada")), 60.0), users=(person("ada"), off))
    story.fire()
    told = story.told()
    (reason,) = [n for n in told.not_paged if n.code == "unreachable"]
    assert reason.user_id == "ben"
    assert "schedule On call, where their shift runs until" in reason.sentence
    assert [p.user_id for p in told.pages] == ["ada"]


def test_a_step_without_anybody_on_call_is_said_to_be_passed_over() -> None:
    story = Story(Step((Target("schedule", "gone"),), 60.0), Step((user("ada"),), 60.0))
    story.fire()
    assert ("nobody_on_call", None) in codes(story.told())


def test_nobody_at_all_is_said() -> None:
    story = Story(users=(), last_resort=())
    story.fire()
    assert ("nobody_reachable", None) in codes(story.told())


def test_a_page_withdrawn_before_it_was_sent_says_by_what() -> None:
    story = Story()
    story.fire()
    story.state(0, "cancelled")
    story.do(Acknowledge(1, "Ben"))
    told = story.told()
    assert told.pages[0].sentence.endswith("it was withdrawn before it was sent: Ben acknowledged it at 09:00.")
    assert ("withdrawn", "ada") in codes(told)


def test_a_failed_page_and_its_attempts_are_told() -> None:
    story = Story()
    story.fire()
    page = story.pages[0]
    tries = tuple(Attempt("attempt", n, True, "pending", "busy", None, T0 + n, T0 + n) for n in (1, 2))
    last = Attempt("attempt", 3, True, "failed", "no such number", None, T0 + 9, T0 + 9)
    story.outbox[page.delivery] = Outgoing(page.delivery, "sms", "failed", "no such number", {}, None, (*tries, last))
    story.fail(page, "no such number")
    told = story.told()
    assert told.pages[0].sentence.startswith("Tried to page Ada by SMS at 09:00 because step 1 of policy Primary v3")
    assert "after 2 attempts in vain (the last at 09:00:02: busy) it failed: no such number." in told.pages[0].sentence
    assert ("failed", "ada") in codes(told)


def test_the_last_resort_and_a_reassignment_are_causes() -> None:
    story = Story(Step((user("ada"),), 60.0))
    story.fire()
    story.wait(61)
    story.do(Reassign(1, "Ada", (user("ben"),)))
    causes = [p.cause.kind for p in story.told().pages]
    assert causes == ["step", "last_resort", "reassignment"]
    assert "because Ada reassigned it to them" in story.told().pages[-1].sentence


def test_a_second_round_is_named() -> None:
    story = Story(Step((user("ada"),), 60.0), repeat=1)
    story.fire()
    story.wait(61)
    assert "v3 (round 2) names them" in story.told().pages[1].sentence


def test_a_page_of_an_outage_is_told_and_its_double_labelled() -> None:
    story = Story()
    story.fire()
    story.state(0, "cancelled")
    story.now += 10
    story.learn(OutagePage("d", "ada", "ada-0", "sms", T0 + 5, episode=1))
    told = story.told()
    assert [p.delivery for p in told.pages] == [story.pages[0].delivery, "d"]
    assert "while the database was away, by host h1; it was taken" in told.pages[1].sentence
    assert "the same page had gone out at 09:00:05" in told.pages[0].sentence
    assert ("duplicate", "ada") in codes(told)


def test_a_page_counted_instead_of_sent_again_is_a_reason() -> None:
    story = Story()
    story.learn(OutagePage("d", "ada", "ada-0", "sms", T0 - 5))
    story.fire()
    assert ("counted", "ada") in codes(story.told())


def test_repetitions_and_ignored_alerts_page_nobody_and_say_so() -> None:
    story = Story()
    story.fire()
    story.fire()
    story.fire()
    story.fire("cpu")
    story.clear("cpu")
    story.fire("cpu")
    told = story.told()
    assert {"repeated", "ignored"} <= {c for c, _ in codes(told)}
    assert "the sender said the same 2 times" in " ".join(n.sentence for n in told.not_paged).lower()


def test_what_routing_says_of_an_alert_pages_nobody_and_is_known() -> None:
    story = Story()
    story.fire()
    story.happened += [
        Happened("FellBack", {"episode": 1, "problems": ["the template failed"]}, T0 + 1),
        Happened("SilencedAtSource", {"episode": 1, "by": {"cpu": ["night"]}}, T0 + 2),
    ]
    assert story.told().unexplained == {}


@pytest.mark.parametrize("body", [{}, {"episode": 1, "by": 3, "user_id": [], "rules": 4, "users": None}])
def test_what_it_does_not_know_is_counted_and_never_an_error(body: dict[str, Any]) -> None:
    story = Story()
    story.fire()
    kinds = [*(t.__name__ for t in e.ALL), "InventedLater"]
    story.happened += [Happened(kind, body, T0 + 1) for kind in kinds]
    told = story.told()
    assert told.unexplained["InventedLater"] == 1
    assert told.pages


# -- a person ------------------------------------------------------------------------------------------


def about(who: str, *stories: Story, at: float = T0 + 60, schedule: Schedule = PRIMARY) -> Any:
    facts = PersonFacts(who, at, [PastSchedule(schedule)], [s.facts() for s in stories])
    return explain_person(facts, NAMES, BERLIN)


def test_a_person_who_was_not_on_call_learns_who_was_and_when_they_are() -> None:
    told = about("ada")
    (entry,) = told.on_call
    assert not entry.on_call
    assert entry.sentence == (
        "Not on call in schedule On call: Ben was, until 2027-01-18 09:00; "
        "their last shift ended at 2027-01-11 09:00, their next one began at 2027-01-18 09:00."
    )
    assert told.summary == "At 09:01 Ada was not on call; no incident was open about then."


def test_a_person_on_call_by_an_override_learns_that() -> None:
    cover = replace(PRIMARY, overrides=(Override("o", "ada", T0 - 60, T0 + 600),))
    assert "by an override" in about("ada", schedule=cover).on_call[0].sentence


def test_a_person_learns_that_the_first_one_answered_before_their_step() -> None:
    story = Story()
    story.fire()
    story.sent(0)
    story.wait(30)
    story.do(Acknowledge(1, "Ada"))
    told = about("ben", story)
    (incident,) = told.incidents
    assert (incident.pages, [r.code for r in incident.reasons]) == ((), ["step_not_taken"])
    assert "Ada acknowledged it at 09:00:30" in incident.reasons[0].sentence
    assert told.summary == (
        "At 09:01 Ben was on call in On call; 1 incident open about then, none of which had paged them."
    )


def test_a_person_on_call_learns_why_the_step_of_their_schedule_was_not_taken() -> None:
    story = Story(Step((user("ada"),), 300.0), Step((Target("schedule", "s"),), 300.0))
    story.fire()
    story.do(Acknowledge(1, "Ada"))
    assert [r.schedule_id for r in about("ben", story).incidents[0].reasons] == ["s"]


def test_a_person_nothing_named_learns_whom_the_incident_called() -> None:
    story = Story(Step((user("ada"),), 300.0))
    story.fire()
    reason = about("boss", story).incidents[0].reasons[-1]
    assert reason.code == "not_named"
    assert reason.sentence == "Nothing in it named Boss: it follows policy Primary v3, which had called Ada."


def test_what_happened_long_after_the_instant_explains_nothing() -> None:
    story = Story()
    story.fire()
    story.wait(3600)
    story.do(Acknowledge(1, "Ada"))
    (incident,) = about("ben", story, at=T0 + 30).incidents
    assert "acknowledged" not in " ".join(r.sentence for r in incident.reasons)


def test_a_person_is_found_by_id_mail_or_name_unless_two_have_it() -> None:
    users = {u.id: u for u in (person("ada"), replace(person("b1"), name="Ben"), replace(person("b2"), name="Ben"))}
    assert found(users, "ada") is found(users, "ADA@example.org") is found(users, "Ada") is users["ada"]
    assert found(users, "Ben") is None


def test_who_was_not_paged_because_of_a_silence_learns_whose_and_until_when() -> None:
    story = Story(Step((user("ada"),), 300.0))
    silence = Silence("s", (Matcher("name", "=", "disk"),), T0, T0 + 3600, "disks on order", "Ben")
    story.config = replace(story.config, silences=(silence,))
    story.alerts(AlertEvent("disk", "firing", "disk is bad", labels={"name": "disk"}, starts_at=T0))
    story.wait(600)
    why = 'silenced by Ben until 10:00 ("disks on order")'
    open_now = {n.code: n.sentence for n in story.told().not_paged}
    assert open_now["suppressed"] == f"Nobody was paged: it is {why}."
    assert open_now["step_not_taken"].endswith(f"was not taken: it is {why}.")
    facts = PersonFacts("ada", T0 + 60, [], [story.facts()])
    (incident,) = explain_person(facts, NAMES, BERLIN).incidents
    assert [why in reason.sentence for reason in incident.reasons] == [True], "--person says so too"
    story.clear("disk")
    assert why in story.told().summary and "it was over" in story.told().summary
    assert story.told().unexplained == {}
