"""What a live schedule notices: reminders, starts and ends, confirmation, the Slack group. Driven by its own timers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from actors.schedule import ScheduleActor, ScheduleChanged
from domain.configuration import Configuration
from domain.handoff import OnCall
from domain.notices import HandoffConfirmed, Notice, NoticesWanted
from domain.people import ContactMethod, User
from domain.rota import HandoffRules, Rota, ShiftNotices
from domain.schedule import Layer, Override, Rotation, Schedule
from runtime.codec import Kind
from runtime.entity import Cancel, Ctx, Effect, EffectFailed, Set, TimerFired
from runtime.ids import EntityId


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()


def person(ident: str) -> User:
    ways = tuple(ContactMethod(f"{ident}-{c}", ident, c, c, "x") for c in ("email", "slack"))  # type: ignore[arg-type]
    return User(ident, ident.capitalize(), f"{ident}@example.org", "Europe/Berlin", ways)


def organisation(rota: Rota, *overrides: Override) -> Configuration:
    layer = Layer("l", Rotation("week", 1, "2026-01-05T09:00:00", ("ada", "ben")))
    schedule = Schedule("s", "Primary", "Europe/Berlin", (layer,), overrides)
    return Configuration(1, users={u: person(u) for u in ("ada", "ben", "cleo")}, schedules={"s": schedule}, rota=rota)


@dataclass
class Live:
    """The actor with its timers, in virtual time; its state goes through the codec each time, as in production."""

    config: Configuration
    now: float
    state: OnCall = field(default_factory=OnCall)
    timers: dict[str, float] = field(default_factory=dict)
    sent: list[tuple[str, Effect]] = field(default_factory=list)
    seq: int = 0

    def send(self, message: Any) -> Any:
        kind = Kind(ScheduleActor())
        ctx = Ctx(self.now, EntityId("schedule", "s"), self.seq, "c", self.config)
        decision = kind.entity.decide(self.state, message, ctx)
        if decision.timers or decision.effects or decision.records:
            assert decision.events
        for event in decision.events:
            self.state = kind.entity.apply(self.state, event)
            self.seq += 1
        self.state = kind.state(1, kind.encode_state(self.state), "s")
        for timer in decision.timers:
            self.timers.pop(timer.name, None)
            if isinstance(timer, Set):
                assert timer.at > self.now, "a timer in the past would turn for ever"
                self.timers[timer.name] = timer.at
            assert isinstance(timer, Set | Cancel)
        when = datetime.fromtimestamp(self.now, ZoneInfo("Europe/Berlin")).strftime("%d %H:%M")
        self.sent += [(when, e) for e in decision.effects]
        return decision

    def run(self, until: str) -> None:
        while self.timers and min(self.timers.values()) <= at(until):
            name = min(self.timers, key=lambda n: self.timers[n])
            self.now = self.timers.pop(name)
            self.send(TimerFired(name, self.now))
        self.now = at(until)

    def said(self) -> list[tuple[str, str, str]]:
        out = [(when, str(e.body["user_id"]), str(e.body["subject"])) for when, e in self.sent if e.kind == "notice"]
        self.sent.clear()
        return out


def live(rota: Rota, start: str, *overrides: Override) -> Live:
    made = Live(organisation(rota, *overrides), at(start))
    made.send(ScheduleChanged())
    return made


def test_who_asked_for_nothing_is_told_nothing() -> None:
    found = live(Rota(), "2026-01-06T12:00")
    found.run("2026-02-20T12:00")
    assert found.said() == [] and set(found.timers) == {"handoff"}


def test_people_are_told_of_start_and_end_and_reminded_once_as_they_wish() -> None:
    notices = {"ada": ShiftNotices(at_start=True), "ben": ShiftNotices(at_end=True, remind_before_s=3600)}
    found = live(Rota(notices=notices), "2026-01-06T12:00")
    assert found.said() == [("06 12:00", "ada", "You are on call: Primary")]
    found.run("2026-01-19T12:00")
    assert found.said() == [
        ("12 08:00", "ben", "Your shift begins soon: Primary"),
        ("19 09:00", "ada", "You are on call: Primary"),
        ("19 09:00", "ben", "Your shift has ended: Primary"),
    ]


def test_a_reminder_longer_than_a_shift_still_comes_in_time() -> None:
    found = live(Rota(notices={"ben": ShiftNotices(remind_before_s=8 * 86400)}), "2026-01-13T12:00")
    found.run("2026-01-30T12:00")
    assert found.said() == [("18 09:00", "ben", "Your shift begins soon: Primary")]


def test_a_shift_that_comes_at_short_notice_is_reminded_of_at_once() -> None:
    found = live(Rota(notices={"cleo": ShiftNotices(remind_before_s=86400)}), "2026-01-06T12:00")
    override = Override("o", "cleo", at("2026-01-06T18:00"), at("2026-01-07T18:00"), 1.0)
    found.config = organisation(found.config.rota, override)
    found.send(ScheduleChanged())
    found.send(ScheduleChanged())
    assert found.said() == [("06 12:00", "cleo", "Your shift begins soon: Primary")]


def test_who_does_not_confirm_in_time_is_told_again_and_so_is_who_was_on_call_before() -> None:
    found = live(Rota(handoffs={"s": HandoffRules(confirm_within_s=600)}), "2026-01-06T12:00")
    found.send(HandoffConfirmed("ada", "Ada"))
    found.said()
    found.run("2026-01-12T09:09")
    assert found.said() == [("12 09:00", "ben", "You are on call: Primary")]
    assert [u.user for u in found.state.unconfirmed] == ["ben"]
    found.run("2026-01-12T09:30")
    assert found.said() == [
        ("12 09:10", "ben", "Please confirm your shift: Primary"),
        ("12 09:10", "ada", "Hand-off not confirmed: Primary"),
    ]
    assert found.state.users == ("ben",), "paging follows the schedule all the same"
    found.run("2026-01-12T18:00")
    assert found.said() == [], "once"
    found.send(HandoffConfirmed("ben", "Ben"))
    assert found.state.unconfirmed == ()


def test_who_confirms_is_left_in_peace_and_a_stranger_confirms_nothing() -> None:
    found = live(Rota(handoffs={"s": HandoffRules(confirm_within_s=600)}), "2026-01-12T09:00")
    assert found.send(HandoffConfirmed("ada", "Ada")).events == ()
    found.send(HandoffConfirmed("ben", "Ben"))
    found.said()
    found.run("2026-01-12T12:00")
    assert found.said() == [] and "confirm" not in found.timers


def test_the_slack_group_is_ordered_when_who_is_on_call_or_the_group_changes() -> None:
    found = live(Rota(handoffs={"s": HandoffRules(slack_group="S1", slack_token="x")}), "2026-01-06T12:00")
    found.send(ScheduleChanged())
    found.run("2026-01-12T12:00")
    orders = [(when, e.body["users"]) for when, e in found.sent if e.kind == "slack_group"]
    assert orders == [("06 12:00", ["ada"]), ("12 09:00", ["ben"])]
    assert all("x" not in str(e.body.get("slack_token", "")) for _, e in found.sent)


def test_a_notice_that_fails_goes_the_next_way_until_none_is_left() -> None:
    found = live(Rota(), "2026-01-06T12:00")
    found.send(NoticesWanted((Notice("ada", "Hello", "text"), Notice("nobody", "Hello", "text"))))
    (_, first) = found.sent.pop()
    assert (first.channel, first.body["contact_method_id"]) == ("notice-email", "ada-email")
    assert "address" not in first.body
    found.send(EffectFailed(first.id, "notice", first.channel, "no route", first.body))
    (_, second) = found.sent.pop()
    assert second.channel == "notice-slack" and second.id != first.id
    found.send(EffectFailed(second.id, "notice", second.channel, "no route", second.body))
    assert found.sent == []


def test_a_deleted_schedule_ends_everything() -> None:
    found = live(Rota(handoffs={"s": HandoffRules(confirm_within_s=600)}), "2026-01-06T12:00")
    found.config = Configuration(2)
    found.send(ScheduleChanged())
    assert (found.state.users, found.state.unconfirmed, found.timers) == ((), (), {})
