"""What an integration shows to paste, pasted: the real Alertmanager and a real shell, against the gateway on a port."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from integrations.registry import TYPES
from runtime.ids import SHARDS
from tests.contract.conftest import Site, a_host, opened, until
from tests.fakes.ports import free_port

ALERTMANAGER = "prometheus-alertmanager"
"""Debian's name of the program; deploy/dev/env.sh installs it."""


@pytest.fixture
async def served(database: str, valkey_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A host, and a gateway that is where it says it is."""
    port = free_port()
    async with (
        opened(database, valkey_url, tmp_path, public_url=f"http://127.0.0.1:{port}") as site,
        a_host(site.services.settings) as host,
    ):
        server = uvicorn.Server(uvicorn.Config(site.app, port=port, lifespan="off", log_level="error"))
        serving = asyncio.create_task(server.serve())

        async def ready() -> bool:
            return server.started and len(host.core.ownership.epochs) == SHARDS

        await until("the gateway's port and the host's shards", ready)
        yield site
        server.should_exit = True
        await serving


async def shown(site: Site, kind: str, name: str) -> tuple[str, str]:
    """A new integration, and what is shown of that name with its key in it."""
    policy = (await site.call("GET", "/policies"))["items"][0]["id"]
    ident = (await site.call("POST", "/integrations", {"name": f"{name}, {kind}", "type": kind, "policy_id": policy}))[
        "id"
    ]
    key = await site.call("POST", f"/integrations/{ident}/keys")
    (text,) = (s["text"] for s in key["snippets"] if s["name"] == name)
    return ident, text


def over() -> str:
    """Of an alert: that it ends now, as Prometheus says it."""
    return f"--end={datetime.now(UTC).isoformat(timespec='milliseconds')}"


async def run(*command: str) -> str:
    """What a program says; it must succeed."""
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    return done.stdout


@asynccontextmanager
async def alertmanager(text: str, home: Path) -> AsyncIterator[str]:
    """URL of an Alertmanager with this configuration. Its own waits of seconds and minutes are made short."""
    file, url = home / "alertmanager.yml", f"127.0.0.1:{free_port()}"
    file.write_text(text)
    assert "SUCCESS" in await run("amtool", "check-config", str(file)), "exactly as it is shown"
    short = text.replace("group_wait: 10s", "group_wait: 200ms").replace("group_interval: 1m", "group_interval: 300ms")
    assert short.count("00ms") == 2
    file.write_text(short)
    options = (f"--storage.path={home}", f"--web.listen-address={url}", "--cluster.listen-address=")
    with (home / "alertmanager.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(ALERTMANAGER, f"--config.file={file}", *options, stderr=log)
    try:
        yield f"http://{url}"
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)


async def test_what_is_shown_is_taken_as_it_is_pasted(served: Site, tmp_path: Path) -> None:
    """In one test, because what costs the time is the gateway and the host."""
    await _curl_opens_an_incident_of_each_kind(served)
    await _alertmanager_opens_groups_and_resolves(served, tmp_path)


async def _curl_opens_an_incident_of_each_kind(site: Site) -> None:
    for kind in TYPES:
        ident, text = await shown(site, kind, "curl")
        assert json.loads(await run("sh", "-c", text))["status"] == "accepted"

        async def opened_by(ident: str = ident) -> bool:
            found = (await site.call("GET", "/alerts"))["items"]
            return ("Disk full on db1", ident) in {(a["title"], a["integration_id"]) for a in found}

        await until(f"the incident of {kind}", opened_by)


async def _alertmanager_opens_groups_and_resolves(site: Site, home: Path) -> None:
    ident, text = await shown(site, "prometheus", "Prometheus Alertmanager")

    async def incidents() -> dict[str, dict[str, Any]]:
        found = (await site.call("GET", "/alerts"))["items"]
        return {a["title"]: await site.call("GET", f"/alerts/{a['id']}") for a in found if a["integration_id"] == ident}

    async with alertmanager(text, home) as url:

        async def listens() -> bool:
            asked = ["amtool", f"--alertmanager.url={url}", "config", "show"]
            return (await asyncio.to_thread(subprocess.run, asked, capture_output=True, timeout=20)).returncode == 0

        async def alert(name: str, instance: str, *more: str) -> None:
            labels = (f"alertname={name}", f"instance={instance}", "severity=critical")
            await run("amtool", f"--alertmanager.url={url}", "alert", "add", *labels, *more)

        async def stands(title: str, status: str, members: dict[str, str]) -> dict[str, Any]:
            async def so() -> Any:
                seen = (await incidents()).get(title)
                if seen is None or seen["status"] != status:
                    return None
                are = {m["labels"]["instance"]: m["status"] for m in seen["members"]}
                return seen if are == members else None

            found: dict[str, Any] = await until(f"{title} {status} with {members}", so)
            return found

        await until("Alertmanager", listens)
        await alert("DiskFull", "db1", "--annotation=summary=Disk full on db1")
        opened_first = await stands("Disk full on db1", "triggered", {"db1": "firing"})
        assert opened_first["severity"] == "critical"
        await alert("DiskFull", "db2", "--annotation=summary=Disk full on db2")
        await stands("Disk full on db1", "triggered", {"db1": "firing", "db2": "firing"})
        await alert("CpuHot", "web1")
        await stands("CpuHot on web1", "triggered", {"web1": "firing"})
        await alert("DiskFull", "db1", "--annotation=summary=Disk full on db1", over())
        await stands("Disk full on db1", "triggered", {"db1": "resolved", "db2": "firing"})
        await alert("DiskFull", "db2", "--annotation=summary=Disk full on db2", over())
        await stands("Disk full on db1", "resolved", {"db1": "resolved", "db2": "resolved"})
        assert len(await incidents()) == 2, "each alert is known again by what Alertmanager calls it"
