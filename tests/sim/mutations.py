"""The protocol with one safety line removed. Each must turn seeds red, or the checker is asleep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from runtime import attempt
from runtime.effects import Send
from runtime.host import Host
from runtime.sendlog import Left
from runtime.store import Committed, SendResult, Turn
from runtime.unattended import Verdict, Watch
from tests.sim.provider import SimHandler
from tests.sim.world import Mutation, SimSendLog


class _Wrapped:
    """A store whose other methods are the real ones."""

    def __init__(self, world: Any, process: Any, store: Any) -> None:
        self._world = world
        self._process = process
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def _a_while(process: Any, label: str) -> None:
    """Time between two statements that should have been one: long enough for a process to die in it now and then."""
    for _ in range(20):
        await process.point(label)
        await asyncio.sleep(0.002)


class _PageFirst(_Wrapped):
    """Pages go out before the commit, not by the outbox."""

    async def commit(self, epochs: Mapping[int, int], turns: Sequence[Turn]) -> Committed:
        handler = SimHandler(self._process, self._world.provider)
        for turn in turns:
            for effect in turn.effects:
                send = Send(effect.id, turn.entity, effect.kind, effect.channel, dict(effect.body), 1)
                await handler.send(send, None, 5.0)
            turn.effects = []
        result: Committed = await self._store.commit(epochs, turns)
        return result


class _NoFence(_Wrapped):
    """Neither the epoch nor the journal position is checked."""

    async def commit(self, epochs: Mapping[int, int], turns: Sequence[Turn]) -> Committed:
        current = {s: self._store.shards[s].epoch for s in epochs}
        for turn in turns:
            stored = self._store.entities.get(turn.entity)
            at = stored.seq if stored is not None else 0
            turn.journal = [replace(row, seq=at + n) for n, row in enumerate(turn.journal)]
            turn.seq = at + len(turn.journal)
        result: Committed = await self._store.commit(current, turns)
        return result


class _DoneApart(_Wrapped):
    """The inbox row is marked done before the rest is committed."""

    async def commit(self, epochs: Mapping[int, int], turns: Sequence[Turn]) -> Committed:
        for turn in turns:
            for inbox_id in turn.done:
                self._store.inbox[inbox_id].done = True
        await _a_while(self._process, "between done and commit")
        result: Committed = await self._store.commit(epochs, turns)
        return result


class _TimerAfter(_Wrapped):
    """The timer is set after the commit, as a broker's delayed task would be."""

    async def commit(self, epochs: Mapping[int, int], turns: Sequence[Turn]) -> Committed:
        later = [(t, t.set_timers) for t in turns]
        for turn in turns:
            turn.set_timers = []
        result: Committed = await self._store.commit(epochs, turns)
        await _a_while(self._process, "between commit and timer")
        for turn, timers in later:
            turn.set_timers = timers
            if turn.shard in result.owned:
                for timer in timers:
                    self._store.armed[(timer.entity, timer.name)] = timer
        return result


class _AcksIgnored(_Wrapped):
    """A claim does not look for a waiting acknowledgement, and hosts are slow to process one."""

    async def claim_sends(self, *args: Any) -> Any:
        halting = [r for r in self._store.undone_rows() if r.message.halts]
        kept = [(r, r.message) for r in halting]
        for row in halting:
            row.message = replace(row.message, halts=False)
        try:
            return await self._store.claim_sends(*args)
        finally:
            for row, message in kept:
                row.message = message


def _store(name: str, wrapper: Callable[..., Any]) -> Callable[[], AbstractContextManager[Mutation]]:
    @contextmanager
    def active() -> Iterator[Mutation]:
        yield Mutation(name, wrapper)

    return active


@contextmanager
def _as_specified() -> Iterator[Mutation]:
    yield Mutation()


@contextmanager
def _no_reconcile() -> Iterator[Mutation]:
    with patch.object(attempt, "uncertain", lambda row: False):
        yield Mutation("no reconcile")


@contextmanager
def _silent() -> Iterator[Mutation]:
    """Hosts wait for the store however long it is away."""
    with patch.object(Watch, "look", lambda self: Verdict.WAIT):
        yield Mutation("silent in an outage")


class _Forgetful(SimSendLog):
    """What was sent without the store is told to nobody."""

    async def left(self) -> list[Left]:
        return []


@contextmanager
def _untold() -> Iterator[Mutation]:
    yield Mutation("sends of an outage not told", sends=_Forgetful)


@contextmanager
def _deaf() -> Iterator[Mutation]:
    """Hosts do not hear of acknowledgements that gateways keep in an outage."""
    with patch.object(Host, "heard_mail", lambda self, message: None):
        yield Mutation("deaf in an outage")


@contextmanager
def _patient() -> Iterator[Mutation]:
    yield Mutation("pages wait ten minutes for others", hold_s=600.0)


@contextmanager
def _settled() -> Iterator[Mutation]:
    """Rows that share a message count as told whatever became of it."""

    def told(results: Sequence[SendResult]) -> list[SendResult]:
        return [replace(r, state="bundled", due_at=None, unknown=False, tell=None) for r in results]

    with patch.object(attempt, "shared", told):
        yield Mutation("told together whatever became of the message")


@contextmanager
def _by_itself() -> Iterator[Mutation]:
    """The provider is not asked about the message that a page shared."""

    async def asked(handler: Any, row: Any, send: Send, env: Any) -> Any:
        return await handler.reconcile(send, env, 5.0)

    with patch.object(attempt, "_asked", asked):
        yield Mutation("a shared message is not reconciled")


MUTATIONS: dict[str, Callable[[], AbstractContextManager[Mutation]]] = {
    "as specified": _as_specified,
    "page before commit": _store("page before commit", _PageFirst),
    "no reconcile": _no_reconcile,
    "no fence": _store("no fence", _NoFence),
    "inbox done outside the commit": _store("inbox done outside the commit", _DoneApart),
    "timer set after the commit": _store("timer set after the commit", _TimerAfter),
    "silent in an outage": _silent,
    "sends of an outage not told": _untold,
    "deaf in an outage": _deaf,
    "pages wait ten minutes for others": _patient,
    "told together whatever became of the message": _settled,
    "a shared message is not reconciled": _by_itself,
    "waiting acknowledgements ignored": _store("waiting acknowledgements ignored", _AcksIgnored),
}
