"""A recurring stretch of wall-clock time in one zone: working hours, nights, quiet hours. Pure.

Published rules: `start` is part of it, `end` is not. A window whose end is not after its start crosses midnight and
belongs to the day on which it begins: Friday 22:00 to 06:00 lasts into Saturday. Start and end the same means whole
days. A wall-clock time that a gap swallows is the end of the gap; of one that occurs twice the first counts.
When a window is open is answered in domain/spans.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

IsHoliday = Callable[[str, date], bool | None]
"""(id of a holiday calendar, day) -> whether it is one; None where that cannot be told."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """`weekdays`: 0 Monday to 6 Sunday, none means every day. `start`, `end`: "HH:MM" in `zone`.

    `holidays`: id of a holiday calendar, "" to look at none; its days never belong to the window, or with
    `on_holidays` "only" no others do.
    """

    zone: str
    weekdays: tuple[int, ...] = ()
    start: str = "00:00"
    end: str = "00:00"
    holidays: str = ""
    on_holidays: Literal["never", "only"] = "never"
