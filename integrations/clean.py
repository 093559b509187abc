"""Limits and cleaning of what senders send. Too long is cut with a mark, never refused; see docs/integrations.md.

Postgres' jsonb takes no NUL and no lone surrogate; control characters other than newline and tab help nobody at 3 a.m.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from domain.alert import Link
from integrations.base import Malformed

MAX_DEPTH = 32
MAX_LABELS = 64
NAME_MAX = 128
VALUE_MAX = 1024
TITLE_MAX = 300
TEXT_MAX = 8192
KEY_MAX = 512
MAX_LINKS = 10
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def text(value: Any, limit: int) -> str:
    """A clean string of at most `limit` characters plus, where something was cut, a mark that says so."""
    if value is None:
        return ""
    raw = value if isinstance(value, str) else _plain(value)
    clean = raw if raw.isprintable() else _CONTROL.sub("", raw)
    if len(clean) <= limit:
        return clean
    return f"{clean[:limit]}… [truncated, {len(clean)} characters]"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return msgspec.json.encode(value).decode()


def mapping(values: Any) -> dict[str, str]:
    """Labels or annotations: names and values as clean strings; more than MAX_LABELS are counted in `_omitted`."""
    if not isinstance(values, Mapping):
        return {}
    out: dict[str, str] = {}
    for name, value in values.items():
        if len(out) >= MAX_LABELS:
            out["_omitted"] = str(len(values) - MAX_LABELS)
            break
        out[text(name, NAME_MAX)] = text(value, VALUE_MAX)
    return out


def link(href: Any, label: str) -> tuple[Link, ...]:
    """One link if `href` is an http(s) URL, else none."""
    url = text(href, VALUE_MAX)
    return (Link(url, label),) if url.startswith(("http://", "https://")) else ()


def parse_json(body: bytes) -> Any:
    """The body as JSON. Raises Malformed for anything else, and for nesting beyond MAX_DEPTH."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("", f"the body is not valid JSON: {error}") from error
    _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Malformed("", f"the JSON is nested deeper than {MAX_DEPTH} levels; send a flatter body")
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
