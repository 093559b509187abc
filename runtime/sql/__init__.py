"""SQL of the runtime: schema and named statements."""

from __future__ import annotations
