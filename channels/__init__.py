"""Outbound: one provider per file. A channel turns a page into one request and says what became of it."""

from __future__ import annotations
