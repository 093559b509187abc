"""The restore drill of docs/operations.md: a dump, another database, and the open incident goes on there."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from cli.embedded.postgres import binaries
from runtime.ids import new_id
from tests.contract.conftest import a_host, opened, until


@pytest.fixture
def empty(pg_server: str) -> Iterator[str]:
    """DSN of a database with nothing in it."""
    name = f"r_{new_id().replace('-', '')[:16]}"
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    yield make_conninfo(pg_server, dbname=name)
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def dump_and_restore(source: str, target: str, file: Path) -> None:
    tools = binaries()
    subprocess.run([tools / "pg_dump", "-Fc", f"--file={file}", f"--dbname={source}"], check=True)
    subprocess.run([tools / "pg_restore", "--exit-on-error", f"--dbname={target}", file], check=True)


async def test_an_open_incident_goes_on_in_a_restored_database(
    database: str, empty: str, valkey_url: str, tmp_path: Path
) -> None:
    async with opened(database, valkey_url, tmp_path) as site, a_host(site.services.settings):
        await site.http.post(site.webhook("generic"), json={"title": "Before the dump"})

        async def paged() -> bool:
            pages = await site.call("GET", "/outbox")
            return [p["state"] for p in pages["items"]] == ["delivered"]

        await until("its page", paged)
        ((alert,),) = [(await site.call("GET", "/alerts"))["items"]]
    await asyncio.to_thread(dump_and_restore, database, empty, tmp_path / "dump")
    async with opened(empty, valkey_url, tmp_path) as site, a_host(site.services.settings):
        answer = await site.call("POST", f"/alerts/{alert['id']}/acknowledge")
        assert answer["state"] in ("done", "recorded")

        async def acknowledged() -> bool:
            return str((await site.call("GET", f"/alerts/{alert['id']}"))["status"]) == "acknowledged"

        await until("its acknowledgement in the restored database", acknowledged, 30)
        assert len((await site.call("GET", "/outbox"))["items"]) == 1, "nobody is paged again for what was paged"
