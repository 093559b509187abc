"""Every answer is either to be had as of a time, or docs/versions.md says why it is not."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
BEFORE = "/api/v1"


def listed() -> list[str]:
    """Paths of the table; one that ends in … stands for all that begin so."""
    text = (ROOT / "docs/versions.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `/")]
    return [path for row in rows for path in re.findall(r"`(/[^`]+)`", row)]


def covered(path: str, by: list[str]) -> bool:
    return any(path == p or (p.endswith("…") and path.startswith(p.removesuffix("…"))) for p in by)


def test_every_get_takes_as_of_or_says_why_not() -> None:
    paths = json.loads((ROOT / "gateway/openapi.json").read_text(encoding="utf-8"))["paths"]
    reads = {p.removeprefix(BEFORE): o["get"] for p, o in paths.items() if "get" in o}
    timed = {p for p, get in reads.items() if any(q.get("name") == "as_of" for q in get.get("parameters", ()))}
    without = listed()
    assert [p for p in reads if p not in timed and not covered(p, without)] == []
    assert [p for p in timed if covered(p, without)] == []
    for row in without:
        assert row == "/api/graphql" or any(covered(p, [row]) for p in reads), f"{row} is no path"
