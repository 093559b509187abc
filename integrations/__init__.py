"""Inbound: one source per file, pure. parse(headers, body, received_at) turns a request into alert events."""

from __future__ import annotations
