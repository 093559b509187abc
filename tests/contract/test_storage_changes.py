"""Changes of configuration: saved, counted and audited together, one after the other, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import func, select

from storage import bootstrap, configuration
from storage.canary import CANARY
from storage.changes import Sessions, change, fetch
from storage.db import make_engine, sessions
from storage.errors import Conflict, NotFound
from storage.sealed import Sealer
from storage.tables import AuditRow, IntegrationRow, PolicyRow, PolicyVersionRow, SettingsRow, TeamRow, UserRow
from tests.contract.conftest import until

SEALER = Sealer("test")


@pytest.fixture
async def factory(database: str) -> AsyncIterator[Sessions]:
    """Sessions on an installation after its first start."""
    engine = make_engine(database)
    made = sessions(engine)
    await bootstrap.first_run(made, SEALER)
    yield made
    await engine.dispose()


async def version_of(factory: Sessions) -> int:
    async with factory() as session:
        return (await session.execute(select(SettingsRow.config_version))).scalar_one()


async def test_a_change_raises_the_version_by_one_and_is_audited(factory: Sessions) -> None:
    before = await version_of(factory)
    async with change(factory, "ada", "create", "team/t", {"name": "Ops"}) as session:
        session.add(TeamRow(id="t", name="Ops"))
    assert await version_of(factory) == before + 1
    async with factory() as session:
        row = (await session.execute(select(AuditRow).order_by(AuditRow.id.desc()).limit(1))).scalar_one()
        assert (row.actor, row.action, row.subject, row.detail) == ("ada", "create", "team/t", {"name": "Ops"})


async def test_a_failed_change_leaves_no_trace(factory: Sessions) -> None:
    before = await version_of(factory)
    async with factory() as session:
        audited = (await session.execute(select(func.count()).select_from(AuditRow))).scalar_one()
    with pytest.raises(NotFound, match="team"):
        async with change(factory, "ada", "create", "team/t") as session:
            session.add(TeamRow(id="t", name="Ops"))
            await session.flush()
            await fetch(session, TeamRow, "other", "team")
    async with factory() as session:
        assert await session.get(TeamRow, "t") is None
        assert (await session.execute(select(func.count()).select_from(AuditRow))).scalar_one() == audited
    assert await version_of(factory) == before


async def test_a_name_taken_and_a_thing_in_use_are_conflicts(factory: Sessions) -> None:
    with pytest.raises(Conflict, match="same name"):
        async with change(factory, "ada", "create", "user/u") as session:
            session.add(UserRow(id="u", name="Twin", email="ADMIN@localhost", role="viewer"))
    with pytest.raises(Conflict, match="still in use"):
        async with change(factory, "ada", "delete", "policy") as session:
            await session.delete(await fetch(session, PolicyRow, bootstrap.POLICY, "policy"))
    with pytest.raises(Conflict, match="does not exist"):
        async with change(factory, "ada", "update", "integration") as session:
            row = (await session.execute(select(IntegrationRow).limit(1))).scalar_one()
            row.policy_id = "nowhere"


async def test_changes_wait_for_each_other_so_that_none_decides_on_what_another_is_changing(
    factory: Sessions, database: str
) -> None:
    async def saved_again() -> None:
        async with change(factory, "bob", "update", "policy") as session:
            await save(await fetch(session, PolicyRow, bootstrap.POLICY, "policy"), session)

    async def save(row: PolicyRow, session: object) -> None:
        row.version += 1
        version = PolicyVersionRow(policy_id=row.id, version=row.version, definition={}, saved_by="x")
        session.add(version)  # type: ignore[attr-defined]

    async def waits() -> bool:
        query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        async with await psycopg.AsyncConnection.connect(database) as connection:
            found = await (await connection.execute(query)).fetchone()
            return found == (1,)

    async with change(factory, "ada", "update", "policy") as session:
        row = await fetch(session, PolicyRow, bootstrap.POLICY, "policy")
        second = asyncio.create_task(saved_again())
        await until("the second change to wait for the first", waits, 2.0)
        await save(row, session)
    await second
    async with factory() as session:
        assert (await fetch(session, PolicyRow, bootstrap.POLICY, "policy")).version == 3
        saved = await session.execute(
            select(PolicyVersionRow.version)
            .where(PolicyVersionRow.policy_id == bootstrap.POLICY)
            .order_by(PolicyVersionRow.version)
        )
        assert list(saved.scalars()) == [1, 2, 3]


async def test_first_starts_at_the_same_moment_make_one_installation(database: str) -> None:
    engines = [make_engine(database) for _ in range(4)]
    try:
        await asyncio.gather(*(bootstrap.first_run(sessions(engine), SEALER) for engine in engines))
        await bootstrap.first_run(sessions(engines[0]), SEALER)
        config = await configuration.load(engines[0], SEALER)
    finally:
        for engine in engines:
            await engine.dispose()
    assert config.version == 2, "the installation, and the canary's own"
    assert set(config.users) == {bootstrap.ADMIN, CANARY}
    assert [c.channel for c in config.users[bootstrap.ADMIN].contacts] == ["outbox"]
    people = [i for i in config.integrations.values() if i.id != CANARY]
    assert sorted(i.type for i in people) == ["generic", "grafana", "prometheus"]
    assert {i.policy_id for i in people} == {bootstrap.POLICY}
    assert (config.policies[bootstrap.POLICY].steps[0].wait_s, config.policies[bootstrap.POLICY].repeat) == (300.0, 2)
    assert [t.id for t in config.last_resort] == [bootstrap.ADMIN]
