"""A real Postgres and a real Valkey from wheels, for installations that bring none of their own."""

from __future__ import annotations
