"""Did the promise hold? Reads only the journal, the outbox and the provider's log.

lost              an accepted alert is in no journal
split-brain       an accepted alert is in a journal twice, or two first steps were taken
ghost-write       positions of an entity are not 0,1,2,… or a shard's epoch fell
step-order        steps are not 0,1,2,… without gap or repeat
stalled           neither acknowledged nor through all steps at the end
never-paged       a step's page reached the provider never, and no acknowledgement or recorded loss says why
doubled           more sends of one delivery than 1 + outcomes the provider could not clear up
paged-after-ack   a send started later after an accepted acknowledgement than a claim may last
drift             the stored state is not the fold of the journal
stuck             something undone, unsent or overdue is left at the end
untold            an entity was taken out of service, and no human was told

An entity in quarantine keeps its mail and does nothing more; that is judged by `untold` alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from runtime.codec import Kind
from runtime.sending import HOLD_S, SEND_S
from tests.sim.pager import STEPS, Pager

IN_FLIGHT_S = HOLD_S - SEND_S + 0.5
FALLBACK = "fallback"
EXCUSED = ("lost", "stalled", "never-paged", "stuck")
"""What a quarantine explains. Order, doubles and drift it does not."""
Finding = tuple[str, str, str]


def check(world: Any) -> list[Finding]:
    """All violations as (kind, entity, what)."""
    journal: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in world.store.journal:
        journal[row["entity"]].append(row)
    found: list[Finding] = []
    found += _alerts(world, journal)
    found += positions(world.store.journal)
    for entity, rows in journal.items():
        found += _steps(world, entity, rows)
        found += _state(world, entity, rows)
    found += _sends(world)
    found += _left(world)
    excused = world.store.quarantined
    found = [f for f in found if f[1] not in excused or f[0] not in EXCUSED]
    told = {s.entity for s in world.provider.log if s.to == FALLBACK}
    return found + [("untold", e, why) for e, why in excused.items() if e not in told]


def _alerts(world: Any, journal: dict[str, list[dict[str, Any]]]) -> list[Finding]:
    seen = Counter(r["body"]["number"] for rows in journal.values() for r in rows if r["kind"] == "AlertSeen")
    found = [("lost", e, f"alert {n}") for n, (_, e) in world.accepted.items() if seen[n] == 0]
    return found + [("split-brain", "", f"alert {n} {k} times") for n, k in seen.items() if k > 1]


def positions(journal: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """ghost-write; for rows in order of commit with entity, seq, shard and epoch, a simulation's or a database's."""
    found: list[Finding] = []
    seqs: dict[str, int] = defaultdict(int)
    epochs: dict[int, int] = defaultdict(int)
    for row in journal:
        entity = row["entity"]
        if row["seq"] != seqs[entity]:
            found.append(("ghost-write", entity, f"position {row['seq']} where {seqs[entity]} was due"))
        seqs[entity] = row["seq"] + 1
        if row["epoch"] < epochs[row["shard"]]:
            found.append(("ghost-write", entity, f"epoch fell to {row['epoch']}"))
        epochs[row["shard"]] = row["epoch"]
    return found


def _steps(world: Any, entity: str, rows: list[dict[str, Any]]) -> list[Finding]:
    found: list[Finding] = []
    steps = [r["body"]["step"] for r in rows if r["kind"] == "StepPaged"]
    if steps != list(range(len(steps))):
        found.append(("step-order", entity, str(steps)))
    acked = any(r["kind"] == "Acked" for r in rows)
    if not acked and len(steps) != len(STEPS):
        found.append(("stalled", entity, str(steps)))
    sent = {s.delivery for s in world.provider.log}
    lost = {r["body"]["effect"] for r in rows if r["kind"] == "PageLost"}
    for row in rows:
        if row["kind"] == "StepPaged" and row["body"]["effect"] not in sent | lost and not acked:
            found.append(("never-paged", entity, f"step {row['body']['step']}"))
    return found


def _state(world: Any, entity: str, rows: list[dict[str, Any]]) -> list[Finding]:
    pager, kind = Pager(), Kind(Pager())
    events = {t.__name__: t for t in pager.events}
    folded = pager.new("")
    for row in rows:
        folded = pager.apply(folded, msgspec.convert(row["body"], events[row["kind"]]))
    stored = world.store.entity_row(entity)
    actual = kind.state(stored.version, stored.state, "")
    return [] if actual == folded else [("drift", entity, f"{actual} is not {folded}")]


def _sends(world: Any) -> list[Finding]:
    found: list[Finding] = []
    for delivery, count in Counter(s.delivery for s in world.provider.log).items():
        if count > 1 + world.provider.doubt.get(delivery, 0):
            found.append(("doubled", delivery, f"{count} sends"))
    for sent in world.provider.log:
        ack = world.acked.get(sent.entity)
        if ack is not None and sent.to != FALLBACK and sent.at > ack + IN_FLIGHT_S:
            found.append(("paged-after-ack", sent.entity, f"{sent.at - ack:.1f} s after"))
    return found


def _left(world: Any) -> list[Finding]:
    found = [("stuck", str(r["entity"]), f"inbox {r['id']} undone") for r in world.store.undone()]
    found += [("stuck", t.entity, f"timer {t.name} overdue") for t in world.store.overdue_timers()]
    return found + [("stuck", o.entity, f"send {o.id} {o.state}") for o in world.store.live_sends()]
