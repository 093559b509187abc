"""Swap requests, time off, calendars in and out, hand-offs, shift notices, load."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from domain.evening import Part, Suggestion
from domain.load import Load
from domain.swap import Span
from gateway.schemas.base import Clean, Ident, Input, Line, Moment, Name, Output, UserId, moment
from storage.tables import SwapRow

SwapState = Literal["open", "taken", "declined", "withdrawn", "expired"]
Note = Annotated[str, Field(max_length=1000), Clean]


class Period(Input):
    """From start to end, end exclusive."""

    start: Moment
    end: Moment

    def span(self) -> Span:
        return Span(self.start.timestamp(), self.end.timestamp())


class SwapInput(Period):
    """Ask others to take (part of) a shift. `user_id`: whose shift, yours if left away; managers may name anybody.

    `asked`: whom; null: everybody who takes part in the schedule, and its team. `in_return`: their shift that you take
    for it; then `asked` is that one person.
    """

    schedule_id: Ident
    user_id: Ident | None = None
    asked: Annotated[list[Ident], Field(min_length=1, max_length=200)] | None = None
    in_return: Period | None = None
    expires_at: Annotated[Moment | None, Field(description="Default: when it is too late to take it")] = None
    note: Note = ""


class ActInput(Input):
    """`user_id`: who takes or declines, you if left away; managers may answer for anybody."""

    user_id: Ident | None = None


class SwapEvent(Output):
    """What happened, when, by whom."""

    at: datetime
    by: str
    what: str


class SpanShown(Output):
    """From start to end, end exclusive."""

    start: datetime
    end: datetime


class SwapRequest(Output):
    """A swap request with its history. `override_ids`: made when it was taken."""

    id: str
    schedule_id: str
    user_id: str
    start: datetime
    end: datetime
    in_return: SpanShown | None
    asked: list[str]
    note: str
    time_off_id: str | None
    state: SwapState
    declined_by: list[str]
    taken_by: str | None
    expires_at: datetime
    override_ids: list[str]
    history: list[SwapEvent]

    @classmethod
    def of(cls, row: SwapRow) -> SwapRequest:
        """From its row."""
        back = None
        if row.return_starts_at is not None and row.return_ends_at is not None:
            back = SpanShown(start=row.return_starts_at, end=row.return_ends_at)
        return cls(
            id=row.id,
            schedule_id=row.schedule_id,
            user_id=row.asker,
            start=row.starts_at,
            end=row.ends_at,
            in_return=back,
            asked=row.asked,
            note=row.note,
            time_off_id=row.time_off_id,
            state=row.state,
            declined_by=row.declined_by,
            taken_by=row.taken_by,
            expires_at=row.expires_at,
            override_ids=row.override_ids,
            history=[SwapEvent(at=moment(h["at"]), by=h["by"], what=h["what"]) for h in row.history],
        )


class SwapList(Output):
    """Newest first, at most 500."""

    items: list[SwapRequest]


class TimeOffInput(Period):
    """`ask_cover`: ask colleagues to take the shifts in it. `user_id`: as in a swap request."""

    user_id: Ident | None = None
    note: Note = ""
    ask_cover: bool = True


class UncoveredShift(Output):
    """A piece of a shift in the time off whose person is still the one on call."""

    schedule_id: str
    start: datetime
    end: datetime
    swap_request_id: str | None
    swap_state: SwapState | None


class TimeOff(Output):
    """Time off. `uncovered`: from now on, by start; empty when all is taken."""

    id: str
    user_id: str
    start: datetime
    end: datetime
    note: str
    ask_cover: bool
    created_by: str
    created_at: datetime
    uncovered: list[UncoveredShift]


class TimeOffList(Output):
    """What is not over and not cancelled, by start."""

    items: list[TimeOff]


class CalendarTokenInput(Input):
    """A calendar to subscribe to: `subject_id` is the id of a user, schedule or team."""

    kind: Literal["user", "schedule", "team"]
    subject_id: Ident
    name: Name = "calendar"


class CalendarToken(Output):
    """A subscription. `hint`: the end of the token; `used_at`: when a calendar program last came, to the hour."""

    id: str
    name: str
    kind: Literal["user", "schedule", "team"]
    subject_id: str
    user_id: str
    hint: str
    created_at: datetime
    used_at: datetime | None


class NewCalendarToken(CalendarToken):
    """With the addresses; shown this once. Whoever knows them reads the calendar, until it is revoked."""

    url: str
    webcal_url: str


class CalendarTokenList(Output):
    """Subscriptions that work."""

    items: list[CalendarToken]


class CalendarInput(Input):
    """A calendar to import. `people`: text of an event's SUMMARY, or an attendee -> user id, where names and e-mail
    addresses do not suffice."""

    layer: Name
    url: Annotated[SecretStr, Field(max_length=2000, description="http(s):// or webcal://; never shown again")]
    people: Annotated[dict[Line, UserId], Field(max_length=500)] = Field(default_factory=dict)
    every_s: Annotated[float, Field(ge=60, le=86_400)] = 900.0
    stale_after_s: Annotated[float, Field(ge=300, le=30 * 86_400)] = 86_400.0


class CalendarChange(CalendarInput):
    """`url`: left empty, it stays what it is."""

    url: Annotated[SecretStr, Field(max_length=2000)] = SecretStr("")


class UnknownText(Output):
    """A text of the calendar that names nobody we know."""

    text: str
    events: int
    first: datetime


class ImportedCalendar(Output):
    """A calendar that is a layer. `stale`: the copy in use is older than `stale_after_s`; who is on call is then what
    the calendar said at `good_at`. `problem`: why the last attempt brought nothing, or empty."""

    id: str
    schedule_id: str
    layer: str
    host: str
    people: dict[str, str]
    every_s: float
    stale_after_s: float
    good_at: datetime | None
    changed_at: datetime | None
    checked_at: datetime | None
    age_s: float | None
    stale: bool
    problem: str
    shifts: int
    unknown: list[UnknownText]


class ImportedCalendarList(Output):
    """Calendars of a schedule, lowest layer first."""

    items: list[ImportedCalendar]


class HandoffSettings(Input):
    """`confirm_within_s`: ask who comes on call to confirm within this time; null: do not ask.

    `slack_group`: id of a Slack user group (S…) that follows the schedule. `slack_token`: of a bot with the scopes
    usergroups:write and users:read.email; null keeps the one saved.
    """

    confirm_within_s: Annotated[float, Field(ge=60, le=86_400)] | None = None
    slack_group: Annotated[str, Field(max_length=30, pattern=r"^(S[A-Z0-9]+)?$")] = ""
    slack_token: Annotated[SecretStr, Field(max_length=300)] | None = None


class Handoff(Output):
    """What happens at hand-offs, and how the running one stands.

    `unconfirmed`: who has not confirmed yet; null of a time in the past.
    """

    confirm_within_s: float | None
    slack_group: str
    has_slack_token: bool
    unconfirmed: list[str] | None


class ShiftNotices(Input):
    """What a person is told of their shifts, by their first contact method for normal urgency."""

    at_start: bool = False
    at_end: bool = False
    remind_before_s: Annotated[float, Field(ge=60, le=7 * 86_400)] | None = None
    slack_user: Annotated[str, Field(max_length=30, pattern=r"^([UW][A-Z0-9]+)?$")] = ""


class PersonLoad(Output):
    """Hours on call; night, weekend and holiday are parts of `hours` and may overlap. See docs/rota.md."""

    user_id: str
    name: str
    hours: float
    night: float
    weekend: float
    holiday: float
    burden: float
    shifts: int
    in_a_row: int
    longest_h: float

    @classmethod
    def of(cls, load: Load, name: str) -> PersonLoad:
        """With the person's name."""
        hours = {k: round(getattr(load, k), 2) for k in ("hours", "night", "weekend", "holiday", "burden", "longest_h")}
        return cls(user_id=load.user, name=name, shifts=load.shifts, in_a_row=load.in_a_row, **hours)


class SwapPart(Output):
    """A shift that would change hands."""

    schedule_id: str
    giver: str
    taker: str
    start: datetime
    end: datetime

    @classmethod
    def of(cls, part: Part) -> SwapPart:
        """From the domain."""
        low, high = moment(part.start), moment(part.end)
        return cls.model_validate(
            {"schedule_id": part.schedule_id, "giver": part.giver, "taker": part.taker, "start": low, "end": high}
        )


class SwapSuggestion(Output):
    """`gives` changes hands, and `returns` comes back for it, if any. `words`: why."""

    gives: SwapPart
    returns: SwapPart | None
    words: str

    @classmethod
    def of(cls, suggestion: Suggestion) -> SwapSuggestion:
        """From the domain."""
        returns = SwapPart.of(suggestion.returns) if suggestion.returns is not None else None
        return cls(gives=SwapPart.of(suggestion.gives), returns=returns, words=suggestion.words)


class LoadReport(Output):
    """Heaviest burden first; suggestions each on top of those before it."""

    start: datetime
    end: datetime
    zone_of: Literal["person", "schedule"]
    people: list[PersonLoad]
    suggestions: list[SwapSuggestion]
