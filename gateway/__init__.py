"""TODO gateway."""

from __future__ import annotations
