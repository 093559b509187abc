"""Hosts on real Ray that run something else than incidents: own processes, and a message that kills its host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from runtime.codec import json_of
from runtime.ids import EntityId, shard_of
from tests.chaos.poisoned import Kill
from tests.product import Product, until
from tests.unit.counter import Add

pytestmark = pytest.mark.e2e


class Side:
    """A second installation on the product's Ray cluster, with a database of its own and one host."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._sent = 0

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._database, autocommit=True) as connection:
            return connection.execute(statement.encode(), parameters or None).fetchall()

    def send(self, kind: str, key: str, message: Any) -> int:
        self._sent += 1
        entity = EntityId(kind, key)
        insert = (
            "insert into rt.inbox (shard, entity, kind, dedup, body, halts, env_version)"
            " values (%s, %s, %s, %s, %s::jsonb, false, 0) returning id"
        )
        name = type(message).__name__
        return int(self.sql(insert, shard_of(entity), str(entity), name, f"m{self._sent}", json_of(message))[0][0])

    def value(self, entity: str) -> int | None:
        rows = self.sql("select body->>'value' from rt.record where id = %s", entity)
        return int(rows[0][0]) if rows else None

    def pid(self, slot: str) -> int | None:
        rows = self.sql(
            "select id from rt.host where slot = %s and expires_at > now() order by started_at desc limit 1", slot
        )
        return int(rows[0][0].split("/")[1]) if rows else None


@contextmanager
def side(product: Product, database: str, home: Path) -> Iterator[Side]:
    urls = {"DATABASE_URL": database, "REDIS_URL": product.urls["redis_url"], "RAY_ADDRESS": product.ray}
    command = ["-m", "runtime.hosts", "--hosts", "1", "--registry", "tests.chaos.poisoned:registry"]
    with (home / "side.out").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **urls, "SENTINEL_HOME": str(home)},
            stdout=out,
            stderr=out,
            cwd=Path(__file__).parents[2],
        )
    try:
        yield Side(database)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, (home / "side.out").read_text()[-2000:]


def test_an_entity_has_a_process_of_its_own_and_a_message_that_kills_is_taken_out(
    product: Product, database: str, tmp_path: Path
) -> None:
    """One start of Ray actors for both: they are slow to come."""
    with side(product, database, tmp_path) as installation:
        installation.send("counter", "a", Add(1))
        installation.send("isolated", "x", Add(2))
        until(
            "both entities", lambda: (installation.value("counter/a"), installation.value("isolated/x")) == (1, 2), 90
        )
        ((shard,),) = installation.sql("select id from rt.shard where entity = 'isolated/x'")
        own, common = installation.pid(f"private-{shard}"), installation.pid("host-0")
        assert own is not None and own != common and own not in product.hosts().values()

        os.kill(own, signal.SIGKILL)
        installation.send("isolated", "x", Add(3))
        until("its return in a new process", lambda: installation.value("isolated/x") == 5, 60)
        assert installation.pid(f"private-{shard}") not in (own, None)
        assert installation.pid("host-0") == common, "the host of the others lives on"

        installation.send("mortal", "m", Kill())
        others = [installation.send("counter", f"c{n}", Add(7)) for n in range(40)]
        reason = "select reason from rt.quarantine where entity = 'mortal/m'"
        ((why,),) = until("the killer's quarantine", lambda: installation.sql(reason), 120)
        assert "ended the process twice" in why
        done = "select count(*) from rt.inbox where done_at is not null and id = any(%s)"
        until("everybody else's mail", lambda: installation.sql(done, others) == [(40,)], 60)
        kept = "select count(*) from rt.inbox where entity = 'mortal/m' and done_at is null"
        assert installation.sql(kept) == [(1,)], "its mail is kept"
        notice = "select state from rt.outbox where kind = 'note' and channel = 'fallback'"
        until("a human told", lambda: ("delivered",) in installation.sql(notice), 30)
