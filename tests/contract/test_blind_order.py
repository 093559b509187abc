"""In which order a gateway pages without the database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from domain.alert import AlertEvent
from domain.incident import AlertsReceived
from domain.people import User
from domain.policy import Step
from gateway.breakglass import BreakGlass
from gateway.outage import Outage
from gateway.spool_records import Arrived
from runtime.codec import json_of
from runtime.ids import shard_of
from runtime.store import Inbound
from tests.contract.conftest import until
from tests.contract.test_host import Notes
from tests.contract.test_spool import MEBIBYTE, opened
from tests.unit.desk import T0, organisation, person, user

STORM = 400


def reached_by_webhook(name: str) -> User:
    anybody = person(name)
    return replace(anybody, contacts=tuple(replace(c, channel="webhook") for c in anybody.contacts))


USERS = tuple(map(reached_by_webhook, ("ada", "ben", "boss")))
CONFIG = organisation((Step((user("ada"),), 0.0), Step((user("ben"),), 3600.0)), users=USERS)
"""The second step is due at once."""


def alert(n: int) -> Arrived:
    event = AlertEvent(f"disk {n}", "firing", f"disk {n}", starts_at=T0)
    entity = f"incident/{n}"
    body = json_of(AlertsReceived("i", (event,), None, "p", T0))
    return Arrived(T0, Inbound(entity, shard_of(entity), "AlertsReceived", f"alert {n}", body))


async def test_a_step_that_is_due_does_not_wait_until_a_storm_is_played(tmp_path: Path) -> None:
    outage, people = Outage(asyncio.get_running_loop().time), Notes()
    async with opened(tmp_path, 64 * MEBIBYTE) as spool:
        pager = BreakGlass(spool, outage, lambda: CONFIG, people, 0.0, lambda: T0, {})
        outage.not_written("the cable is out")
        await spool.append([alert(0)])
        pager.start()

        async def playing() -> bool:
            return pager.playing

        await until("break-glass", playing)
        await spool.append([alert(n) for n in range(1, STORM)])

        async def all_paged() -> bool:
            return len(people.sent) == 2 * STORM

        await until("every first and second page", all_paged)
        await pager.stop()
    called = [send.body["user_id"] for send in people.sent]
    assert called.count("ben") == called.count("ada") == STORM
    assert called.index("ben", called.index("ben") + 1) < STORM // 2, (
        "steps and alerts by turns, long before the last alert"
    )
