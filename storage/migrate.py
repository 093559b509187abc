"""Bringing the database to this program's schema, safely from several starters at once."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage import versioned
from storage.db import make_sync_engine

LOCK = 7_733_001
"""Advisory lock: the second starter waits, then finds nothing to do."""


class UnfitDatabase(Exception):
    """This program must not be run against the database; the text says why, and what to do."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(dsn: str) -> None:
    """Run what is missing.

    Raises UnfitDatabase, having changed nothing, if the database is ahead of this program or does not keep UTF-8.
    """
    _refuse_encoding(dsn)
    engine = make_sync_engine(dsn)
    try:
        with engine.connect() as connection:
            connection.execute(text("set statement_timeout = 0; set lock_timeout = '60s'"))
            connection.execute(text("set idle_in_transaction_session_timeout = 0"))
            connection.execute(text("select pg_advisory_lock(:n)"), {"n": LOCK})
            connection.commit()
            try:
                _refuse_newer(connection)
                _migrate(connection)
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("select pg_advisory_unlock(:n)"), {"n": LOCK})
                connection.commit()
    finally:
        engine.dispose()


def _migrate(connection: Connection) -> None:
    if MigrationContext.configure(connection).get_current_revision() == newest():
        return
    versioned.remove(connection)
    command.upgrade(_config(connection), "head")
    versioned.install(connection)


def _refuse_encoding(dsn: str) -> None:
    """Not through SQLAlchemy, which does not get as far with SQL_ASCII: text arrives as bytes."""
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise UnfitDatabase(
                f"the database {connection.info.dbname} keeps its text as {encoding}, and alerts are UTF-8: "
                f"make one with create database {connection.info.dbname} encoding 'UTF8' template template0, "
                "and start again"
            )


def _refuse_newer(connection: Connection) -> None:
    at = MigrationContext.configure(connection).get_current_revision()
    if at is not None and at not in known():
        raise UnfitDatabase(
            f"the database is at revision {at}, made by a newer version of Sentinel than this one: "
            "start that version, or restore the backup taken before the upgrade"
        )


def current(dsn: str) -> str | None:
    """Revision the database is at, None before the first migration."""
    engine = make_sync_engine(dsn)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def known() -> frozenset[str]:
    """Every revision this program has heard of."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def newest() -> str | None:
    """Revision this program wants."""
    return ScriptDirectory.from_config(_config()).get_current_head()
