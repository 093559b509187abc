"""The worked example of docs/versions.md, through the commands that it shows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cli import code, versions, who
from cli.code import Access
from gateway.tree.text import parse
from tests.contract.conftest import Site
from tests.contract.test_as_of import database_now, get
from tests.contract.test_configuration_code_doc import access as access  # the fixture
from tests.contract.test_configuration_tree import config, export, post

DOC = (Path(__file__).parents[2] / "docs" / "versions.md").read_text()
EXAMPLE = DOC.partition("```yaml\n")[2].partition("```")[0]
DIFFERENT = DOC.partition("comparison of\nthe two versions says:\n\n```\n")[2].partition("```")[0]
BACK = DOC.partition("first version begins\n\n```\n")[2].partition("```")[0]


async def test_the_example_is_compared_asked_and_rolled_back(
    access: Access, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run(what: object, *args: object) -> tuple[int, str]:
        status = await asyncio.to_thread(what, *args)  # type: ignore[arg-type]
        return status, capsys.readouterr().out

    async def on_call(as_of: str) -> str:
        question = who.Question("First line", False, "", "", as_of)
        return (await run(who.run, site.services.settings, question))[1]

    first = (await post(site, "apply", parse(EXAMPLE)))["applied"]
    tree, then = await export(site), (await database_now(site)).isoformat()
    kept = {kind: (await get(site, f"/{kind}"))["items"] for kind in ("policies", "services")}
    changed = EXAMPLE.replace("users: [alice@example.org]", "users: [bob@example.org]").replace("300", "3600")
    changed = changed.replace("  Shop:", "  Web shop:").partition("services:")[0] + "services: {}\n"
    second = (await post(site, "apply", {**parse(changed), "renamed": {"policies": {"Shop": "Web shop"}}}))["applied"]

    assert DIFFERENT and BACK
    assert await run(versions.told, access, second, first) == (0, DIFFERENT)
    assert (await run(versions.told, access, second, None))[1].endswith(DIFFERENT)
    status, said = await run(versions.listed, access, 1)
    assert status == 0 and said.startswith(f"{second:>6}  ") and "applied a tree to the configuration" in said
    assert "Alice Adler" in await on_call(then) and "Bob Brandt" in await on_call("")
    status, said = await run(code.export, access, None, then)
    assert status == 0 and parse(said) == tree

    status, said = await run(versions.roll_back, access, first, True, None)
    assert status == 2 and said.startswith(BACK), said
    assert (await config(site)).version == second
    assert (await run(versions.roll_back, access, first, False, second + 1))[0] == 2
    status, said = await run(versions.roll_back, access, first, False, second)
    assert status == 0 and f"this is version {second + 1}" in said
    assert (await export(site))["schedules"] == tree["schedules"]
    for kind, items in kept.items():
        now = (await get(site, f"/{kind}"))["items"]
        assert [(i["id"], i["name"]) for i in now] == [(i["id"], i["name"]) for i in items]
    assert "Alice Adler" in await on_call("")
    assert (await run(versions.roll_back, access, first, False, None))[1].startswith("Nothing to do")
    assert (await run(versions.told, access, second + 9, None))[0] == 1
