"""Providers as real local servers that speak their protocol. Used by tests and benchmarks."""

from __future__ import annotations
