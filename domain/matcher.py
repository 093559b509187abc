"""Conditions on labels. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.pattern import fits


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on an alert's labels; a missing label is "".

    `op`: "=" equal, "!=" not equal, "=~" the pattern fits the whole value, "!~" it does not (domain/pattern.py).
    """

    label: str
    op: Literal["=", "!=", "=~", "!~"]
    value: str


def holds(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    """Whether the labels satisfy it. Raises BadPattern."""
    value = labels.get(matcher.label, "")
    match matcher.op:
        case "=":
            return value == matcher.value
        case "!=":
            return value != matcher.value
    return fits(matcher.value, value) == (matcher.op == "=~")
