"""Figures as CSV (RFC 4180), safe to open in a spreadsheet.

A cell that begins with = + - @, a tab or a line break is run as a formula by spreadsheets (OWASP, CSV injection), and
titles of alerts come from outside: such text gets an apostrophe in front. Numbers are written as numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
TYPE = "text/csv; charset=utf-8"


def cell(value: object) -> str:
    """One value as text."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case int():
            return str(value)
        case datetime():
            return value.isoformat()
    told = str(value)
    return f"'{told}" if told.startswith(RUNS) else told


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The whole document."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()
