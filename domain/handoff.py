"""What a live schedule notices when it looks: who began, who ended, who must be reminded, who has not confirmed.

Who is on call is the resolver's word alone (domain/oncall.py); nothing here changes it, and paging does not ask here.

Published rules:
  - Somebody with `remind_before_s` is reminded once per shift, that long before it begins; or at once, if the shift
    came to them later than that (an override, a swap).
  - A shift here is unbroken time on call: that a layer hands over to an override for the same person is no new shift.
  - Where a schedule asks for confirmation, everybody who comes on call is asked to confirm within `confirm_within_s`.
    Who does not is told again, and so is whoever was on call before: they are NOT kept on call, because the schedule
    decides who is paged and escalation covers who does not answer. They can stay on call beside the other person with
    an override of kind "add".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.configuration import Configuration
from domain.duty import Duty, duties
from domain.notices import Notice
from domain.oncall import next_change, shifts, who
from domain.replacing import replace
from domain.rota import HandoffRules, ShiftNotices
from domain.schedule import Schedule

HORIZON_S = 35 * 86_400.0
"""How far ahead shifts are computed for words and reminders; a live schedule looks again at least that often."""


@dataclass(frozen=True, slots=True)
class ShiftStarted:
    users: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class ShiftEnded:
    users: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Looked:
    """The next hand-off is at `next_at`, or never. `at`: when this was found."""

    next_at: float | None
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Reminded:
    """`user` was reminded of the shift that begins at `start`."""

    user: str
    start: float


@dataclass(frozen=True, slots=True)
class ConfirmationAsked:
    """`users` are to confirm by `until`; `outgoing` were on call before and are not any more."""

    users: tuple[str, ...]
    outgoing: tuple[str, ...]
    until: float


@dataclass(frozen=True, slots=True)
class ConfirmationMissing:
    """`users` have not confirmed in time."""

    users: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Confirmed:
    user: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Armed:
    """Next reminder and confirmation deadline, or None."""

    remind_at: float | None
    confirm_at: float | None


@dataclass(frozen=True, slots=True)
class GroupOrdered:
    """The Slack user group was ordered to hold these users."""

    group: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupNotUpdated:
    reason: str


Event = (
    ShiftStarted
    | ShiftEnded
    | Looked
    | Reminded
    | ConfirmationAsked
    | ConfirmationMissing
    | Confirmed
    | Armed
    | GroupOrdered
    | GroupNotUpdated
)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """`user` is to confirm by `until`; `told`: that has passed and those concerned were told."""

    user: str
    until: float
    outgoing: tuple[str, ...] = ()
    told: bool = False


@dataclass(frozen=True, slots=True)
class OnCall:
    """State of a live schedule: who is on call and until when that cannot change; what was said already."""

    users: tuple[str, ...] = ()
    next_at: float | None = None
    reminded: tuple[tuple[str, float], ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()
    remind_at: float | None = None
    confirm_at: float | None = None
    group: str = ""
    group_users: tuple[str, ...] = ()
    group_problem: str = ""


def apply(state: OnCall, event: Event) -> OnCall:
    """The state after an event."""
    match event:
        case ShiftStarted(users, _):
            return replace(state, users=users)
        case ShiftEnded():
            return replace(state, users=())
        case Looked(next_at, at):
            # Who is off needs to confirm nothing any more, and what has begun needs no reminder.
            unconfirmed = tuple(u for u in state.unconfirmed if u.user in state.users)
            reminded = tuple(r for r in state.reminded if r[1] > at)
            return replace(state, next_at=next_at, unconfirmed=unconfirmed, reminded=reminded)
        case Reminded(user, start):
            return replace(state, reminded=(*state.reminded, (user, start)))
        case ConfirmationAsked(users, outgoing, until):
            asked = tuple(Unconfirmed(u, until, outgoing) for u in users)
            return replace(state, unconfirmed=(*(u for u in state.unconfirmed if u.user not in users), *asked))
        case ConfirmationMissing(users, _):
            marked = tuple(replace(u, told=u.told or u.user in users) for u in state.unconfirmed)
            return replace(state, unconfirmed=marked)
        case Confirmed(user, _, _):
            return replace(state, unconfirmed=tuple(u for u in state.unconfirmed if u.user != user))
        case Armed(remind_at, confirm_at):
            return replace(state, remind_at=remind_at, confirm_at=confirm_at)
        case GroupOrdered(group, users):
            return replace(state, group=group, group_users=users, group_problem="")
        case GroupNotUpdated(reason):
            return replace(state, group_problem=reason)


def deadline(state: OnCall) -> float | None:
    """When the next confirmation is missing, or None."""
    return min((u.until for u in state.unconfirmed if not u.told), default=None)


class Look:
    """One look at a schedule: `state` is always the state after `events`."""

    def __init__(self, state: OnCall, schedule: Schedule | None, config: Configuration, now: float) -> None:
        self.state = state
        self.events: list[Event] = []
        self.notices: list[Notice] = []
        self.sync_group = False
        self._schedule = schedule
        self._config = config
        self._now = now
        self._rules = config.rota.handoffs.get(schedule.id, HandoffRules()) if schedule is not None else HandoffRules()
        self._remind_at: float | None = None
        self._ahead: list[Duty] | None = None

    def add(self, event: Event) -> None:
        """Something happened."""
        self.events.append(event)
        self.state = apply(self.state, event)

    def all(self) -> None:
        """Everything there is to notice now."""
        self._hand_over()
        self._remind()
        self._ask_again()
        self._follow()

    # -- hand-over -------------------------------------------------------------------------------------

    def _hand_over(self) -> None:
        schedule, now, before = self._schedule, self._now, self.state.users
        users = who(schedule, now) if schedule is not None else ()
        following = next_change(schedule, now) if schedule is not None else None
        if users != before:
            if before:
                self.add(ShiftEnded(before, now))
            if users:
                self.add(ShiftStarted(users, now))
        self.add(Looked(following, now))
        came = tuple(u for u in users if u not in before)
        went = tuple(u for u in before if u not in users)
        if schedule is not None:
            self._say(schedule, came, went, users)

    def _say(self, schedule: Schedule, came: tuple[str, ...], went: tuple[str, ...], users: tuple[str, ...]) -> None:
        within = self._rules.confirm_within_s
        if within is not None and came:
            self.add(ConfirmationAsked(came, went, self._now + within))
        for user in came:
            if self._wishes(user).at_start or within is not None:
                text = f"You are on call for {schedule.name} now, {self._until(user)}."
                if within is not None:
                    text += (
                        f"\nPlease confirm within {_minutes(within)} that you have taken over: POST "
                        f"/api/v1/schedules/{schedule.id}/hand-off/confirm. You are paged from now on in any case."
                    )
                self._tell(user, f"You are on call: {schedule.name}", text)
        for user in went:
            if self._wishes(user).at_end:
                others = ", ".join(map(self._name, users)) or "Nobody"
                is_are = "are" if len(users) > 1 else "is"
                text = f"Your shift for {schedule.name} has ended. {others} {is_are} on call now."
                self._tell(user, f"Your shift has ended: {schedule.name}", text)

    # -- reminders -------------------------------------------------------------------------------------

    def _remind(self) -> None:
        """Reminders due now; arms the next. A shift beyond the next hand-off is found by the look at that hand-off."""
        now, schedule = self._now, self._schedule
        wishes = {u: w.remind_before_s for u, w in self._config.rota.notices.items() if w.remind_before_s is not None}
        next_at: float | None = None
        if schedule is not None and wishes:
            reach = min(self.state.next_at if self.state.next_at is not None else now, now + HORIZON_S)
            for duty in duties(shifts(schedule, now, reach + max(wishes.values()) + 1)):
                before = wishes.get(duty.user)
                if before is None or duty.start <= now:
                    continue
                due = duty.start - before
                if due > now:
                    next_at = due if next_at is None else min(due, next_at)
                elif (duty.user, duty.start) not in self.state.reminded:
                    self.add(Reminded(duty.user, duty.start))
                    text = f"You will be on call for {schedule.name} from {self._clock(duty.start, duty.user)} on."
                    self._tell(duty.user, f"Your shift begins soon: {schedule.name}", text)
            if self.state.next_at is not None and self.state.next_at > reach:
                next_at = reach if next_at is None else min(reach, next_at)
        self._remind_at = next_at

    # -- confirmation ----------------------------------------------------------------------------------

    def _ask_again(self) -> None:
        late = [u for u in self.state.unconfirmed if not u.told and u.until <= self._now]
        if late and self._schedule is not None:
            name = self._schedule.name
            self.add(ConfirmationMissing(tuple(u.user for u in late), self._now))
            for missing in late:
                incoming = self._name(missing.user)
                again = f"You have not confirmed that you are on call for {name}. You are paged in any case."
                self._tell(missing.user, f"Please confirm your shift: {name}", again)
                text = (
                    f"{incoming} has not confirmed taking over {name} from you. Pages go to {incoming} all the same. "
                    "Please reach them; to stay on call too, make an override of kind add for yourself."
                )
                for user in missing.outgoing:
                    self._tell(user, f"Hand-off not confirmed: {name}", text)
        self.add(Armed(self._remind_at, deadline(self.state)))

    # -- Slack -----------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Order the group if it or who is on call changed. With nobody on call it stays: Slack allows none empty."""
        group, users = self._rules.slack_group, self.state.users
        if group and users and (group, users) != (self.state.group, self.state.group_users):
            self.add(GroupOrdered(group, users))
            self.sync_group = True
        elif not group and self.state.group:
            self.add(GroupOrdered("", ()))

    # -- words -----------------------------------------------------------------------------------------

    def _wishes(self, user: str) -> ShiftNotices:
        return self._config.rota.notices.get(user, ShiftNotices())

    def _name(self, user: str) -> str:
        known = self._config.users.get(user)
        return known.name if known is not None else user

    def _tell(self, user: str, subject: str, text: str) -> None:
        self.notices.append(Notice(user, subject, text))

    def _clock(self, instant: float, reader: str) -> str:
        known = self._config.users.get(reader)
        zone = known.zone if known is not None else "UTC"
        return f"{datetime.fromtimestamp(instant, ZoneInfo(zone)):%a %Y-%m-%d %H:%M} ({zone})"

    def _until(self, user: str) -> str:
        if self._ahead is None and self._schedule is not None:
            self._ahead = duties(shifts(self._schedule, self._now, self._now + HORIZON_S))
        end = next((d.end for d in self._ahead or () if d.user == user), None)
        if end is None or end >= self._now + HORIZON_S:
            return "until further notice"
        return f"until {self._clock(end, user)}"


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minute{'s' if minutes != 1 else ''}"
