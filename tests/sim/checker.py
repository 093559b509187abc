"""Did the promise hold? Reads only the journal, the outbox, the send log and the provider's log.

What holds of every entity is judged by runtime/invariants.py, which judges real data too; here is what a pager adds.

lost              an accepted alert is in no journal
split-brain       an accepted alert is in a journal twice, or two first steps were taken
ghost-write       positions of an entity are not 0,1,2,… or a shard's epoch fell
step-order        steps are not 0,1,2,… without gap or repeat
stalled           neither acknowledged nor through all steps at the end
never-paged       a step's page reached the provider never, and no acknowledgement or recorded loss says why
doubled           more sends for one step than 1 + outcomes nobody could clear up + sends beside a host that was cut off
                  from everybody, or stopped before it could say what it had sent while the store was away
overdue           a page due while the store was away, by a host that had all it needs, not tried within 2 s of the grace
late              while nothing went wrong a page was not tried within 30 s: none waits longer for others
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

from domain.storm import LONGEST_S
from runtime import invariants
from runtime.codec import Kind
from runtime.invariants import EXCUSED, IN_FLIGHT_S, Finding, Positions
from tests.sim.pager import STEPS, Pager
from tests.sim.provider import Sent
from tests.sim.virtual import EPOCH
from tests.sim.world import LATE_S

FALLBACK = "fallback"
UNWELL_S = 30.0
"""So long something that went wrong is felt: a frozen host, a claim that must run out."""


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
    sent = {s.to for s in world.provider.log if s.entity == entity}
    lost = {r["body"]["effect"] for r in rows if r["kind"] == "PageLost"}
    for row in rows:
        if row["kind"] != "StepPaged" or answered or row["body"]["effect"] in lost:
            continue
        if STEPS[row["body"]["step"]] not in sent:
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
    by_step: dict[tuple[str, str], list[Sent]] = defaultdict(list)
    for sent in world.provider.log:
        by_step[(sent.entity, sent.to)].append(sent)
    for (entity, to), sends in by_step.items():
        deliveries = {ident for s in sends for ident in (s.delivery, s.message)}
        doubt = sum(world.provider.doubt.get(d, 0) + (d in world.unsure) for d in deliveries)
        if len(sends) > 1 + doubt + _beside(world, sends):
            found.append(Finding("doubled", entity, f"{len(sends)} sends to {to}"))
    acked = _acked(world)
    for sent in world.provider.log:
        if sent.to != FALLBACK and not world.alone(world.process(sent.host), sent.at):
            found += invariants.after_halt(sent.entity, sent.at, acked.get(sent.entity), IN_FLIGHT_S)
    return found + _logged(world) + _overdue(world) + _late(world)


def _acked(world: Any) -> dict[str, float]:
    """When each entity was acknowledged; who speaks before any alert of it was accepted has acknowledged nothing."""
    first: dict[str, float] = {}
    for at, entity in world.accepted.values():
        first[entity] = min(at, first.get(entity, at))
    return {entity: at for entity, at in world.acked.items() if first.get(entity, at) <= at}


def _logged(world: Any) -> list[Finding]:
    """The send log against provider and outbox; what a host sent from memory may lie in its own log for ever."""
    found: list[Finding] = []
    attempts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in world.store.send_log:
        attempts[row["send"]].append(row)
    for delivery, count in Counter(s.delivery for s in world.provider.log).items():
        known = sum(map(invariants.perhaps_taken, attempts[delivery]))
        if known < count and delivery not in world.unattended:
            found.append(Finding("unrecorded", delivery, f"{count} sends, {known} in the send log"))
    for kept in world.store.outbox.values():
        found += invariants.recorded(kept.row.id, kept.row.state, attempts[kept.row.id])
        if kept.row.id not in world.unattended:
            found += invariants.attempted(kept.row.id, attempts[kept.row.id])
    return found


def _beside(world: Any, sends: list[Sent]) -> int:
    """Sends while another one of the step lay in the log of a host that was stopped or alone and so had not told."""
    count = 0
    for sent in sends:
        for other in sends:
            logger = next((p for p in world.unattended.get(other.delivery, ()) if p.name == other.host), None)
            if other is sent or logger is None or sent.host == other.host:
                continue
            told = world.settled.get(other.delivery, float("inf"))
            stopped = any(start < told and end > other.at for start, end in logger.stops)
            if sent.at < told and (stopped or world.alone(logger, other.at)):
                count += 1
                break
    return count


def _overdue(world: Any) -> list[Finding]:
    """What the look ahead at the beginning of an outage said, but for acknowledged ones and hosts that stopped."""
    found: list[Finding] = []
    for due in world.expected:
        late = due.due + LATE_S
        acked = world.acked.get(due.entity, float("inf")) < late
        stopped = any(start < late and end > world.outage[0] for start, end in due.process.stops)
        tried = any(s.entity == due.entity and world.outage[0] - 2 < s.at <= late for s in world.provider.tried)
        if not (acked or stopped or tried):
            found.append(Finding("overdue", due.entity, f"due at {due.due:.1f} by {due.process.name}"))
    return found


def _late(world: Any) -> list[Finding]:
    found: list[Finding] = []
    first: dict[str, float] = {}
    for sent in world.provider.tried:
        first.setdefault(sent.delivery, sent.at)
    for row in world.store.journal:
        if row["kind"] != "StepPaged" or row["body"]["effect"] not in first:
            continue
        due, took_s = row["at"] - EPOCH, first[row["body"]["effect"]] - (row["at"] - EPOCH)
        if took_s > LONGEST_S + LATE_S and not _hurt(world, due - UNWELL_S, due + LONGEST_S + LATE_S):
            found.append(Finding("late", row["entity"], f"tried {took_s:.0f} s after it was due at {due:.0f}"))
    return found


def _hurt(world: Any, start: float, end: float) -> bool:
    """True if anything went wrong in between."""
    spans = [world.outage, *(span for process, _ in world._hosts.values() for span in process.stops)]
    spans += [(at, at) for at, *_ in world.faults] + [world.cut]
    return any(low < end and high > start for low, high in spans)


def _left(world: Any) -> list[Finding]:
    found = [Finding("stuck", str(r["entity"]), f"inbox {r['id']} undone") for r in world.store.undone()]
    found += [Finding("stuck", t.entity, f"timer {t.name} overdue") for t in world.store.overdue_timers()]
    return found + [Finding("stuck", o.entity, f"send {o.id} {o.state}") for o in world.store.live_sends()]
