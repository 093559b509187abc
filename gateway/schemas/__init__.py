"""The wire: pydantic models, one file per resource. Nothing else defines JSON."""

from __future__ import annotations
