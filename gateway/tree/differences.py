"""What differs between two parts of trees, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from gateway.tree.faults import Path, shown

MOST = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """At `path` there was `before` and is `after`; None: nothing."""

    path: Path
    before: Any
    after: Any

    @property
    def words(self) -> str:
        """In one line."""
        return f"{shown(self.path)}: {text(self.before)} → {text(self.after)}"


def differences(before: Any, after: Any, path: Path = ()) -> list[Difference]:
    """At most MOST, in the order of the fields."""
    if _same(before, after):
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        out: list[Difference] = []
        for key in dict.fromkeys([*before, *after]):
            out += differences(before.get(key), after.get(key), (*path, key))
        return out[:MOST]
    if isinstance(before, list) and isinstance(after, list):
        low, high = 0, 0
        while low < min(len(before), len(after)) and _same(before[low], after[low]):
            low += 1
        while high < min(len(before), len(after)) - low and _same(before[-1 - high], after[-1 - high]):
            high += 1
        out = []
        for n in range(low, max(len(before), len(after)) - high):
            old = before[n] if n < len(before) - high else None
            new = after[n] if n < len(after) - high else None
            out += differences(old, new, (*path, n))
        return out[:MOST]
    return [Difference(path, before, after)]


def _same(before: Any, after: Any) -> bool:
    return type(before) is type(after) and bool(before == after)


def text(value: Any) -> str:
    """A value as people read it; secrets are not shown."""
    if value is None:
        return "nothing"
    if isinstance(value, SecretStr):
        return "(secret)"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {text(v)}" for k, v in value.items()) + "}" if value else "nothing"
    if isinstance(value, list):
        return "[" + ", ".join(text(v) for v in value) + "]" if value else "nothing"
    return str(value)


def plain(value: Any) -> Any:
    """As JSON."""
    if isinstance(value, SecretStr):
        return "(secret)"
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value
