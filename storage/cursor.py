"""Opaque list cursors: where the previous page ended."""

from __future__ import annotations

import base64
import binascii

import msgspec

from domain.errors import Invalid


def encode(at: float, ident: str) -> str:
    """Cursor after the item with this time and id."""
    return base64.urlsafe_b64encode(msgspec.json.encode([at, ident])).decode().rstrip("=")


def decode(cursor: str) -> tuple[float, str]:
    """Inverse of `encode`. Raises Invalid."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        at, ident = msgspec.json.decode(raw, type=tuple[float, str])
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise Invalid("cursor", "This cursor is not one of ours; start again without it.") from error
    if not 0 <= at < 1e11 or "\x00" in ident:
        raise Invalid("cursor", "This cursor is not one of ours; start again without it.")
    return at, ident
