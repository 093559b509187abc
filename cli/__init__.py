"""The `sentinel` command and the embedded default."""

from __future__ import annotations
