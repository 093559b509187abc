"""Regular expressions in linear time: Rust's `regex`, the engine that the expressions of routes use as well.

No pattern can take longer than its length times that of the text, so none can hold up an alert. That costs
look-around and back-references. A pattern must fit the whole text, as in Alertmanager. It is reached through
pydantic, which the product runs on anyway; measured in docs/adr/0018.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import prod

from pydantic_core import SchemaError, SchemaValidator, core_schema

MAX_LENGTH = 300
MAX_COUNTED = 500
"""Product of all repetition counts: each multiplies the memory of the compiled pattern."""
_COUNTS = re.compile(r"\{(\d{1,9})(?:,(\d{0,9}))?\}")


class BadPattern(Exception):
    """The pattern cannot be used; the text says where and why."""


@lru_cache(maxsize=20_000)
def compiled(pattern: str) -> SchemaValidator:
    """The pattern, anchored on both sides. Raises BadPattern."""
    if len(pattern) > MAX_LENGTH:
        raise BadPattern(f"it is {len(pattern)} characters long; at most {MAX_LENGTH} are taken")
    counts = [max(int(low), int(high or 0), 1) for low, high in _COUNTS.findall(pattern)]
    if prod(counts) > MAX_COUNTED:
        raise BadPattern(f"its repetition counts multiply to more than {MAX_COUNTED}; use + or * instead")
    _build(pattern)  # by itself, so that "a)(b" does not pass as "(?:a)(b)"
    return _build(f"^(?:{pattern})$")


def _build(pattern: str) -> SchemaValidator:
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        raise BadPattern(_why(str(error))) from error


def fits(pattern: str, text: str) -> bool:
    """True if the pattern fits the whole text. Raises BadPattern."""
    return compiled(pattern).isinstance_python(text)


def _why(message: str) -> str:
    """Where and what, of Rust's drawing: the pattern, a caret below the place, the reason."""
    lines = [line for line in message.splitlines() if line.strip()]
    reason = next((line.partition("error: ")[2] for line in lines if "error: " in line and "parse" not in line), "")
    caret = next((line for line in lines if line.strip().strip("^") == ""), "")
    if reason and caret:
        return f"at character {max(1, caret.index('^') - 3)}: {reason}"
    return reason or lines[-1].strip()
