"""What the websocket for lists and calendars takes and says beside incidents (gateway/live.py).

What is watched is written like an address with its parameters, `of`: consoles that write the same are told the same.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.validation import check_zone
from gateway.schemas.base import Clean, Ident, Input, Line, Moment, Output
from gateway.schemas.schedules import OnCallEntry, Preview, ScheduleLine

EVERYONE = "*"


def _known(zone: str) -> str:
    check_zone(zone, "zone")
    return zone


def _near(day: date) -> date:
    if not 1980 <= day.year <= 2200:
        raise ValueError("the year must be between 1980 and 2200")
    return day


Zone = Annotated[Line, AfterValidator(_known)]
Day = Annotated[date, AfterValidator(_near)]
Of = Annotated[str, Field(max_length=1000), Clean]


class Asked(Input):
    """A message of a client: to be told `of` something from now on, or no longer."""

    type: Literal["watch", "leave"]
    of: Of


class OnCallQuery(Input):
    """`on-call`: as GET /on-call answers it, for now or as of a time."""

    as_of: Moment | None = None


class CalendarQuery(Input):
    """`calendar`: as a schedule's preview or the timeline answer it, by whole days on the clock of `zone`.

    `schedule`: its id, "*" for everyone's, "" for the first by name; `team`: of everyone's only this team's. `first`:
    the first day, left away the Monday of this week; of a month any day in it, left away the present one. `span`: days,
    or the whole weeks around a month. `zone`: left away, the schedule's own, of everyone's UTC.
    """

    schedule: Annotated[str, Field(max_length=100), Clean] = ""
    team: Ident | None = None
    first: Day | None = None
    span: Literal["month"] | Annotated[int, Field(ge=1, le=62)] = 14
    zone: Zone | None = None
    as_of: Moment | None = None


class Named(Output):
    """Somebody who is named in a document. `place`: among everybody by name, so that colours stay theirs."""

    id: str
    name: str
    place: int


class OnCallDocument(Output):
    """Who is on call in every schedule, and who comes next. Said at once and when it is no longer so."""

    type: Literal["on-call"] = "on-call"
    of: str
    people: list[Named]
    items: list[OnCallEntry]


class DayBegins(Output):
    """A day, and the instant that it begins with."""

    day: date
    start: datetime


class CalendarDocument(Output):
    """Days on the clock of `zone`, up to `end`, and what is in them: `schedule_id` and its `lines`, or `everyone`.

    `month`: its first day, if one was asked for. Said at once and when it is no longer so.
    """

    type: Literal["calendar"] = "calendar"
    of: str
    schedule_id: str | None
    zone: str
    today: date
    month: date | None
    days: list[DayBegins]
    end: datetime
    people: list[Named]
    lines: Preview | None
    everyone: list[ScheduleLine]


class Refusal(Output):
    """What was asked is not told, and why; what was watched before goes on. `of` null: not even that was understood.

    `errors`: {pointer, detail} for each parameter that is not acceptable.
    """

    type: Literal["refused"] = "refused"
    of: str | None
    detail: str
    errors: list[dict[str, str]] = Field(default_factory=list)
