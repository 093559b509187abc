"""Lists as Postgres array literals. psycopg's own dumper does it value by value in Python: a fifth of a storm's time.

Every array in sql/queries.sql is cast (`%(ids)s::bigint[]`), so that the text alone is enough. See the PostgreSQL
manual, "Array Input and Output Syntax".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg import DataError
from psycopg.adapt import Dumper
from psycopg.pq import Format


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_ELEMENTS: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    bytes: lambda value: f'"\\\\x{value.hex()}"',
}


def array_literal(values: list[Any]) -> str:
    """`{...}` for a flat list of str, bool, int, float or bytes, and None. Raises DataError for any other type."""
    try:
        return "{" + ",".join(["NULL" if v is None else _ELEMENTS[type(v)](v) for v in values]) + "}"
    except KeyError as error:
        raise DataError(f"no array of {error} can be written") from error


class ListDumper(Dumper):
    """For `connection.adapters.register_dumper(list, ListDumper)`."""

    format = Format.TEXT

    def dump(self, obj: list[Any]) -> bytes:
        """Raises DataError for a NUL, which no Postgres text can hold; UnicodeEncodeError for half a surrogate pair."""
        literal = array_literal(obj).encode()
        if b"\x00" in literal:
            raise DataError("text for Postgres cannot contain NUL")
        return literal
