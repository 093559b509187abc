"""The worked example of docs/configuration-as-code.md, through the commands that it shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn

from cli import code
from cli.code import Access
from cli.progress import Failed
from tests.contract.conftest import Site, until
from tests.fakes.ports import free_port

DOC = (Path(__file__).parents[2] / "docs" / "configuration-as-code.md").read_text()
EXAMPLE = DOC.partition("```yaml\n")[2].partition("```")[0]


@pytest.fixture
async def access(site: Site) -> AsyncIterator[Access]:
    """The gateway on a port, for a client that knows nothing else of it."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(site.app, port=port, lifespan="off", log_level="error"))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await until("the gateway's port", started)
    yield Access(f"http://127.0.0.1:{port}", site.keys.admin_key)
    server.should_exit = True
    await serving


async def test_the_example_is_planned_applied_and_exported(
    access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "oncall.yaml"
    file.write_text(EXAMPLE)

    async def run(what: object, *args: object) -> tuple[int, str]:
        status = await asyncio.to_thread(what, *args)  # type: ignore[arg-type]
        return status, capsys.readouterr().out

    status, said = await run(code.plan, access, file, False)
    assert status == 1 and 'users["alice@example.org"].contacts.phone.address: The environment variable' in said
    monkeypatch.setenv("ALICE_PHONE", "+49301234567")
    status, said = await run(code.plan, access, file, False)
    assert status == 2 and '+ schedules["Shop, first line"]' in said and "integrations.Generic" in said, said
    assert (await run(code.apply, access, file, False, None))[0] == 0
    assert (await run(code.apply, access, file, False, None)) == (
        0,
        said[said.rindex("\nNot in the tree") : said.index("\n", said.rindex("Not in the tree")) + 1]
        + "Nothing to do: the configuration is what the tree says.\n",
    )
    assert (await run(code.drift, access))[0] == 0
    status, said = await run(code.export, access, None)
    written = tmp_path / "out.yaml"
    written.write_text(said)
    assert status == 0 and "4930" not in said
    assert (await run(code.plan, access, written, False))[0] == 0

    file.write_text(EXAMPLE.replace("unit: week", "unit: day"))
    status, said = await run(code.plan, access, file, False)
    shown = DOC.partition("gives this plan:\n\n```\n")[2].partition("```")[0]
    assert status == 2 and said.startswith(shown)
    assert (await run(code.apply, access, file, False, 1))[0] == 2

    faulty = EXAMPLE.replace("{schedule: 'Shop, first line'}", "{schedule: 'Shop, frist line'}")
    file.write_text(faulty.replace("unit: week", "unit: week\n          every: 99999"))
    status, said = await run(code.plan, access, file, False)
    assert status == 1 and "do you mean 'Shop, first line'?" in said
    assert "layers[0].rotation.every" in said
    assert re.search(r"\d faults?; nothing was changed\.", said)


def test_an_installation_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="SENTINEL_API_KEY"):
        Access.find("", "", tmp_path / "ready.json")
    with pytest.raises(Failed, match="does not answer"):
        code.drift(Access(f"http://127.0.0.1:{free_port()}", "x"))
