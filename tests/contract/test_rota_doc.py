"""The example of docs/rota.md does what it says."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.contract.conftest import Site
from tests.contract.rota import crew, monday, text

DOC = Path(__file__).parents[2] / "docs" / "rota.md"
LINE = re.compile(
    r"(?P<who>\w+) (?P<method>[A-Z]+) (?P<path>\S+)(?: (?P<body>\{.*?\})(?= =>| ::| \d|$))?(?: (?P<status>\d{3}))?"
    r"(?: => (?P<keep>\S+))?(?: :: (?P<at>\S+) (?P<value>.+))?$"
)


def found_at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        answer = answer[int(part)] if part.isdigit() else answer[part]
    return answer


async def test_the_example_of_the_documentation_holds(site: Site) -> None:
    crew_of = await crew(site, "ada", "ben")
    week = 1
    while await crew_of.on_call(monday(week)) != ["ada"]:
        week += 1
    known = {"schedule": crew_of.schedule}

    def instant(match: re.Match[str]) -> str:
        return text(monday(week) + timedelta(days=int(match[1] or 0)))

    def filled(template: str) -> str:
        template = re.sub(r"\bW(?:\+(\d+)d)?\b", instant, template)
        template = template.replace("ADA", crew_of.ids["ada"]).replace("BEN", crew_of.ids["ben"])
        return re.sub(r"\$(\w+)", lambda m: known[m[1]], template)

    (block,) = re.findall(r"```example\n(.*?)```", DOC.read_text(), re.S)
    lines = block.strip().splitlines()
    assert len(lines) > 10
    for line in lines:
        step = LINE.fullmatch(line)
        assert step is not None, f"not understood: {line}"
        await _taken(site, crew_of, step, filled, known)


async def _taken(site: Site, crew_of: Any, step: re.Match[str], filled: Any, known: dict[str, str]) -> None:
    body = json.loads(filled(step["body"])) if step["body"] else None
    path = quote(filled(step["path"]), safe="/?&=")
    status = int(step["status"]) if step["status"] else None
    if step["who"] == "admin":
        answer = await site.call(step["method"], path, body, status)
    else:
        answer = await crew_of.as_(step["who"], step["method"], path, body, status)
    if step["keep"]:
        name, _, where = step["keep"].partition("=")
        known[name] = found_at(answer, where or "id")
    if step["at"]:
        wanted, seen = filled(step["value"]), found_at(answer, step["at"])
        if isinstance(seen, str) and seen.endswith("Z"):
            assert datetime.fromisoformat(seen) == datetime.fromisoformat(wanted), step[0]
        elif isinstance(seen, int | float):
            assert seen == float(wanted), step[0]
        else:
            assert str(seen) == wanted, step[0]
