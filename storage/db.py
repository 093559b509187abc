"""Engine and sessions for configuration and read models."""

from __future__ import annotations

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

OPTIONS = "-c statement_timeout=10000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=15000"


def _arguments(dsn: str) -> dict[str, object]:
    """The DSN as libpq understands it (unix sockets, several hosts): SQLAlchemy only picks the driver."""
    given = conninfo_to_dict(dsn)
    options = f"{given.get('options') or ''} {OPTIONS}".strip()
    return {**given, "options": options, "connect_timeout": 3, "application_name": "sentinel-config"}


def make_engine(dsn: str) -> AsyncEngine:
    """Async engine on psycopg 3; `dsn` is any libpq URL."""
    return create_async_engine(
        "postgresql+psycopg://", connect_args=_arguments(dsn), pool_size=8, max_overflow=8, pool_pre_ping=True
    )


def make_sync_engine(dsn: str) -> Engine:
    """Blocking engine, for migrations and start-up."""
    return create_engine("postgresql+psycopg://", connect_args=_arguments(dsn))


def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Session factory; objects stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)
