"""A host without its store: going over to memory, staying there, coming back.

After the grace (unattended.py) the loops work on a LocalStore instead of the real one: timers go on firing, turns go on
being decided, effects of the kinds allowed go out, each recorded on this machine's disk first (sendlog.py). None of
these turns is ever committed. When the real store is back all memory is dropped, what was sent is settled with it
(settlement.py), and only then are shards claimed, at a new epoch: the truth is what the store holds, and the entities
learn what went out meanwhile. One way back, whether this host, its next incarnation or another host goes on.

What a host does not have in memory it cannot fire: see ready.py for what it keeps there, `stats` for what it lacked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from runtime.core import Core, log
from runtime.local_store import LocalStore
from runtime.ownership import ACT_S
from runtime.sendlog import SendLog
from runtime.settlement import settle
from runtime.store import Inbound, OutboxRow
from runtime.unattended import BEAT_S, FRESH_S, Verdict, Watch

APART = 2**40
"""Added to journal positions while the store is away: ids follow from positions, and a page that is decided in memory
must not share its id with another one decided after the return, or its provider would take that for a repetition."""
HEARD_S = 15.0
"""So long sends wait for the replay of an acknowledgement that was heard of during the outage."""
MAX_HEARD = 10_000
"""Messages kept that were heard within the grace; older ones are dropped, their gateways have them."""


class Outage:
    """`sends`: the send log, `known`: every send in memory and whether it is claimed, `lingers`: see Outbox."""

    def __init__(
        self,
        core: Core,
        sends: SendLog | None,
        known: Callable[[], Iterator[tuple[OutboxRow, bool]]],
        lingers: Callable[[], bool],
    ) -> None:
        self._core = core
        self._sends = sends
        self._rules = core.registry.unattended if sends is not None else None
        self._known = known
        self._lingers = lingers
        self._heard: deque[Inbound] = deque(maxlen=MAX_HEARD)
        self._local: LocalStore | None = None
        self._unsettled = True
        self.watch = Watch(core.clock, core.ownership, self._rules.grace_s if self._rules is not None else None)
        self.missing = 0
        """Timers of the last outage whose entities were not in memory."""

    # -- while it is away --------------------------------------------------------------------------

    def failed(self) -> None:
        """A renewal of the lease failed."""
        self.watch.failed()

    async def body(self) -> None:
        """Look whether to go on without the store; again every BEAT_S."""
        core = self._core
        await core.clock.sleep(BEAT_S)
        match self.watch.look():
            case Verdict.ACT if core.ownership.epochs:
                core.ownership.go_on(FRESH_S)
                if self._local is None:
                    await self._enter()
            case Verdict.FORGET if core.ownership.epochs:
                log.warning(
                    "shards_left_to_others",
                    host=core.host_id,
                    why="another host reaches the database, this one does not",
                )
                self._leave()
            case _:
                core.ownership.stop()

    async def _enter(self) -> None:
        core, rules, sends = self._core, self._rules, self._sends
        if rules is None or sends is None:
            return
        local = LocalStore(core.time.now, core.host_id, core.ownership.epochs, core.activations, sends, rules)
        for entity in core.mailroom.entities():
            if entity not in core.activations:
                core.mailroom.drop(entity)
        self.missing = sum(t.entity not in core.activations for t in core.timers.soonest(len(core.timers)))
        for activation in core.activations.all():
            local.arm(list(activation.position.timers.values()))
            activation.position = replace(activation.position, seq=activation.position.seq + APART)
        claimed = []
        for row, under_way in self._known():
            local.adopt(row, claimed=under_way)
            claimed += [row] if under_way else []
        core.timers.clear()
        core.ownership.doubtful.clear()
        self._local, self._unsettled = local, True
        core.work_on(local)
        log.error(
            "store_away_paging_from_memory",
            host=core.host_id,
            incidents=len(core.activations),
            missing=self.missing,
            meaning="due steps are paged from memory; bring the database back, everything is reconciled then",
        )
        while self._heard:
            self.heard_mail(self._heard.popleft())
        for event in (core.mail_wanted, core.turns_wanted, core.timers_wanted, core.sends_wanted):
            event.set()
        if claimed:
            await sends.begin(claimed, core.time.now())

    def heard_mail(self, message: Inbound) -> None:
        """A gateway keeps this message for the store: it counts here as long as the store is away.

        Only for entities in memory that are not closed: what opens something new, the gateway pages by itself.
        """
        core = self._core
        if not core.ownership.holds(message.shard):
            return
        if message.halts:
            core.halted[message.entity] = core.clock.monotonic() + HEARD_S
        activation = core.activations.get(message.entity)
        if activation is None or activation.kind.entity.closed(activation.position.state):
            return
        if self._local is None:
            self._heard.append(message)
        else:
            self._local.put(message)
            core.mail_wanted.set()

    # -- when it is back ---------------------------------------------------------------------------

    def reached(self, began: float) -> None:
        """The store answered a renewal that began at monotonic `began`."""
        core, renewed = self._core, self._core.ownership.renewed_at
        was_away = self.watch.away if renewed is None else began - renewed > ACT_S
        self.watch.reached()
        self._heard.clear()
        if was_away:
            core.ownership.returned()
            core.halted = dict.fromkeys(core.halted, core.clock.monotonic() + HEARD_S)
        for entity in list(core.halted):
            core.is_halted(entity)  # forgets it when its time is over
        if self._local is not None:
            log.warning("store_back", host=core.host_id, meaning="what was paged meanwhile is now reconciled")
            self._leave()

    def _leave(self) -> None:
        core = self._core
        self._local = None
        core.work_on(core.real_store)
        core.ownership.stop()
        core.forget_all()

    async def settled(self) -> bool:
        """Make known to the store what was sent without it; False if sends are still under way. Raises RuntimeFault."""
        if self._unsettled and self._sends is not None and self._rules is not None:
            if self._lingers():
                return False
            await settle(self._core.real_store, self._sends, self._rules.telling, self._core.time.now())
            self._unsettled = False
        return True
