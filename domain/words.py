"""Text that people and the database can take. Pure.

Postgres' jsonb takes no NUL and no lone surrogate: one of them in a word of ours would have the whole alert refused.
"""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str, limit: int) -> str:
    """Without control characters other than newline and tab, cut to `limit` characters with a mark."""
    plain = text if text.isprintable() else _CONTROL.sub("", text)
    return plain if len(plain) <= limit else f"{plain[:limit]}…"
