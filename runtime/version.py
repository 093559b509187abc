"""The program's version, as hosts and gateways say it of themselves. pyproject.toml says the same."""

from __future__ import annotations

VERSION = "0.1.0"
