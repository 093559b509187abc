"""HTTP and websockets. Takes alerts in with Ray down; nothing here decides who is paged."""

from __future__ import annotations
