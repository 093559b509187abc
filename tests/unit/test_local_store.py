"""What a host works on while the store is away: its own memory, and only what may go out unattended goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime.activation import Activation, Activations
from runtime.clock import SystemClock
from runtime.codec import Kinds
from runtime.ids import EntityId, derived_id
from runtime.local_store import LocalStore
from runtime.memory import MemoryStore
from runtime.registry import Unattended
from runtime.sendlog import Left
from runtime.store import Inbound, OutboxRow, SendResult, TimerRow, Turn
from runtime.turn import Position
from tests.unit.counter import Counter, Total

ENTITY, SHARD = "counter/a", 7


class Paper:
    """A send log in memory."""

    def __init__(self) -> None:
        self.begun: list[OutboxRow] = []

    async def begin(self, rows: Sequence[OutboxRow], now: float) -> None:
        self.begun += rows

    async def outcomes(self, results: Sequence[SendResult]) -> None:
        return None

    async def left(self) -> list[Left]:
        return []

    async def forget(self, name: str, refused: str = "") -> None:
        return None


def local(paper: Paper) -> LocalStore:
    """A host that knows one entity and owns its shard at epoch 3."""
    kinds, clock = Kinds((Counter(),)), SystemClock()
    live = Activations(lambda: MemoryStore(lambda: 0.0), kinds, clock)
    ident = EntityId.parse(ENTITY)
    live.put(Activation(ident, kinds.of("counter"), Position(SHARD, 5, Total(), {}), 0.0))
    rules = Unattended(15.0, frozenset({"page"}), lambda *_: None, lambda body: {**body, "said": True}, Path())
    return LocalStore(lambda: 1000.0, "h", {SHARD: 3}, live, paper, rules)


def row(ident: str, kind: str = "page") -> OutboxRow:
    return OutboxRow(ident, ENTITY, SHARD, kind, "sms", {"n": 1}, "pending", 0, 0, 1000.0)


async def test_a_page_ordered_before_goes_out_labelled_and_is_written_down_first() -> None:
    paper = Paper()
    store = local(paper)
    store.adopt(row("a"), claimed=False)
    store.adopt(row("b", "quarantined"), claimed=False)
    store.adopt(replace(row("c"), state="sending"), claimed=True)
    claimed = await store.claim_sends({SHARD: 3}, ["a", "b", "c"], "h", 10.0)
    assert list(claimed) == ["a"], "not a kind that waits for the store, not one that is under way"
    assert [(r.id, r.body) for r in paper.begun] == [("a", {"n": 1, "said": True})]


async def test_only_an_entity_in_memory_gets_mail() -> None:
    store = local(Paper())
    known, strange = (Inbound(entity, SHARD, "Add", "d", "{}") for entity in (ENTITY, "counter/b"))
    assert (await store.append([known, strange])).fresh == [True, False]
    (mail,) = await store.mail([SHARD], [], [], 10)
    assert mail.entity == ENTITY and mail.id < 0, "never the number of a real row"


async def test_a_turn_is_kept_in_memory_its_timer_fires_and_its_acknowledgement_stops_what_was_ordered_before() -> None:
    store = local(Paper())
    store.adopt(row("a"), claimed=False)
    turn: dict[str, Any] = {"version": 1, "state": b"", "closed": False, "at": 1000.0}
    timer = TimerRow(ENTITY, SHARD, "t", 5, 1010.0)
    result = await store.commit({SHARD: 3}, [Turn(ENTITY, SHARD, 6, set_timers=[timer], done=[42], **turn)])
    assert result.owned == {SHARD}
    assert await store.timers([SHARD], 2000.0, 10) == [timer]
    assert len(await store.sends([SHARD], [], 10)) == 1
    await store.commit({SHARD: 3}, [Turn(ENTITY, SHARD, 7, cancel_groups=["whatever"], **turn)])
    assert await store.sends([SHARD], [], 10) == [], "its group is not known here: any cancellation is meant for it"


async def test_withdrawing_one_page_by_its_id_leaves_those_whose_group_is_not_known() -> None:
    store = local(Paper())
    hers, his = derived_id("hers"), derived_id("his")
    for ident in (hers, his):
        store.adopt(row(ident), claimed=False)
    turn: dict[str, Any] = {"version": 1, "state": b"", "closed": False, "at": 1000.0}
    await store.commit({SHARD: 3}, [Turn(ENTITY, SHARD, 6, cancel_groups=[hers], **turn)])
    assert [r.id for r in await store.sends([SHARD], [], 10)] == [his]
