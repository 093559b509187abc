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

from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.valkey import EmbeddedValkey
from runtime.ids import new_id
from storage.migrate import upgrade
from tests.fakes.smtp import SmtpServer
from tests.product import Product

TEMPLATE = f"sentinel_template_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
WHOLE = ("tests/chaos/", "tests/console/", "tests/smoke/")
"""What drives the whole product stays together in one process, so that it is started once."""


@pytest.hookimpl(tryfirst=True)  # before xdist looks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which tests stay together when the suite runs in two processes; the others go file by file."""
    for item in items:
        file = item.path.relative_to(item.config.rootpath).as_posix()
        item.add_marker(pytest.mark.xdist_group("product" if file.startswith(WHOLE) else file))


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
