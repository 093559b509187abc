"""Did the promise hold? Reads only the journal, the outbox, the send log and the provider's log.

What holds of every entity is judged by the product's own runtime/invariants.py, as `sentinel verify` judges real data.

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
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from runtime import invariants
from runtime.codec import Kind
from tests.sim.pager import STEPS, Pager

Finding = tuple[str, str, str]


def check(world: Any) -> list[Finding]:
    """All violations as (kind, entity, what)."""
    journal: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in world.store.journal:
        journal[row["entity"]].append(row)
    found: list[Finding] = []
    found += _alerts(world, journal)
    found += invariants.epochs(world.store.journal)
    for entity, rows in journal.items():
        found += invariants.positions(entity, rows)
        found += _steps(world, entity, rows)
        found += _state(world, entity, rows)
    found += _sends(world)
    found += _left(world)
    return found


def _alerts(world: Any, journal: dict[str, list[dict[str, Any]]]) -> list[Finding]:
    seen = Counter(r["body"]["number"] for rows in journal.values() for r in rows if r["kind"] == "AlertSeen")
    found = [("lost", e, f"alert {n}") for n, (_, e) in world.accepted.items() if seen[n] == 0]
    return found + [("split-brain", "", f"alert {n} {k} times") for n, k in seen.items() if k > 1]


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
    folded = invariants.Folder(Pager()).fold("", rows)
    stored = world.store.entity_row(entity)
    actual = Kind(Pager()).state(stored.version, stored.state, "")
    return [] if actual == folded else [("drift", entity, f"{actual} is not {folded}")]


def _sends(world: Any) -> list[Finding]:
    found: list[Finding] = []
    logged: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in world.store.send_log:
        logged[row["send"]].append(row)
    sent: dict[str, list[Any]] = defaultdict(list)
    for send in world.provider.log:
        sent[send.delivery].append(send)
    for delivery, sends in sent.items():
        if len(sends) > 1 + world.provider.doubt.get(delivery, 0):
            found.append(("doubled", delivery, f"{len(sends)} sends"))
        ack = world.acked.get(sends[0].entity)
        if ack is not None:
            found += invariants.after_halt(sends[0].entity, [s.at for s in sends], ack, invariants.IN_FLIGHT_S)
    for delivery, kept in world.store.outbox.items():
        found += invariants.doubled(delivery, logged[delivery])
        found += invariants.recorded(delivery, kept.row.state, logged[delivery])
    return found


def _left(world: Any) -> list[Finding]:
    found = [("stuck", str(r["entity"]), f"inbox {r['id']} undone") for r in world.store.undone()]
    found += [("stuck", t.entity, f"timer {t.name} overdue") for t in world.store.overdue_timers()]
    return found + [("stuck", o.entity, f"send {o.id} {o.state}") for o in world.store.live_sends()]
