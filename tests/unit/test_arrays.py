"""Array literals are what Postgres' own rules make of the same values."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.arrays import ListDumper, array_literal

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


@pytest.fixture(scope="module")
def connection(pg_server: str) -> Any:
    with psycopg.connect(pg_server, autocommit=True) as opened:
        opened.adapters.register_dumper(list, ListDumper)
        yield opened


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(TEXT | st.none() | st.sampled_from(["NULL", "null", "", "{", "}", ",", '"', "\\", " a "])),
    st.lists(st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.floats(allow_nan=False)),
    st.lists(st.booleans() | st.none()),
    st.lists(st.binary()),
)
def test_every_list_comes_back_as_it_went(
    connection: Any, texts: Any, ints: Any, floats: Any, bools: Any, raw: Any
) -> None:
    query = "select %s::text[], %s::bigint[], %s::float8[], %s::bool[], %s::bytea[]"
    assert connection.execute(query, [texts, ints, floats, bools, raw]).fetchone() == (texts, ints, floats, bools, raw)


def test_what_no_array_can_hold_is_refused(connection: Any) -> None:
    with pytest.raises(psycopg.DataError):
        connection.execute("select %s::text[]", [["a\x00b"]])
    with pytest.raises(UnicodeEncodeError):
        connection.execute("select %s::text[]", [["\ud800"]])
    with pytest.raises(psycopg.DataError):
        array_literal([{}])
