"""Did the promise hold? Reads only the journal, the outbox, the send log and the provider's log.

What holds of every entity is judged by runtime/invariants.py, which judges real data too; here is what a pager adds.

lost              an accepted alert is in no journal
split-brain       an accepted alert is in a journal twice, or two first steps were taken
ghost-write       positions of an entity are not 0,1,2,… or a shard's epoch fell
step-order        steps are not 0,1,2,… without gap or repeat
stalled           neither acknowledged nor through all steps at the end
never-paged       a step's page reached the provider never, and no acknowledgement or recorded loss says why
doubled           more sends of one delivery than 1 + outcomes the provider could not clear up
paged-after-ack   a send started later after an accepted acknowledgement than a claim may last
unrecorded        the provider took a send that the send log knows nothing of
drift             the stored state is not the fold of the journal
stuck             something undone, unsent or overdue is left at the end
untold            an entity was taken out of service, and no human was told

An entity in quarantine keeps its mail and does nothing more; that is judged by `untold` alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import msgspec

from runtime import invariants
from runtime.codec import Kind
from runtime.invariants import EXCUSED, IN_FLIGHT_S, Finding, Positions
from tests.sim.pager import STEPS, Pager

FALLBACK = "fallback"


def check(world: Any) -> list[Finding]:
    """All violations as (kind, entity, what)."""
    journal: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in world.store.journal:
        journal[row["entity"]].append(row)
    found: list[Finding] = []
    found += _alerts(world, journal)
    positions = Positions()
    found += [f for row in world.store.journal for f in positions.follow(row)]
    found += invariants.epochs(world.store.journal)
    for entity, rows in journal.items():
        found += _steps(world, entity, rows)
        found += _state(world, entity, rows)
    found += _sends(world)
    found += _left(world)
    excused = world.store.quarantined
    found = [f for f in found if f.entity not in excused or f.kind not in EXCUSED]
    told = {s.entity for s in world.provider.log if s.to == FALLBACK}
    return found + [Finding("untold", e, why) for e, why in excused.items() if e not in told]


def _alerts(world: Any, journal: dict[str, list[dict[str, Any]]]) -> list[Finding]:
    seen = Counter(r["body"]["number"] for rows in journal.values() for r in rows if r["kind"] == "AlertSeen")
    found = [Finding("lost", e, f"alert {n}") for n, (_, e) in world.accepted.items() if seen[n] == 0]
    return found + [Finding("split-brain", "", f"alert {n} {k} times") for n, k in seen.items() if k > 1]


def _steps(world: Any, entity: str, rows: list[dict[str, Any]]) -> list[Finding]:
    found: list[Finding] = []
    steps = [r["body"]["step"] for r in rows if r["kind"] == "StepPaged"]
    if steps != list(range(len(steps))):
        found.append(Finding("step-order", entity, str(steps)))
    acked = any(r["kind"] == "Acked" for r in rows)
    if not acked and len(steps) != len(STEPS):
        found.append(Finding("stalled", entity, str(steps)))
    answered = acked or any(r["kind"] == "AckIgnored" for r in rows)
    sent = {s.delivery for s in world.provider.log}
    lost = {r["body"]["effect"] for r in rows if r["kind"] == "PageLost"}
    for row in rows:
        if row["kind"] == "StepPaged" and row["body"]["effect"] not in sent | lost and not answered:
            found.append(Finding("never-paged", entity, f"step {row['body']['step']}"))
    return found


def _state(world: Any, entity: str, rows: list[dict[str, Any]]) -> list[Finding]:
    fold, kind = invariants.Fold(Pager(), ""), Kind(Pager())
    events = {t.__name__: t for t in Pager.events}
    for row in rows:
        fold.follow(msgspec.convert(row["body"], events[row["kind"]]))
    stored = world.store.entity_row(entity)
    return list(fold.drift(entity, kind.state(stored.version, stored.state, "")))


def _sends(world: Any) -> list[Finding]:
    found: list[Finding] = []
    attempts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in world.store.send_log:
        attempts[row["send"]].append(row)
    for delivery, count in Counter(s.delivery for s in world.provider.log).items():
        found += invariants.doubled(delivery, count, world.provider.doubt.get(delivery, 0))
        known = sum(map(invariants.perhaps_taken, attempts[delivery]))
        if known < count:
            found.append(Finding("unrecorded", delivery, f"{count} sends, {known} in the send log"))
    for row in world.store.outbox.values():
        found += invariants.attempted(row.row.id, attempts[row.row.id])
        found += invariants.recorded(row.row.id, row.row.state, attempts[row.row.id])
    for sent in world.provider.log:
        if sent.to != FALLBACK:
            found += invariants.after_halt(sent.entity, sent.at, world.acked.get(sent.entity), IN_FLIGHT_S)
    return found


def _left(world: Any) -> list[Finding]:
    found = [Finding("stuck", str(r["entity"]), f"inbox {r['id']} undone") for r in world.store.undone()]
    found += [Finding("stuck", t.entity, f"timer {t.name} overdue") for t in world.store.overdue_timers()]
    return found + [Finding("stuck", o.entity, f"send {o.id} {o.state}") for o in world.store.live_sends()]
