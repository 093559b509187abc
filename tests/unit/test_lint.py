"""What lint finds, kind by kind, and the badge of coming shifts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from domain.configuration import Configuration, Integration
from domain.lint import lint
from domain.lint.ahead import Ahead
from domain.lint.finding import Away, Exercised, Facts, Failing, Finding, Gone, Heard
from domain.people import ContactMethod, NotificationRule, User
from domain.policy import Conditions, Policy, Step, Target
from domain.readiness import coming
from domain.schedule import FixedShift, FixedShifts, Handoff, Layer, Override, Rotation, Schedule
from domain.window import Window

DAY = 86_400.0
NOW = datetime.fromisoformat("2026-03-09T12:00:00+00:00").timestamp()
CALM = Facts(heard={}, exercised={"p": Exercised(NOW, 1)})
ADA = User(
    "ada",
    "Ada",
    "",
    contacts=(ContactMethod("ada-s", "ada", "slack", "", "#ada"), ContactMethod("ada-e", "ada", "email", "", "a@b.c")),
)
BEN = User(
    "ben",
    "Ben",
    "",
    contacts=(
        ContactMethod("ben-w", "ben", "webhook", "", "https://x.org/y"),
        ContactMethod("ben-e", "ben", "email", "", "b@b.c"),
    ),
)


def user(ident: str) -> Target:
    return Target("user", ident)


def weekly(*users: str, start: str = "2026-01-05T09:00:00", **more: Any) -> Schedule:
    layer = Layer("weekly", Rotation("week", 1, start, users), **more)
    return Schedule("s", "Shop", "Europe/Berlin", (layer,))


def shop(
    schedule: Schedule | None = None, steps: tuple[Step, ...] | None = None, users: tuple[User, ...] = (ADA, BEN)
) -> Configuration:
    """Nothing is wrong with it."""
    chosen = steps or (Step((Target("schedule", "s"),), 300.0), Step((user("ben"),), 300.0))
    return Configuration(
        version=7,
        users={u.id: u for u in users},
        schedules={"s": schedule or weekly("ada", "ben")},
        policies={"p": Policy("p", "Primary", 1, chosen)},
        integrations={"i": Integration("i", "Grafana", "grafana", "p")},
        last_resort=(user("ada"),),
    )


def found(config: Configuration, facts: Facts = CALM, at: float = NOW) -> list[Finding]:
    return list(lint(config, facts, at).findings)


def kinds(config: Configuration, facts: Facts = CALM, at: float = NOW) -> list[tuple[str, str]]:
    return [(f.kind, f.level) for f in found(config, facts, at)]


def only(kind: str, config: Configuration, facts: Facts = CALM, at: float = NOW) -> Finding:
    (finding,) = [f for f in found(config, facts, at) if f.kind == kind]
    return finding


def test_nothing_is_found_where_nothing_is_wrong_and_what_was_not_looked_at_is_said() -> None:
    report = lint(shop(), CALM, NOW)
    assert (report.findings, report.version) == ((), 7)
    assert [u.kind for u in report.unchecked] == ["stale_push_token"]
    blind = lint(shop(), Facts(), NOW)
    assert [u.kind for u in blind.unchecked] == ["stale_push_token", "integration_silent", "never_exercised"]


def test_holes_in_a_schedule_are_told_once_and_a_step_that_falls_into_them_too() -> None:
    weekdays = weekly("ada", windows=(Window("", (0, 1, 2, 3, 4)),))
    gap = only("coverage_gap", shop(weekdays))
    assert (gap.level, gap.subject, gap.start) == ("warning", "Shop", NOW + 4 * DAY + 11 * 3600)
    # 8 weekends in 60 days, one of them an hour short for summer time; 9 with the last, which has begun by then.
    assert "Sat 2026-03-14 00:00 to Mon 2026-03-16 00:00 (Europe/Berlin), and 7 more, 16 days in all" in gap.text
    step = only("step_reaches_nobody", shop(weekdays))
    assert (step.subject, step.start) == ("Primary", gap.start)
    unused = replace(shop(weekdays, (Step((user("ben"),), 60.0),)))
    assert kinds(unused) == [("coverage_gap", "info")]


def test_a_policy_that_reaches_nobody_is_critical_and_its_steps_are_not_told_again() -> None:
    once = Schedule("s", "Shop", "UTC", (Layer("f", fixed=FixedShifts((FixedShift("ada", NOW, NOW + DAY),))),))
    config = shop(once, (Step((Target("schedule", "s"),), 300.0),))
    policy = only("policy_reaches_nobody", config)
    assert (policy.level, policy.start, policy.end) == ("critical", NOW + DAY, NOW + 60 * DAY)
    assert "step_reaches_nobody" not in [k for k, _ in kinds(config)]
    assert found(config)[0] == policy, "the worst first"


def test_an_override_that_removes_everybody_is_found_and_one_that_adds_somebody_mends_it() -> None:
    nobody = Override("o", None, NOW + DAY, NOW + DAY + 3_600, 1.0, "remove")
    config = shop(replace(weekly("ada", "ben"), overrides=(nobody,)), (Step((Target("schedule", "s"),), 300.0),))
    assert kinds(config) == [("policy_reaches_nobody", "critical"), ("coverage_gap", "warning")]
    ben = Override("p", "ben", NOW + DAY, NOW + DAY + 3_600, 2.0, "add")
    mended = replace(config.schedules["s"], overrides=(nobody, ben))
    assert kinds(replace(config, schedules={"s": mended})) == []


def test_steps_with_conditions_only_leave_the_last_resort_alone() -> None:
    night = Conditions(windows=(Window("UTC", (), "22:00", "06:00"),))
    assert kinds(shop(None, (Step((user("ben"), user("ada")), 60.0, when=night), Step((), 60.0)))) == [
        ("only_conditional_steps", "info")
    ]


def test_the_last_resort_must_reach_somebody() -> None:
    assert only("no_last_resort", replace(shop(), last_resort=())).level == "critical"
    gone = replace(shop(), last_resort=(user("gone"),))
    assert "everybody is called" in only("last_resort_reaches_nobody", gone).text


def test_a_responder_whom_no_page_reaches_is_critical_and_the_text_says_what_to_do() -> None:
    mute = replace(BEN, contacts=())
    assert only("no_contact", shop(users=(ADA, mute))).text == "Ben has no contact method: add one."
    disabled = replace(BEN, contacts=(replace(BEN.contacts[0], enabled=False),))
    assert "disabled: enable one" in only("no_contact", shop(users=(ADA, disabled))).text
    gone = replace(BEN, active=False)
    assert only("no_contact", shop(users=(ADA, gone))).level == "critical"
    absent = Facts({"email": "set SENTINEL_SMTP_URL.", "webhook": "no."}, heard={}, exercised=CALM.exercised)
    assert only("no_contact", shop(), absent).subject == "Ben"
    eve = User("eve", "Eve", "")
    assert kinds(shop(users=(ADA, BEN, eve))) == [("no_contact", "info")]


def test_a_responder_without_a_verified_address_is_a_warning_and_what_is_verified_is_what_counts() -> None:
    never = replace(BEN, contacts=tuple(replace(c, verified=False) for c in BEN.contacts))
    assert kinds(shop(users=(ADA, never))) == [("unverified", "warning")]
    shifts = coming(Ahead(shop(users=(ADA, never)), CALM, NOW, 14), shop().schedules.values())
    assert {(s.user, s.ready, tuple(r.kind for r in s.remarks)) for s in shifts} == {
        ("Ben", False, ("unverified",)),
        ("Ada", True, ()),
    }
    half = replace(BEN, contacts=(BEN.contacts[0], replace(BEN.contacts[1], verified=False)))
    assert kinds(shop(users=(ADA, half))) == [("one_provider", "info")], "the unverified one is not used"


def test_addresses_that_fail_rules_that_cannot_be_used_and_the_outbox_alone_are_warnings() -> None:
    facts = replace(
        CALM,
        failing={"ada-s": Failing(NOW - DAY, 4, "channel_not_found")},
        channels={"slack": "", "webhook": "no proxy is set."},
    )
    assert kinds(shop(), facts) == [
        ("contact_failing", "warning"),
        ("channel_not_configured", "info"),
        ("one_provider", "info"),
    ]
    told = found(shop(), facts)[0]
    assert (told.subject, "by slack" in told.text, "Mend it" in told.text) == ("Ada", True, True)
    assert "none of the last 4 arrived, since 2026-03-08 12:00 UTC (channel_not_found)" in told.text
    shifts = coming(Ahead(shop(), facts, NOW, 14), shop().schedules.values())
    assert {r.kind: r.blocks for s in shifts if s.user == "Ada" for r in s.remarks}["failing"] is False
    strange = replace(ADA, urgent=(NotificationRule("gone", 0.0),))
    assert only("rules_unusable", shop(users=(strange, BEN))).level == "warning"
    outbox = replace(ADA, contacts=(ContactMethod("ada-o", "ada", "outbox", "", ""),))
    assert only("outbox_only", shop(users=(outbox, BEN))).subject == "Ada"


def test_an_address_that_does_not_exist_is_told_and_counts_as_verified_no_more() -> None:
    gone = {c.id: Gone(NOW - DAY, "mail.example.org answered 550") for c in ADA.contacts}
    said = found(shop(), replace(CALM, gone=dict(list(gone.items())[:1])))
    assert [f.kind for f in said if f.subject == "Ada"] == ["contact_gone"], "another verified one is left"
    all_gone = [f for f in found(shop(), replace(CALM, gone=gone)) if f.subject == "Ada"]
    assert {f.kind for f in all_gone} == {"contact_gone", "unverified"}
    assert any("do not exist any more" in f.text for f in all_gone)
    shifts = coming(Ahead(shop(), replace(CALM, gone=gone), NOW, 14), shop().schedules.values())
    (remarks,) = {s.remarks for s in shifts if s.user == "Ada"}
    assert [(r.kind, r.blocks) for r in remarks] == [("failing", True), ("unverified", True)]
    assert "there is no such address" in remarks[0].text


def test_a_policy_that_hangs_on_one_provider_is_a_warning_and_calls_and_sms_are_one() -> None:
    phones = tuple(ContactMethod(f"{c}", "ada", c, "", "+49") for c in ("sms", "voice"))  # type: ignore[arg-type]
    config = shop(None, (Step((user("ada"),), 60.0),), (replace(ADA, contacts=phones), BEN))
    assert [(f.kind, f.level, f.subject) for f in found(config)] == [
        ("one_provider", "warning", "Primary"),
        ("one_provider", "info", "Ada"),
    ]
    assert "the telephone provider only" in only_policy(config).text
    hosts = tuple(ContactMethod(h, "ada", "webhook", "", f"https://{h}.org/x") for h in ("a", "b"))
    assert kinds(shop(None, (Step((user("ada"),), 60.0),), (replace(ADA, contacts=hosts), BEN))) == []


def only_policy(config: Configuration) -> Finding:
    (finding,) = [f for f in found(config) if f.kind == "one_provider" and f.subject_kind == "policy"]
    return finding


@pytest.mark.parametrize(
    ("at", "start", "level", "said"),
    [
        ("2026-03-09", "2026-01-04T02:30:00", "warning", "02:00 to 03:00 does not exist"),
        ("2026-03-09", "2026-01-05T02:30:00", None, ""),  # hands off on Mondays
        ("2026-03-09", "2026-01-04T03:00:00", None, ""),  # the first instant after the gap is itself
        ("2026-04-09", "2026-01-04T02:30:00", "info", "02:00 to 03:00 comes twice"),
    ],
)
def test_hand_offs_where_the_clocks_change_are_told(at: str, start: str, level: str | None, said: str) -> None:
    now = datetime.fromisoformat(f"{at}T12:00:00+00:00").timestamp()
    dst = [f for f in found(shop(weekly("ada", "ben", start=start)), CALM, now) if f.kind == "dst_ambiguous"]
    assert [(f.level, f.subject) for f in dst[:1]] == ([(level, "Shop")] if level else [])
    assert all(said in f.text for f in dst[:1])


def test_weekday_hand_offs_and_windows_where_the_clocks_change_are_told_and_elapsed_hours_are_not() -> None:
    sunday = Rotation("week", 1, "2026-01-05T09:00:00", ("ada", "ben"), (Handoff(6, "02:15"), Handoff(2, "09:00")))
    hourly = Rotation("hour", 12, "2026-01-05T02:30:00", ("ada", "ben"))
    night = Window("", (), "02:30", "14:30")
    layers = (Layer("hourly", hourly), Layer("parts", sunday), Layer("night", hourly, windows=(night,)))
    texts = [f.text for f in found(shop(Schedule("s", "Shop", "Europe/Berlin", layers))) if f.kind == "dst_ambiguous"]
    assert [t.partition(" falls")[0] for t in texts] == [
        "Layer parts: the hand-off at 02:15",
        "Layer night: the window's 02:30",
        "Layer parts: the hand-off at 02:15",
        "Layer night: the window's 02:30",
    ]


def test_an_integration_is_silent_by_its_own_measure() -> None:
    def silent(hours: float, longest: float, messages: int = 50) -> list[tuple[str, str]]:
        heard = Heard(NOW - 90 * DAY, messages, NOW - hours * 3_600, longest * 3_600)
        return kinds(shop(), replace(CALM, heard={"i": heard, "gone": heard}))

    assert silent(30, 10) == [("integration_silent", "warning")]
    assert silent(19, 10) == []
    assert silent(5.9, 0.1) == [], "never sooner than six hours"
    assert silent(900, 10, messages=3) == [], "three messages make no habit"
    assert kinds(shop(), replace(CALM, heard={"i": Heard(NOW - 8 * DAY)})) == [("never_heard", "info")]
    assert kinds(shop(), replace(CALM, heard={"i": Heard(NOW - 6 * DAY)})) == []


def test_policies_that_were_never_tried_or_that_nothing_leads_to_are_told() -> None:
    assert kinds(shop(), replace(CALM, exercised={})) == [("never_exercised", "info")]
    newer = replace(shop(), policies={"p": replace(shop().policies["p"], version=3), "q": Policy("q", "Old", 1, ())})
    assert [(f.kind, f.subject) for f in found(newer)] == [
        ("policy_unused", "Old"),
        ("not_exercised_since_change", "Primary"),
    ]


def test_who_is_on_call_in_their_time_off_is_told_and_their_shift_is_not_ready() -> None:
    facts = replace(CALM, away=(Away("ada", NOW - DAY, NOW + 30 * DAY),))
    away = only("away_on_call", shop(), facts)
    assert (away.subject, away.level) == ("Shop", "warning")
    shifts = coming(Ahead(shop(), facts, NOW, 14), shop().schedules.values())
    assert [(s.user, s.ready, [r.kind for r in s.remarks]) for s in shifts] == [
        ("Ben", True, []),
        ("Ada", False, ["away"]),
        ("Ben", True, []),
    ]


def test_badges_say_why_a_shift_is_not_ready() -> None:
    mute, mail = replace(ADA, contacts=()), replace(BEN, contacts=BEN.contacts[1:])
    schedule = replace(weekly("ada", "ben", "gone"), overrides=(Override("o", None, NOW, NOW + 60, 1.0, "remove"),))
    shifts = coming(Ahead(shop(schedule, users=(mute, mail)), CALM, NOW, 21), [schedule])
    assert {(s.user_id, s.ready, tuple((r.kind, r.blocks) for r in s.remarks)) for s in shifts} == {
        (None, False, (("nobody_on_call", True),)),
        ("ada", False, (("no_contact", True),)),
        ("ben", True, (("one_provider", False),)),
        ("gone", False, (("unknown", True),)),
    }
    failing = replace(CALM, failing={"ben-e": Failing(NOW - DAY, 3, "mailbox full")})
    last = coming(Ahead(shop(schedule, users=(mute, mail)), failing, NOW, 21), [schedule])
    assert next(r.text for s in last if s.user_id == "ben" for r in s.remarks) == (
        "Pages to Ben do not arrive: none of the last 3 arrived, since 2026-03-08 12:00 UTC (mailbox full). Mend the address."
    )
