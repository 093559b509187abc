"""Holiday calendars."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from gateway.schemas.base import Input, Name, Output

Days = Annotated[list[date], Field(max_length=2000)]


class HolidayCalendarInput(Input):
    """The public holidays of a country or a subdivision of it, with `dates` and without `except_dates`."""

    name: Name
    country: Annotated[str | None, Field(max_length=8, examples=["DE"], description="ISO 3166")] = None
    subdivision: Annotated[str | None, Field(max_length=40, examples=["BE"])] = None
    dates: Days = Field(default_factory=list)
    except_dates: Days = Field(default_factory=list)


class HolidayCalendar(Output):
    """A saved calendar. `days`: all its days, as schedules use them."""

    id: str
    name: str
    country: str | None
    subdivision: str | None
    dates: list[date]
    except_dates: list[date]
    days: list[date]


class HolidayCalendarList(Output):
    """All calendars, without their days."""

    items: list[HolidayCalendar]
