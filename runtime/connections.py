"""A few autocommit connections to Postgres that fail fast and come back by themselves.

A pool with growing reconnect delays would answer "away" for half a minute after the database is
back; here every call on a broken connection tries to connect anew, within its own short time. A database
that went silent holds nobody longer than ANSWER_S.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads

from runtime.arrays import ListDumper
from runtime.errors import OutcomeUnknown, StatementRejected, StoreUnavailable

CONNECT_S = 1.0
ANSWER_S = 4.0
"""Longer than the server's own statement_timeout, so that its answer decides, not ours."""
OPTIONS = "-c statement_timeout=3000 -c lock_timeout=1000 -c idle_in_transaction_session_timeout=2000 -c jit=off"

NOTHING_WRITTEN = (
    pg.QueryCanceled,
    pg.LockNotAvailable,
    pg.DeadlockDetected,
    pg.SerializationFailure,
    pg.ReadOnlySqlTransaction,
    pg.InsufficientResources,
    pg.DiskFull,
    pg.OutOfMemory,
)
"""The server says that it rolled the statement back: asking again is safe."""

Row = tuple[Any, ...]
set_json_loads(msgspec.json.decode)


class Connections:
    """Up to `size` statements at once."""

    def __init__(self, dsn: str, size: int) -> None:
        self._dsn = dsn
        self._slots: asyncio.Queue[tuple[psycopg.AsyncConnection[TupleRow], int] | None] = asyncio.Queue()
        """Each with the losses that were known when it was made."""
        self._losses = 0
        """What was made before one is suspect, and not used again: that it fails says nothing of the database now."""
        for _ in range(size):
            self._slots.put_nowait(None)
        self._size = size

    async def run(self, statement: str, parameters: Mapping[str, Any], *, writes: bool) -> list[Row]:
        """Execute one statement in autocommit and answer its rows.

        Raises StoreUnavailable, OutcomeUnknown (only if `writes`) or StatementRejected.
        """
        async with self._checkout() as connection:
            try:
                return await _answer(connection, statement, parameters)
            except NOTHING_WRITTEN as error:
                raise StoreUnavailable(f"the database did not finish: {error}") from error
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                self._losses += 1
                await connection.close()
                problem = OutcomeUnknown if writes else StoreUnavailable
                raise problem(f"connection lost: {type(error).__name__}: {error}") from error
            except (psycopg.Error, UnicodeEncodeError) as error:  # the latter: text that is not UTF-8, never sent
                raise StatementRejected(f"{type(error).__name__}: {error}") from error

    @asynccontextmanager
    async def _checkout(self) -> AsyncIterator[psycopg.AsyncConnection[TupleRow]]:
        try:
            async with asyncio.timeout(CONNECT_S + ANSWER_S):
                found = await self._slots.get()
        except TimeoutError as error:
            raise StoreUnavailable("all connections to the database are waiting for it") from error
        connection, made = found if found is not None else (None, 0)
        keep = False
        try:
            if connection is not None and (made < self._losses or _stale(connection)):
                await connection.close()
            if connection is None or connection.closed:
                made = self._losses
                connection = await self._connect()
            yield connection
            keep = True
        except (StoreUnavailable, StatementRejected):
            keep = True
            raise
        finally:
            if connection is not None and not keep:
                await connection.close()
            kept = connection is not None and not connection.closed
            self._slots.put_nowait((connection, made) if connection is not None and kept else None)

    async def _connect(self) -> psycopg.AsyncConnection[TupleRow]:
        try:
            given = conninfo_to_dict(self._dsn).get("options") or ""
            async with asyncio.timeout(CONNECT_S):
                connection = await psycopg.AsyncConnection.connect(
                    self._dsn,
                    autocommit=True,
                    options=f"{given} {OPTIONS}".strip(),
                    connect_timeout=2,
                    tcp_user_timeout=5000,
                    application_name="sentinel-runtime",
                )
                connection.adapters.register_dumper(list, ListDumper)
                return connection
        except (TimeoutError, psycopg.Error, OSError) as error:
            raise StoreUnavailable(f"cannot connect to the database: {type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close what is open; statements in flight finish first."""
        for _ in range(self._size):
            found = await self._slots.get()
            if found is not None:
                await found[0].close()


async def _answer(
    connection: psycopg.AsyncConnection[TupleRow], statement: str, parameters: Mapping[str, Any]
) -> list[Row]:
    """Rows, or OperationalError if there is no answer within ANSWER_S or the caller gave up.

    Not asyncio.timeout around the statement: psycopg would first ask the server to cancel and wait up to
    ten seconds more for a server that is silent (test_a_silent_database_holds_nobody).
    """
    task = asyncio.create_task(_execute(connection, statement, parameters))
    try:
        await asyncio.wait([task], timeout=ANSWER_S)
    finally:
        if not task.done():
            _hang_up(connection)
            await asyncio.gather(task, return_exceptions=True)
    return task.result()


async def _execute(
    connection: psycopg.AsyncConnection[TupleRow], statement: str, parameters: Mapping[str, Any]
) -> list[Row]:
    cursor = await connection.execute(statement.encode(), parameters)
    return await cursor.fetchall() if cursor.description else []


def _hang_up(connection: psycopg.AsyncConnection[TupleRow]) -> None:
    """End the conversation at once. Not close(): the number of a closed socket may be another's before the
    loop stops watching it."""
    try:
        with socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
            line.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg.Error):
        return  # it is down already, which is what was wanted


def _stale(connection: psycopg.AsyncConnection[TupleRow]) -> bool:
    """True if the server ended this idle connection: an idle one has nothing to say but its end.

    Else the first statement on it would count as an unknown outcome, though nothing was ever sent.
    """
    if connection.closed:
        return True
    line = select.poll()
    line.register(connection.pgconn.socket, select.POLLIN)
    return bool(line.poll(0))
