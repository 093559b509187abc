"""iCalendar (RFC 5545) in: the events of a feed between two instants, recurrences and time zones resolved.

Parsed by `icalendar`, expanded by `recurring-ical-events`. An event that cannot be understood spoils the whole feed,
rather than leaving out somebody's shift in silence. All-day events last from midnight to midnight, and times without a
zone are, on the wall clock of `zone`. A hostile feed can make this run for ever: gateway/calendar_parser.py bounds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from domain.calendar import instant_of

TEXT_MAX = 300
PEOPLE_MAX = 50


class CalendarInvalid(Exception):
    """The feed is no calendar that can be understood."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One occurrence. `people`: names or e-mail addresses of attendees; UTC epoch seconds, end exclusive."""

    summary: str
    start: float
    end: float
    people: tuple[str, ...] = ()


def entries(body: bytes, zone: str, start: float, end: float, limit: int) -> list[Entry]:
    """Occurrences that reach into [start, end), by start. Raises CalendarInvalid, also for more than `limit`."""
    try:
        calendars = icalendar.Calendar.from_ical(body.decode("utf-8-sig"), multiple=True)
        if not calendars or any(c.name != "VCALENDAR" for c in calendars):
            raise CalendarInvalid("it holds no VCALENDAR; is this the address of an .ics feed?")
        found: dict[Entry, None] = {}
        for calendar in calendars:
            for entry in _occurrences(calendar, ZoneInfo(zone), start, end):
                found[entry] = None
                if len(found) > limit:
                    raise CalendarInvalid(f"it holds more than {limit} events in the time that is imported")
    except CalendarInvalid:
        raise
    except Exception as error:
        # Whatever a strange feed makes the two libraries raise means the same: this copy cannot be used.
        raise CalendarInvalid(f"{type(error).__name__}: {error}"[:TEXT_MAX]) from error
    return sorted(found, key=lambda e: (e.start, e.end, e.summary))


def _occurrences(calendar: Any, zone: ZoneInfo, start: float, end: float) -> Iterator[Entry]:
    window = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    for event in recurring_ical_events.of(calendar).between(*window):
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        low, high = _instant(event.start, zone), _instant(event.end, zone)
        if low < high and low < end and high > start:
            yield Entry(str(event.get("SUMMARY", "")).strip()[:TEXT_MAX], low, high, tuple(_people(event)))


def _instant(moment: date, zone: ZoneInfo) -> float:
    if not isinstance(moment, datetime):
        return instant_of(datetime(moment.year, moment.month, moment.day), zone)
    return moment.timestamp() if moment.tzinfo is not None else instant_of(moment, zone)


def _people(event: Any) -> list[str]:
    """Addresses of those who did not decline; their names where there is no address."""
    found = []
    given = event.get("ATTENDEE", [])
    for attendee in (given if isinstance(given, list) else [given])[:PEOPLE_MAX]:
        if str(attendee.params.get("PARTSTAT", "")).upper() == "DECLINED":
            continue
        address = str(attendee).strip()
        mail = address[7:] if address.lower().startswith("mailto:") else ""
        found.append((mail or str(attendee.params.get("CN", "")) or address)[:TEXT_MAX])
    return [p for p in found if p]
