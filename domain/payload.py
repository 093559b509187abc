"""What expressions and templates see of an alert, cut to a size that bounds their time. Pure.

`alert` is the alert in our words, `payload` what its sender sent for it. A payload is cut off beyond MAX_NODES values,
its strings beyond MAX_TEXT characters: what lies behind is not there, like any missing field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.alert import AlertEvent, Severity

MAX_NODES = 1_000
MAX_TEXT = 8_192
MAX_DEPTH = 16


def described(event: AlertEvent, default: Severity) -> dict[str, Any]:
    """`alert`. `default`: the severity of an alert whose sender gave none."""
    return {
        "title": event.title,
        "description": event.description,
        "severity": (event.severity or default).value,
        "status": event.status,
        "dedup_key": event.dedup_key,
        "group_key": event.group_key or "",
        "labels": dict(event.labels),
        "annotations": dict(event.annotations),
        "links": [{"href": link.href, "text": link.text} for link in event.links],
        "starts_at": event.starts_at or 0.0,
        "silenced_by": list(event.silenced_by),
    }


def bounded(payload: Any) -> Any:
    """`payload`: a copy within the bounds."""
    return _Bounded().copy(payload, 0)


class _Bounded:
    def __init__(self) -> None:
        self._left = MAX_NODES

    def copy(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if isinstance(value, str):
            return value[:MAX_TEXT]
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth >= MAX_DEPTH:
            return None
        if isinstance(value, Mapping):
            found = {}
            for name, item in value.items():
                if self._left <= 0:
                    break
                found[str(name)[:MAX_TEXT]] = self.copy(item, depth + 1)
            return found
        if isinstance(value, list | tuple):
            items = []
            for item in value:
                if self._left <= 0:
                    break
                items.append(self.copy(item, depth + 1))
            return items
        return None
