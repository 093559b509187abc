"""Senders' ways to write an instant."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_FRACTION = re.compile(r"(\.\d{6})\d+")
_EARLIEST = 86_400.0
"""Go writes "no time" as year 1; nothing real fired on the first day of 1970."""
_LATEST = 32_503_680_000.0


def moment(value: Any) -> float | None:
    """UTC epoch seconds of an RFC 3339 text or a number of seconds or milliseconds; None if it is none."""
    if isinstance(value, bool) or value in (None, ""):
        return None
    if isinstance(value, int | float):
        try:
            seconds = float(value)
        except OverflowError:
            return None
        if seconds > 100_000_000_000:
            seconds /= 1000.0
    elif isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(_FRACTION.sub(r"\1", value.strip()))
            seconds = (parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    else:
        return None
    return seconds if _EARLIEST < seconds < _LATEST else None
