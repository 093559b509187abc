"""The health of every part: ok, warning (nobody is harmed yet) or bad (pages are, or soon will be, late or lost).

Each part has a sentence for a tired person: what is, what it means, what to do; and the heading of docs/runbook.md that
says more. The limits are those of the watchdog's alarms where it has one: the two must not disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from domain.health_facts import Facts, Figures, GatewayFact, HostFact
from domain.health_part import WORST, Part, State, span
from domain.provider_health import provider

SLOW_DATABASE_S = 0.25
"""A turn is a commit: from here on each page waits visibly for the database."""
SHORT_LEASE_S = 2.0
"""A host renews its lease of 6 s every 1.5 s; with less left than this it has missed several."""
INBOX_S, TIMER_S, SENDS_S = 10.0, 30.0, 30.0
"""As in watchdog/audit.py."""
SILENT_S = 15.0
"""Gateways and the watchdog leave a sign of life every few seconds."""
SPOOL_OLD_S = 60.0
BEHIND = 1_000
CANARY_LATE_S = 180.0
"""As `sentinel doctor` has it."""


def worst(parts: Sequence[Part]) -> State:
    """The state of the whole."""
    return max((p.state for p in parts), key=WORST.index, default="ok")


def judge(facts: Facts) -> tuple[Part, ...]:
    """Every part that can be judged now; without the database those that need no database."""
    return tuple(_parts(facts))


def _parts(facts: Facts) -> Iterator[Part]:
    yield _database(facts)
    yield _valkey(facts)
    figures = facts.figures
    if figures is not None:
        yield _hosts(figures.hosts)
        yield _shards(figures.unowned)
        yield _inbox(figures)
        yield _timers(figures)
        yield _outbox(figures)
        yield _quarantine(figures.quarantined)
    gateways = figures.gateways if figures is not None and figures.gateways else (facts.own,)
    yield _gateways(gateways)
    yield _spool(gateways)
    yield _feed(gateways)
    yield from (provider(p) for p in facts.providers)
    if figures is not None:
        yield from _watch(figures)


def _database(facts: Facts) -> Part:
    def part(state: State, text: str) -> Part:
        return Part("database", "Database", state, text, "" if state == "ok" else "database-away")

    if facts.database_s is None or facts.figures is None:
        away = f" for {span(facts.away_s)}" if facts.away_s else ""
        return part(
            "bad",
            f"Postgres does not answer{away}. Alerts are kept in the spool and people are paged from memory; hosts, "
            "backlog and pages cannot be looked at. Bring it back.",
        )
    took = f"{facts.database_s * 1000:.1f} ms"
    if facts.database_s > SLOW_DATABASE_S:
        return part("warning", f"Postgres took {took} to answer: every page waits for it. Look at its load and disk.")
    return part("ok", f"Postgres answers in {took}.")


def _valkey(facts: Facts) -> Part:
    if facts.valkey_s is None:
        text = (
            "Valkey does not answer: pages go out up to half a second later and consoles are told by the journal. "
            "Nothing is lost. Bring it back."
        )
        return Part("valkey", "Valkey", "warning", text, "valkey-away")
    return Part("valkey", "Valkey", "ok", f"Valkey answers in {facts.valkey_s * 1000:.1f} ms.", "")


def _hosts(hosts: Sequence[HostFact]) -> Part:
    def part(state: State, text: str) -> Part:
        return Part("hosts", "Hosts", state, text, "" if state == "ok" else "shards-unowned")

    alive = [h for h in hosts if h.lease_s > 0 and not h.draining]
    if not alive:
        return part("bad", "No host is alive: nobody is paged but by the watchdog. Look at log/hosts.log, start hosts.")
    short = [h.slot for h in alive if h.lease_s < SHORT_LEASE_S]
    if short:
        text = f"{', '.join(short)} does not renew its lease: another host takes over in a moment. Nothing to do yet."
        return part("warning", text)
    programs = sorted({h.program or "an older version" for h in alive})
    if len(programs) > 1:
        text = f"{len(alive)} hosts are alive with several versions ({', '.join(programs)}): finish the upgrade."
        return part("warning", text)
    if len(alive) == 1:
        text = "One host is alive: if it dies, nobody is paged until it is back. Run two."
        return part("warning", text)
    return part("ok", f"{len(alive)} hosts are alive, version {programs[0]}.")


def _shards(unowned: int) -> Part:
    if unowned:
        text = (
            f"{unowned} of 256 shards have no owner: their incidents wait. Hosts take them within seconds if any live."
        )
        return Part("shards", "Shards", "bad", text, "shards-unowned")
    return Part("shards", "Shards", "ok", "Every shard has an owner.", "")


def _inbox(figures: Figures) -> Part:
    if figures.undone and figures.undone_oldest_s > INBOX_S:
        text = (
            f"{figures.undone} messages wait, the oldest for {span(figures.undone_oldest_s)}: alerts and "
            "acknowledgements are stored and not acted on yet. If the number grows, start more hosts."
        )
        return Part("inbox", "Backlog", "bad", text, "inbox-unprocessed")
    return Part("inbox", "Backlog", "ok", f"{figures.undone} messages wait to be processed.", "")


def _timers(figures: Figures) -> Part:
    if not figures.late_timers:
        return Part("timers", "Timers", "ok", "No step is late.", "")
    late = f"{figures.late_timers} steps are late, the latest by {span(figures.latest_timer_s)}"
    if figures.latest_timer_s > TIMER_S:
        text = f"{late}: escalation stands still. Look at the hosts."
        return Part("timers", "Timers", "bad", text, "timers-overdue")
    return Part("timers", "Timers", "warning", f"{late}. It goes over by itself after a takeover.", "timers-overdue")


def _outbox(figures: Figures) -> Part:
    late = [s for s in figures.sends if s.oldest_s > SENDS_S]
    waiting = sum(s.count for s in figures.sends)
    if late:
        oldest = max(late, key=lambda s: s.oldest_s)
        text = (
            f"{waiting} pages are not through; the oldest is {oldest.state} for {span(oldest.oldest_s)}. Look at the "
            "providers here and at the outbox."
        )
        return Part("outbox", "Outbox", "bad", text, "pages-unsent")
    return Part("outbox", "Outbox", "ok", f"{waiting} pages are on their way, none is late.", "")


def _quarantine(count: int) -> Part:
    if count:
        text = (
            f"{count} incidents could not be processed and were taken out; their last resort was paged. Handle them at "
            "their source; `sentinel doctor` names them."
        )
        return Part("quarantine", "Quarantine", "bad", text, "entities-quarantined")
    return Part("quarantine", "Quarantine", "ok", "Every incident can be processed.", "")


def _gateways(gateways: Sequence[GatewayFact]) -> Part:
    silent = [g.id for g in gateways if g.age_s > SILENT_S]
    if silent:
        text = (
            f"{', '.join(silent)} says nothing any more. If it was taken away on purpose, this is over in an hour; "
            "else look at its log: what lies in its spool waits for it."
        )
        return Part("gateways", "Gateways", "warning", text, "gateway-silent")
    programs = ", ".join(sorted({g.program for g in gateways}))
    return Part("gateways", "Gateways", "ok", f"{len(gateways)} answer, version {programs}.", "")


def _spool(gateways: Sequence[GatewayFact]) -> Part:
    refusing = [f"{g.id}: {g.spool_problem}" for g in gateways if g.spool_problem]
    if refusing:
        text = f"{'; '.join(refusing)}. Without the database alerts would be refused there. Look at its disk."
        return Part("spool", "Spool", "bad", text, "spool-refuses")
    held = sum(g.spool_bytes for g in gateways)
    oldest = max((g.spool_oldest_s for g in gateways), default=0.0)
    if held and oldest > SPOOL_OLD_S:
        text = (
            f"{held / 1e6:.1f} MB of accepted alerts are on gateways' disks and not in the database, the oldest for "
            f"{span(oldest)}. They are replayed when the database answers; do not delete those disks."
        )
        return Part("spool", "Spool", "warning", text, "spool-refuses")
    return Part(
        "spool", "Spool", "ok", "Nothing waits on a gateway's disk." if not held else "It is being replayed.", ""
    )


def _listening(listeners: int) -> str:
    return "1 console listens" if listeners == 1 else f"{listeners} consoles listen"


def _feed(gateways: Sequence[GatewayFact]) -> Part:
    listeners = sum(g.listeners for g in gateways)
    behind = max((g.behind for g in gateways if g.age_s <= SILENT_S), default=0)
    if behind > BEHIND:
        text = (
            f"{listeners} consoles listen, and are {behind} events behind: what they show is old. Reload if in doubt."
        )
        return Part("feed", "Live feed", "warning", text, "feed-behind")
    if not all(g.streams for g in gateways if g.age_s <= SILENT_S):
        text = f"{_listening(listeners)}; events come from the journal only, up to a second later."
        return Part("feed", "Live feed", "warning", text, "valkey-away")
    return Part("feed", "Live feed", "ok", f"{_listening(listeners)}; none is behind.", "")


def _watch(figures: Figures) -> Iterator[Part]:
    watch = figures.watch
    if watch.beat_age_s is None or watch.beat_age_s > SILENT_S:
        text = "The watchdog does not run: nobody notices when the hosts stop. Look at log/watchdog.log."
        yield Part("watchdog", "Watchdog", "bad", text, "watchdog-silent")
        return
    state: State = "warning" if watch.alarms else "ok"
    text = f"The watchdog runs. It raises {', '.join(watch.alarms) or 'no alarm'}."
    yield Part("watchdog", "Watchdog", state, text, watch.alarms[0] if watch.alarms else "")
    yield _canary(figures)
    if watch.deadman is None:
        text = "Nobody outside would notice if all of this were gone: set SENTINEL_DEADMAN_URL to a monitor elsewhere."
        yield Part("deadman", "Dead man's ping", "warning", text, "deadman-ping-failed")
    elif watch.deadman or watch.deadman_age_s is None:
        text = f"The outside could not be told that all is well ({watch.deadman}): it raises a false alarm soon."
        yield Part("deadman", "Dead man's ping", "warning", text, "deadman-ping-failed")
    elif watch.deadman_age_s > CANARY_LATE_S:
        text = f"The outside was last told {span(watch.deadman_age_s)} ago, because something here is wrong."
        yield Part("deadman", "Dead man's ping", "bad", text, "deadman-ping-failed")
    else:
        text = f"The outside was told {span(watch.deadman_age_s)} ago that all is well."
        yield Part("deadman", "Dead man's ping", "ok", text, "")


def _canary(figures: Figures) -> Part:
    watch = figures.watch
    lost = f" ({watch.canary_lost})" if watch.canary_lost else ""
    if watch.canary_age_s is None:
        state: Literal["bad", "warning"] = "bad" if watch.flown else "warning"
        text = f"No test alert has come through yet{lost}. One is sent every minute."
        return Part("canary", "Canary", state, text, "canary-late")
    if watch.canary_age_s > CANARY_LATE_S:
        text = f"The last test alert came through {span(watch.canary_age_s)} ago{lost}: real ones may not either."
        return Part("canary", "Canary", "bad", text, "canary-late")
    text = (
        f"A test alert came through to its page {span(watch.canary_age_s)} ago, in {watch.canary_s or 0:.2f} s; "
        f"{watch.through} of {watch.flown} in 24 hours."
    )
    if watch.missed_age_s is not None and not lost:
        text += f" The last that was late or lost, {span(watch.missed_age_s)} ago: {watch.missed}."
    return Part("canary", "Canary", "ok" if not lost else "warning", text + lost, "canary-late" if lost else "")
