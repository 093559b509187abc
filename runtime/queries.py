"""Named statements from a .sql file: `-- name: x`, then the statement up to the next name."""

from __future__ import annotations

import re
from importlib import resources


def load(package: str, file: str) -> dict[str, str]:
    """Statements by name; comment lines are left out."""
    text = (resources.files(package) / file).read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return {name: _bare(body) for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def _bare(body: str) -> str:
    lines = (line for line in body.splitlines() if not line.startswith("--"))
    return "\n".join(lines).strip().rstrip(";")
