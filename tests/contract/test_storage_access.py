"""Keys, sessions and one-time sign-in: who a secret belongs to, and when it stops working."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from storage import access, bootstrap
from storage.access import Holder
from storage.changes import Sessions, change, fetch
from storage.db import make_engine, sessions
from storage.errors import NotFound
from storage.keys import hash_key
from storage.sealed import Sealer
from storage.tables import UserRow

GENERIC = bootstrap.derived_id("bootstrap", "generic")


@pytest.fixture
async def factory(database: str) -> AsyncIterator[Sessions]:
    """Sessions on an installation after its first start."""
    engine = make_engine(database)
    made = sessions(engine)
    await bootstrap.first_run(made, Sealer("test"))
    yield made
    await engine.dispose()


async def run(factory: Sessions, statement: str) -> None:
    async with factory() as session:
        await session.execute(text(statement))
        await session.commit()


async def deactivate(factory: Sessions) -> None:
    async with change(factory, "t", "update", "user") as session:
        (await fetch(session, UserRow, bootstrap.ADMIN, "user")).active = False


async def test_an_api_key_works_until_it_is_revoked(factory: Sessions) -> None:
    row, key = await access.create_api_key(factory, "t", "ci", ["read"], bootstrap.ADMIN)
    assert await access.api_key_holder(factory, key) == Holder(bootstrap.ADMIN, "Administrator", "admin", ("read",))
    assert await access.api_key_holder(factory, key[:-1]) is None
    assert [r.id for r in await access.list_api_keys(factory)] == [row.id]
    await access.revoke_api_key(factory, "t", row.id)
    assert await access.api_key_holder(factory, key) is None
    assert await access.list_api_keys(factory) == []
    with pytest.raises(NotFound):
        await access.revoke_api_key(factory, "t", "nothing")


async def test_an_api_key_ends_with_its_time_and_with_its_owner(factory: Sessions) -> None:
    _, short = await access.create_api_key(factory, "t", "short", ["read"], bootstrap.ADMIN)
    _, other = await access.create_api_key(factory, "t", "other", ["read"], bootstrap.ADMIN)
    await run(factory, "update api_keys set expires_at = now() - interval '1 second' where name = 'short'")
    assert await access.api_key_holder(factory, short) is None
    assert await access.api_key_holder(factory, other) is not None
    await deactivate(factory)
    assert await access.api_key_holder(factory, other) is None


async def test_integration_keys_overlap_until_one_is_revoked(factory: Sessions) -> None:
    old, old_key = await access.create_integration_key(factory, "t", GENERIC)
    _, new_key = await access.create_integration_key(factory, "t", GENERIC)
    known = await access.integration_hashes(factory)
    assert {hash_key(old_key): GENERIC, hash_key(new_key): GENERIC}.items() <= known.items()
    with pytest.raises(NotFound):
        await access.revoke_integration_key(factory, "t", "another integration", old.id)
    assert await access.integration_hashes(factory) == known
    await access.revoke_integration_key(factory, "t", GENERIC, old.id)
    assert known.items() - (await access.integration_hashes(factory)).items() == {(hash_key(old_key), GENERIC)}
    with pytest.raises(NotFound):
        await access.create_integration_key(factory, "t", "nowhere")


async def test_a_sign_in_works_once_even_when_used_twice_at_the_same_moment(factory: Sessions) -> None:
    token = await access.create_sign_in(factory, bootstrap.ADMIN)
    made = await asyncio.gather(*(access.redeem_sign_in(factory, token) for _ in range(4)))
    session = [m for m in made if m is not None]
    assert len(session) == 1
    assert await access.session_holder(factory, session[0]) == Holder(bootstrap.ADMIN, "Administrator", "admin")
    assert await access.redeem_sign_in(factory, token) is None
    await access.end_session(factory, session[0])
    assert await access.session_holder(factory, session[0]) is None


async def test_a_sign_in_and_a_session_end_with_their_time_and_with_the_person(factory: Sessions) -> None:
    late = await access.create_sign_in(factory, bootstrap.ADMIN)
    await run(factory, "update sign_in_tokens set expires_at = now() - interval '1 second'")
    assert await access.redeem_sign_in(factory, late) is None
    old, live = [await access.create_session(factory, bootstrap.ADMIN) for _ in range(2)]
    await run(factory, f"update sessions set expires_at = now() - interval '1 second' where hash = '{hash_key(old)}'")
    assert await access.session_holder(factory, old) is None
    assert await access.session_holder(factory, live) is not None
    await deactivate(factory)
    assert await access.session_holder(factory, live) is None


async def test_a_password_is_found_by_address_in_any_case_and_only_of_the_active(factory: Sessions) -> None:
    assert await access.password_of(factory, "admin@localhost") is None
    await run(factory, "update users set password_hash = 'argon'")
    assert await access.password_of(factory, "Admin@LOCALHOST") == (bootstrap.ADMIN, "argon")
    await deactivate(factory)
    assert await access.password_of(factory, "admin@localhost") is None
