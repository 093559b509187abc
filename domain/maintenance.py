"""When a maintenance is open, and for what. Pure.

A window whose zone or holiday calendar is not known is never open: in doubt people are paged.
"""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from domain.configuration import Maintenance
from domain.holidays import Holidays, asked
from domain.spans import Opening, Span
from domain.window import Window

UTC = ZoneInfo("UTC")


def concerns(work: Maintenance, integration_id: str, service_id: str | None) -> bool:
    """True if it is about an incident of this integration and service."""
    if not work.integration_ids and not work.service_ids:
        return True
    return integration_id in work.integration_ids or (service_id is not None and service_id in work.service_ids)


def open_until(work: Maintenance, holidays: Mapping[str, Holidays], at: float) -> float | None:
    """When what is open at an instant closes, UTC epoch seconds; None if nothing is open."""
    return next((end for start, end in between(work, holidays, at, at + 1) if start <= at < end), None)


def between(work: Maintenance, holidays: Mapping[str, Holidays], start: float, end: float) -> list[Span]:
    """All that is open in some part of [start, end), ascending."""
    first, last = work.starts_at, work.ends_at if work.ends_at is not None else float("inf")
    spans = [(first, last)]
    if work.windows:
        usable = [w for w in work.windows if _known(w, holidays)]
        spans = Opening(usable, UTC, asked(holidays.values())).between(start, end)
    clipped = [(max(low, first), min(high, last)) for low, high in spans]
    return [(low, high) for low, high in clipped if low < high and high > start and low < end]


def _known(window: Window, holidays: Mapping[str, Holidays]) -> bool:
    try:
        ZoneInfo(window.zone)
    except (KeyError, ValueError, OSError):
        return False
    return not window.holidays or window.holidays in holidays
