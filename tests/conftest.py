"""Real servers, started once a process: Postgres and Valkey from the product's own embedded ones.

With DATABASE_URL or REDIS_URL set, those are used instead. `make test` runs two processes (pytest-xdist), each with
servers of its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.valkey import EmbeddedValkey
from runtime.ids import new_id
from storage.migrate import upgrade
from tests.fakes.smtp import SmtpServer
from tests.product import Product

TEMPLATE = f"sentinel_template_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
WHOLE = ("tests/chaos/", "tests/console/", "tests/smoke/")
"""What drives the whole product stays together in one process, so that it is started once."""


class ByFile(LoadScopeScheduling):
    """Which tests stay together in one of the two processes. xdist 3.8 has groups, which pytest 9.2 does not see."""

    def _split_scope(self, nodeid: str) -> str:
        return "the whole product" if nodeid.startswith(WHOLE) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """The one place where tests are dealt out."""
    return ByFile(config, log)


@pytest.fixture(scope="session")
def workplace() -> Iterator[Path]:
    """A directory that Postgres' unprivileged user can reach too."""
    path = Path(tempfile.mkdtemp(prefix="snt-test-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def pg_server(workplace: Path) -> Iterator[str]:
    """DSN of a server where databases may be created."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    server = EmbeddedPostgres(workplace / "pg")
    server.start()
    with psycopg.connect(server.dsn, autocommit=True) as connection:  # hundreds of databases are dropped; none crashes
        connection.execute("alter system set fsync = off")
        # A connection that was given up half-made, in a test that was over, held up the drop of its database for a minute.
        connection.execute("alter system set authentication_timeout = '5s'")
        connection.execute("select pg_reload_conf()")
    yield server.dsn
    server.stop()


@pytest.fixture(scope="session")
def pg_template(pg_server: str) -> str:
    """DSN of a migrated database that the others are cloned from."""
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(TEMPLATE)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    dsn = make_conninfo(pg_server, dbname=TEMPLATE)
    upgrade(dsn)
    return dsn


@contextmanager
def cloned(pg_server: str) -> Iterator[str]:
    """DSN of a fresh copy of the template, dropped at the end."""
    name = f"t_{new_id().replace('-', '')[:16]}"
    with psycopg.connect(pg_server, autocommit=True) as connection:
        create = sql.SQL("create database {} template {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    yield make_conninfo(pg_server, dbname=name)
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def database(pg_server: str, pg_template: str) -> Iterator[str]:
    """DSN of a fresh migrated database."""
    with cloned(pg_server) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def valkey_url(workplace: Path) -> Iterator[str]:
    """URL of a Valkey."""
    if given := os.environ.get("REDIS_URL"):
        yield given
        return
    server = EmbeddedValkey(workplace / "vk")
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def mail() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="session")
def product(workplace: Path, mail: SmtpServer) -> Iterator[Product]:
    running = Product(
        workplace / "home",
        SENTINEL_SMTP_URL=mail.url,
        SENTINEL_SMTP_FROM="sentinel@example.org",
        SENTINEL_LAST_RESORT_AFTER_S="10",
    )
    running.start()
    yield running
    assert running.stop() == 0
