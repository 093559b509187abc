"""The watchdog's statements by name, from queries.sql."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg

_TEXT = (Path(__file__).parent / "queries.sql").read_text(encoding="utf-8")
SQL = {name: text.encode() for name, text in re.findall(r"^-- name: (\w+)\n(.*?);$", _TEXT, re.DOTALL | re.MULTILINE)}
Connection = psycopg.Connection[dict[str, Any]]


def database_now(connection: Connection) -> float:
    """The database's time, UTC epoch seconds: the only clock that other processes see."""
    row = connection.execute("select extract(epoch from now())::float8 as now").fetchone() or {"now": 0.0}
    return float(row["now"])
