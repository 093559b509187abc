"""Who is asking: API keys, sessions, one-time sign-in, passwords."""

from __future__ import annotations
