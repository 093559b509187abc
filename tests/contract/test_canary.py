"""The watchdog as a process of its own: the canary through a real socket, the ping only while all is well."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import uvicorn
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from runtime.ids import SHARDS
from storage import bootstrap
from storage.access import create_sign_in
from storage.canary import CANARY
from tests.contract.conftest import Site, a_host, until
from tests.fakes.http_sink import HttpSink
from tests.fakes.ports import free_port
from watchdog.canary import START_S, Canary, may_fly
from watchdog.settings import Settings as WatchdogSettings


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    """The gateway behind a real socket; its URL."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(site.app, port=port, lifespan="off", log_level="error"))
    task = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await until("the server", started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


@asynccontextmanager
async def watchdog(site: Site, log: Path, **environ: str) -> AsyncIterator[None]:
    settings = site.services.settings
    given = {
        **{k: v for k, v in os.environ.items() if not k.startswith("SENTINEL_")},
        "DATABASE_URL": settings.database_url,
        "SENTINEL_HOME": str(settings.home),
        "SENTINEL_CANARY_S": "2",
        **environ,
    }
    process = _started(given, log)
    try:
        yield
    finally:
        process.terminate()
        assert await asyncio.to_thread(process.wait, 20) == 0


def _started(environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        command = [sys.executable, "-m", "watchdog"]
        return subprocess.Popen(command, env=environ, stderr=out, cwd=Path(__file__).parents[2])


def events(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{") and line.endswith("}")]


async def test_the_canary_flies_pings_while_all_is_well_and_falls_silent_when_it_is_not(
    site: Site, tmp_path: Path, database: str, pg_server: str
) -> None:
    log = tmp_path / "watchdog.log"

    async def logged(name: str, count: int = 1, **fields: Any) -> None:
        async def seen() -> bool:
            wanted = {"event": name, **fields}
            return sum(wanted.items() <= e.items() for e in events(log)) >= count

        await until(f"{name} in the log", seen, 30)

    with HttpSink() as outside:

        async def pinged(count: int) -> None:
            async def seen() -> bool:
                return len(outside.received) >= count

            await until(f"{count} pings", seen, 30)

        async with (
            served(site) as url,
            watchdog(site, log, SENTINEL_PUBLIC_URL=url, SENTINEL_DEADMAN_URL=f"{outside.url}/alive"),
        ):
            async with a_host(site.services.settings) as host:

                async def settled() -> bool:
                    return len(host.core.ownership.epochs) == SHARDS

                await until("the host's shards", settled)
                await pinged(2)
                assert {r.path for r in outside.received} == {"/alive"}
                assert await _rows(site, "select detail from watch.canary where seconds is null") == [], (
                    "none flew before the host had the work"
                )
                await _published(site)
                _forbid(pg_server, database, True)
                await logged("alarm", 3, check="database-away")
                silent = len(outside.received)
                await logged("alarm", 5, check="database-away")
                assert len(outside.received) == silent, "no ping while the database is away"
                _forbid(pg_server, database, False)
                await logged("watching", 2)
                await pinged(silent + 1)
            # The host is gone: the canary is taken in, and nobody pages.
            await logged("canary_lost")
            silent = len(outside.received)
            await logged("canary_lost", 3)
            assert len(outside.received) <= silent
            assert len(await _rows(site, "select detail from watch.canary where seconds is null")) >= 3
            outbox = (await site.call("GET", "/outbox?limit=500"))["items"]
            assert outbox == [], "neither the canary's pages nor a last resort's for the canary"


async def test_a_canary_that_is_cut_short_is_not_called_lost_and_one_that_was_left_firing_costs_no_page(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = "select body->'events'->0->>'status' from rt.inbox where body->>'integration_id' = %s order by id"

    async def posted() -> list[str]:
        return [status for (status,) in await _rows(site, inbox, CANARY)]

    async with served(site) as url:
        settings = site.services.settings
        monkeypatch.setenv("DATABASE_URL", settings.database_url)
        monkeypatch.setenv("SENTINEL_HOME", str(settings.home))
        monkeypatch.setenv("SENTINEL_PUBLIC_URL", url)

        def flown(stop: threading.Event) -> bool:
            where = settings.database_url
            with psycopg.Connection[dict[str, Any]].connect(where, autocommit=True, row_factory=dict_row) as database:
                return Canary(WatchdogSettings.from_env(), stop).run(database)

        stop = threading.Event()
        flying = asyncio.create_task(asyncio.to_thread(flown, stop))

        async def under_way() -> bool:
            return await posted() == ["resolved", "firing"]

        await until("a canary under way, without a host", under_way)
        stop.set()
        assert await flying is False
        assert await posted() == ["resolved", "firing", "resolved"]
        assert await _rows(site, "select detail from watch.canary") == []

        key = WatchdogSettings.from_env().canary_key  # what a watchdog that was killed leaves
        left = {"title": "Canary", "status": "firing", "severity": "info", "dedup_key": "canary"}
        assert (await site.http.post(f"/api/v1/webhooks/generic/{key}", json=left)).status_code == 202
        async with a_host(settings):
            assert await asyncio.to_thread(flown, threading.Event()) is True
        assert await _rows(site, "select detail from watch.canary") == [("received",)]


def _forbid(server: str, database: str, away: bool) -> None:
    """Refuse connections to this one database, and end those there are; or take them again."""
    name = sql.Identifier(str(conninfo_to_dict(database)["dbname"]))
    with psycopg.connect(server, autocommit=True) as connection:
        statement = sql.SQL("alter database {} allow_connections {}")
        connection.execute(statement.format(name, sql.SQL("false" if away else "true")))
        if away:
            ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
            connection.execute(ended, [conninfo_to_dict(database)["dbname"]])


async def _published(site: Site) -> None:
    """As figures on /metrics, as a sentence on the front page, and nowhere among people's alerts."""
    site.services.figures._watch._until = 0.0
    text = (await site.http.get("/metrics")).text
    assert 'sentinel_canary_seconds_bucket{le="+Inf"}' in text
    assert "sentinel_canary_success_ratio 1.0" in text
    assert (await site.http.get("/readyz")).json()["watchdog"] == "watching"
    page = await _front(site)
    assert "a test alert goes from the public URL to its page in" in page, page
    assert (await site.call("GET", "/alerts"))["items"] == []
    assert (await site.call("GET", "/outbox"))["items"] == []
    ((line,),) = await _rows(site, "select distinct entity from rt.record where facets->>'integration_id' = %s", CANARY)
    shown = await site.call("GET", f"/alerts/{line.partition('/')[2]}-1")
    assert (shown["title"], shown["status"]) == ("Canary", "resolved"), "it resolves itself, and is shown by its id"
    assert (await site.call("GET", f"/outbox?user={CANARY}"))["items"] != []


async def _front(site: Site) -> str:
    sign_in = await create_sign_in(site.services.sessions, bootstrap.ADMIN)
    answer = await site.http.post(f"/sign-in/{sign_in}", headers={"Origin": "http://sentinel.test"})
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return (await site.http.get("/outbox", headers={"Cookie": cookie})).text


async def _rows(site: Site, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
        return await (await connection.execute(statement.encode(), parameters)).fetchall()


async def test_a_start_of_an_older_installation_adds_the_canary_and_a_second_one_changes_nothing(site: Site) -> None:
    before = await _rows(site, "select config_version from settings")
    await bootstrap.first_run(site.services.sessions, site.services.sealer)
    assert await _rows(site, "select config_version from settings") == before
    await _rows(site, "delete from integrations where id = %s returning id", CANARY)
    await bootstrap.first_run(site.services.sessions, site.services.sealer)
    assert CANARY in [i["id"] for i in (await site.call("GET", "/integrations"))["items"]]
    assert len((await site.call("GET", f"/integrations/{CANARY}/keys"))["items"]) == 1


def test_a_canary_waits_for_a_start_but_not_for_ever() -> None:
    assert may_fly(True, 0.0) and not may_fly(False, START_S - 1) and may_fly(False, START_S)


@pytest.mark.parametrize(
    ("name", "value"),
    [("SENTINEL_CANARY_S", "often"), ("SENTINEL_LAST_RESORT_AFTER_S", "0"), ("DATABASE_URL", "")],
)
def test_settings_that_cannot_be_used_are_named(tmp_path: Path, name: str, value: str) -> None:
    environ = {**os.environ, "DATABASE_URL": "postgresql:///x", "SENTINEL_SECRET_KEY": "s3cret", name: value}
    done = subprocess.run([sys.executable, "-m", "watchdog"], env=environ, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and name in done.stderr and "s3cret" not in done.stderr
