"""Entities: thin. Each file binds domain decisions to the runtime and reads like a contents page."""

from __future__ import annotations
