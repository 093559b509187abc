"""`python -m bench.analytics`: the figures of a year with 100,000 incidents and as many pages, from a real Postgres.

Writes bench/results/analytics.md and .json. The baseline in the same run is counting the same rows by the same index,
which no answer can do without.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text

from bench.measuring import directory, machine
from cli.embedded.postgres import EmbeddedPostgres
from domain.period import Period
from storage import analytics
from storage.changes import Sessions
from storage.db import make_engine, sessions
from storage.migrate import upgrade

RESULTS = Path(__file__).parent / "results"
INCIDENTS = 100_000
START = 1_767_225_600.0
"""2026-01-01 00:00 UTC."""
YEAR_S = 365 * 86_400.0
ROUNDS = 5

FILL = """
insert into rt.record (id, kind, entity, rev, facets, body, at)
select 'x-' || n, 'incident', 'incident/' || n %% 5000, 1,
       jsonb_build_object('status', 'resolved', 'severity', (array['critical', 'error', 'warning', 'info'])[1 + n %% 4],
           'severity_rank', n %% 4, 'major', false, 'team_id', 'team-' || n %% 40, 'service_id', 'service-' || n %% 300,
           'integration_id', 'integration-' || n %% 25, 'title', 'Disk filling on host-' || n %% 2000,
           'opened_at', at, 'updated_at', at + 900, 'open', false,
           'acknowledged_at', case when n %% 3 > 0 then at + 60 + n %% 600 end, 'resolved_at', at + 300 + n %% 7000,
           'merged_into', null, 'by_human', n %% 3 > 0),
       jsonb_build_object('id', 'x-' || n, 'title', 'Disk filling', 'members', jsonb_build_array(jsonb_build_object(
           'key', md5(n::text), 'description', (select string_agg(md5((n * k)::text), '') from generate_series(1, 12) k),
           'labels', jsonb_build_object('instance', 'host-' || n, 'job', 'node')))), now()
from (select n, %(start)s + n * %(year)s / %(count)s as at from generate_series(0, %(count)s - 1) n) g;
insert into rt.outbox (id, entity, shard, kind, channel, grp, body, state, attempts, due_at, created_at, sent_at)
select 'p-' || n, 'incident/' || n %% 5000, n %% 256, 'page', (array['email', 'webhook', 'slack'])[1 + n %% 3], '',
       jsonb_build_object('user_id', 'user-' || n %% 60, 'incident_id', 'x-' || n, 'subject', 'Disk filling',
           'text', (select string_agg(md5((n * k)::text), '') from generate_series(1, 12) k)),
       case when n %% 50 = 0 then 'failed' else 'accepted' end, 1, at, at, at + interval '1 second'
from (select n, to_timestamp(%(start)s + n * %(year)s / %(count)s) as at from generate_series(0, %(count)s - 1) n) g;
"""
BASELINE = {
    "incidents": "select count(*) from rt.record where kind = 'incident' and (facets->>'opened_at')::float8 >= :start"
    " and (facets->>'opened_at')::float8 < :end",
    "pages": "select count(*) from rt.outbox where created_at >= to_timestamp(:start)"
    " and created_at < to_timestamp(:end) and kind = 'page'",
}


async def taken(ask: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds, the median of ROUNDS after one that is not counted."""
    await ask()
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await ask()
        found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found)


async def measured(factory: Sessions) -> dict[str, Any]:
    """Every report over the whole year."""
    period = Period(START, START + YEAR_S, "Europe/Berlin")
    zones = {f"user-{n}": ("Europe/Berlin", "Asia/Kolkata", "America/New_York")[n % 3] for n in range(60)}
    free = [(user, f"2026-{month:02}-01") for user in zones for month in range(1, 13)]

    def counting(what: str) -> Callable[[], Awaitable[object]]:
        async def ask() -> object:
            async with factory() as session:
                return (await session.execute(text(BASELINE[what]), {"start": START, "end": START + YEAR_S})).one()

        return ask

    asked: dict[str, tuple[str, Callable[[], Awaitable[object]]]] = {
        "times to acknowledge and resolve, by severity": (
            "incidents", lambda: analytics.response(factory, period, "severity")),
        "the same by service (300)": ("incidents", lambda: analytics.response(factory, period, "service")),
        "incidents over time, by team (40)": (
            "incidents", lambda: analytics.over_time(factory, period, "team", period.unit)),
        "noisiest alerts (20,000 titles)": ("incidents", lambda: analytics.noise(factory, period)),
        "pages per person (60), off hours": ("pages", lambda: analytics.people(factory, period, zones, free)),
        "delivery by channel": ("pages", lambda: analytics.delivery(factory, period)),
    }  # fmt: skip
    floors = {what: await taken(counting(what)) for what in BASELINE}
    rows = []
    for name, (what, ask) in asked.items():
        ms = await taken(ask)
        rows.append({"what": name, "ms": ms, "baseline_ms": floors[what], "ratio": ms / floors[what]})
        print(f"    {name}: {ms:.0f} ms", flush=True)
    return {"rows": rows}


def main() -> None:
    """Under a minute."""
    with directory() as home:
        server = EmbeddedPostgres(home / "pg")
        server.start()
        try:
            upgrade(server.dsn)
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                values = {"start": START, "year": YEAR_S, "count": INCIDENTS}
                for statement in FILL.strip().split(";\n"):
                    connection.execute(statement.encode(), values)
                connection.execute("vacuum analyze rt.record")
                connection.execute("vacuum analyze rt.outbox")
            results = asyncio.run(_run(server.dsn))
        finally:
            server.stop()
    results["machine"] = machine()
    (RESULTS / "analytics.json").write_text(json.dumps(results, indent=2) + "\n")
    lines = [
        "# Analytics over a year with 100,000 incidents and 100,000 pages",
        "",
        f"{results['machine']}. `python -m bench.analytics`; median of {ROUNDS}, everything in the cache. The baseline counts the same rows.",
        "",
        "| what | ms | baseline ms | ratio |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {r['what']} | {r['ms']:.0f} | {r['baseline_ms']:.0f} | {r['ratio']:.1f} |" for r in results["rows"]]
    (RESULTS / "analytics.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


async def _run(dsn: str) -> dict[str, Any]:
    engine = make_engine(dsn)
    try:
        return await measured(sessions(engine))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    main()
