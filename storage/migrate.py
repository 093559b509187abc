"""Bringing the database to this program's schema, safely from several starters at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.db import make_sync_engine

LOCK = 7_733_001
"""Advisory lock: the second starter waits, then finds nothing to do."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(dsn: str) -> None:
    """Run what is missing."""
    engine = make_sync_engine(dsn)
    try:
        with engine.connect() as connection:
            connection.execute(text("set statement_timeout = 0; set lock_timeout = '60s'"))
            connection.execute(text("set idle_in_transaction_session_timeout = 0"))
            connection.execute(text("select pg_advisory_lock(:n)"), {"n": LOCK})
            connection.commit()
            try:
                command.upgrade(_config(connection), "head")
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("select pg_advisory_unlock(:n)"), {"n": LOCK})
                connection.commit()
    finally:
        engine.dispose()


def current(dsn: str) -> str | None:
    """Revision the database is at, None before the first migration."""
    engine = make_sync_engine(dsn)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def newest() -> str | None:
    """Revision this program wants."""
    return ScriptDirectory.from_config(_config()).get_current_head()
