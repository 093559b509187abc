"""Argon2id, with the library's current defaults; verification costs the same whether the account exists or not."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST, LONGEST = 10, 200
"""Characters; shorter ones are guessed, and longer ones cost the machine that hashes them."""
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")


def unfit(password: str, again: str) -> str:
    """Why it cannot be somebody's new password, typed twice; "" if it can."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"The password must have {SHORTEST} to {LONGEST} characters."
    return "" if password == again else "The two passwords differ. Type the same one twice."


async def hash_password(password: str) -> str:
    """Argon2id hash, computed off the event loop."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def verify(password: str, stored: str | None) -> bool:
    """True if it is the password of this hash; None stands for an account that does not exist."""
    return await asyncio.to_thread(_verify, password, stored)


def _verify(password: str, stored: str | None) -> bool:
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (Argon2Error, InvalidHashError):
        return False
