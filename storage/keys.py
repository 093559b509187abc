"""Keys: 32 random bytes with a recognisable beginning; only their SHA-256 is stored.

A fast hash is right here: a key cannot be guessed, so there is nothing to slow down. Passwords, which can be, get
Argon2 (gateway/auth/passwords.py).
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Literal

KeyKind = Literal["api", "int", "ses", "one", "inv", "rst", "cal", "ping"]


def new_key(kind: KeyKind) -> str:
    """A fresh key: `snt_<kind>_<43 characters>`; shown once and never stored."""
    return f"snt_{kind}_{secrets.token_urlsafe(32)}"


def hash_key(key: str) -> str:
    """What is stored and looked up."""
    return hashlib.sha256(key.encode()).hexdigest()


def hint(key: str) -> str:
    """The end of the key, by which its owner recognises it in a list."""
    return f"…{key[-4:]}"
