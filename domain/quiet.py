"""Quiet hours: windows of a person's own clock in which their normal pages wait. Pure.

Published rules:
  - They hold a page of normal urgency until they end, for three days at most. An urgent page they NEVER hold.
  - What counts is the quiet hours that the person has when the page would go.
  - Only that person waits: the step's time runs on, and the next step, the next round and the last resort come as ever.
  - Whom this incident has called urgently is not left in peace by a later step that is less important.
  - Where the rules of a window cannot be told (its holiday calendar is gone), it is not quiet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from domain.errors import Invalid
from domain.holidays import Holidays, asked
from domain.people import User
from domain.spans import Opening
from domain.validation import check_window
from domain.window import Window

MOST_HELD_S = 3 * 86_400.0
"""Longer than a weekend that begins on Friday afternoon; nobody's page waits for ever on windows that never end."""
MAX_WINDOWS = 50


def quiet_until(user: User | None, holidays: Mapping[str, Holidays], at: float) -> float:
    """Until when a normal page of `at` waits; `at` if it does not. UTC epoch seconds."""
    windows = [w for w in user.quiet_hours if not w.holidays or w.holidays in holidays] if user is not None else []
    if user is None or not windows:
        return at
    opening = Opening(windows, ZoneInfo(user.zone), asked(holidays.values()))
    ends = (high for low, high in opening.between(at, at + MOST_HELD_S) if low <= at < high)
    return min(next(ends, at), at + MOST_HELD_S)


def check_quiet_hours(windows: tuple[Window, ...], calendars: Collection[str], field: str = "windows") -> None:
    """Raise Invalid for an unknown zone, time, weekday or calendar, or for too many."""
    if len(windows) > MAX_WINDOWS:
        raise Invalid(field, f"There can be at most {MAX_WINDOWS} windows.")
    for n, window in enumerate(windows):
        check_window(window, f"{field}[{n}]", calendars)
