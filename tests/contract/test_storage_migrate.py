"""Migrations: from nothing, again, from two starters at once, and on a database that is ahead of the program."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import select

from domain.oncall import who
from runtime.ids import new_id
from storage import migrate
from storage.configuration import calendars, schedule_of
from storage.db import make_engine, make_sync_engine, sessions
from storage.history import schedules_at
from storage.migrate import UnfitDatabase, current, newest, upgrade
from storage.tables import Base, ScheduleRow

SHAPE = """
select table_schema, table_name, column_name, data_type, is_nullable, column_default
from information_schema.columns where table_schema in ('public', 'rt') order by 1, 2, 3
"""
INDEXES = "select schemaname, indexname, indexdef from pg_indexes where schemaname in ('public', 'rt') order by 1, 2"


@pytest.fixture
def empty_database(pg_server: str) -> Iterator[str]:
    """DSN of a database without any table."""
    name = sql.Identifier(f"e_{new_id().replace('-', '')[:16]}")
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(name))
    yield make_conninfo(pg_server, dbname=name.as_string().strip('"'))
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(name))


def test_a_database_that_does_not_keep_utf_8_is_refused_by_its_name(pg_server: str) -> None:
    name = f"ascii_{new_id().replace('-', '')[:12]}"
    made = f"create database {name} encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0"
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute(made.encode())
        try:
            with pytest.raises(UnfitDatabase, match=rf"{name} keeps its text as SQL_ASCII.*create database {name} "):
                upgrade(make_conninfo(pg_server, dbname=name))
        finally:
            connection.execute(f"drop database {name} with (force)".encode())


def shape_of(dsn: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return [*connection.execute(SHAPE).fetchall(), *connection.execute(INDEXES).fetchall()]


def test_from_nothing_to_the_newest_and_again_changes_nothing(empty_database: str) -> None:
    assert current(empty_database) is None
    upgrade(empty_database)
    assert current(empty_database) == newest()
    before = shape_of(empty_database)
    assert {row[1] for row in before} >= {"users", "audit", "record", "journal", "record_incidents"}
    with psycopg.connect(empty_database) as connection:
        connection.execute("update settings set config_version = 7")
        connection.execute("update rt.shard set epoch = 3 where id = 5")
    upgrade(empty_database)
    assert shape_of(empty_database) == before
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select config_version from settings").fetchall() == [(7,)]
        assert connection.execute("select epoch from rt.shard where id = 5").fetchall() == [(3,)]


async def test_several_starters_at_once_migrate_once(empty_database: str, database: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(upgrade, empty_database) for _ in range(4)))
    assert current(empty_database) == newest()
    assert shape_of(empty_database) == shape_of(database)
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select count(*) from rt.shard").fetchone() == (256,)
        assert connection.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone() == (0,)


def test_the_tables_in_code_are_those_in_the_database(database: str) -> None:
    engine = make_sync_engine(database)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert differences == []


def test_a_database_ahead_of_the_program_is_left_alone_and_the_message_says_what_to_do(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    before = shape_of(database)
    with pytest.raises(Exception, match=r"9999.*newer version"):
        upgrade(database)
    assert shape_of(database) == before
    assert current(database) == "9999"


def test_a_socket_directory_and_both_url_schemes_are_understood(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database) as connection:
        info = connection.info
        user, host, port, name = info.user, info.host, info.port, info.dbname
        password = f":{info.password}" if info.password else ""
    for scheme in ("postgres", "postgresql"):
        assert current(f"{scheme}://{user}{password}@/{name}?host={host}&port={port}") == newest()


OLDER = """
insert into users (id, name, email, role) values ('ada', 'Ada', 'ada@example.org', 'responder');
insert into schedules (id, name, zone, layers) values ('s', 'S', 'Europe/Berlin', '[{"name": "l", "until": null,
    "rotation": {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": ["ada"]}}]');
insert into overrides (id, schedule_id, user_id, starts_at, ends_at)
    values ('o', 's', 'ada', '2026-01-01 00:00Z', '2026-01-02 00:00Z');
insert into schedule_versions (schedule_id, config_version, saved_at, definition) values ('s', 1, '2026-01-01 00:00Z',
    '{"id": "s", "name": "S", "zone": "Europe/Berlin", "team_id": null, "layers": [], "overrides": [
        {"id": "o", "user": "ada", "start": 1, "end": 2, "created_at": 0}]}');
"""


async def test_schedules_and_overrides_of_an_older_version_mean_what_they_meant(empty_database: str) -> None:
    engine = make_sync_engine(empty_database)
    with engine.begin() as connection:
        command.upgrade(migrate._config(connection), "0004")
    engine.dispose()
    with psycopg.connect(empty_database) as raw:
        raw.execute(OLDER)
    upgrade(empty_database)
    opened = make_engine(empty_database)
    async with sessions(opened)() as session:
        row = (await session.execute(select(ScheduleRow))).scalar_one()
        found = schedule_of(row, await calendars(session))
    (past,) = await schedules_at(sessions(opened), 1_767_312_000.0)
    await opened.dispose()
    noon = 1_767_225_600.0 + 12 * 3_600
    assert (who(found, noon), who(found, noon + 86_400), who(found, noon + 7 * 86_400)) == (("ada",), (), ("ada",))
    assert (found.overrides[0].kind, found.overrides[0].instead_of) == ("replace", None)
    assert past.schedule.overrides[0].user == "ada"
