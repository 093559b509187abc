"""Decisions of on-call, pure.

Standard library only; nothing here awaits, reads a clock, draws a random number or does I/O.
Instants are float seconds since the epoch, UTC; `now` and ids are arguments.
Data is frozen dataclasses with slots; functions return new values.
"""

from __future__ import annotations
