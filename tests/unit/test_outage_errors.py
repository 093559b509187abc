"""What the database raises when it is away is told apart from statements that are wrong."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError

from gateway.problems import is_outage


def wrapped(error: psycopg.Error) -> SQLAlchemyError:
    found = DBAPIError.instance("SELECT 1", {}, error, psycopg.Error)
    assert isinstance(found, SQLAlchemyError)
    return found


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("the connection is closed"),
        psycopg.InterfaceError("the connection is closed"),
        errors.ConnectionTimeout("connection timeout expired"),
        errors.AdminShutdown("terminating connection"),
        errors.CannotConnectNow("the database system is starting up"),
        errors.QueryCanceled("canceling statement due to statement timeout"),
        errors.TooManyConnections("sorry, too many clients already"),
        errors.DiskFull("could not extend file"),
        errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_database_that_is_away_is_an_outage(error: psycopg.Error) -> None:
    assert is_outage(wrapped(error))


def test_a_pool_without_a_free_connection_is_one_and_a_wrong_statement_is_not() -> None:
    assert is_outage(TimeoutError("QueuePool limit reached"))
    assert not is_outage(wrapped(errors.UndefinedColumn("column x does not exist")))
    assert not is_outage(wrapped(errors.UniqueViolation("duplicate key")))
    assert not is_outage(wrapped(errors.StringDataRightTruncation("value too long")))
