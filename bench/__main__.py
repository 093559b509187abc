"""`make bench`: start the product, measure it against baselines in the same run, write JSON and a Markdown table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.measuring import directory, machine
from bench.timers import recovery
from runtime.ids import new_id
from tests.fakes.http_sink import HttpSink
from tests.fakes.ports import free_port
from tests.product import Product, step, until

RESULTS = Path(__file__).parent / "results"
CONNECTIONS = 64
SECONDS = 8.0


def load(url: str, bodies: list[str], connections: int = CONNECTIONS, seconds: float = SECONDS) -> dict[str, float]:
    """One run of the load generator."""
    request = json.dumps({"url": url, "connections": connections, "seconds": seconds, "bodies": bodies})
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=request, capture_output=True, text=True, check=True
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


@contextmanager
def baseline(kind: str) -> Iterator[str]:
    """A no-op server; its URL."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "bench.noop", kind, str(port)])
    until("the baseline", lambda: _answers(port))
    yield f"http://127.0.0.1:{port}/noop"
    server.terminate()
    server.wait()


def _answers(port: int) -> bool:
    try:
        load(f"http://127.0.0.1:{port}/noop", ["{}"], 1, 0.05)
    except subprocess.CalledProcessError:
        return False
    return True


def single(n: int) -> str:
    return json.dumps(
        {"title": f"Bench {n}", "dedup_key": f"bench-{n}", "status": "firing", "starts_at": 1_790_000_000}
    )


def hundred(n: int) -> str:
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": "HighCPU", "instance": f"host-{k}:9100", "severity": "critical", "job": "node"},
            "annotations": {"summary": f"HighCPU on host-{k}", "description": "cpu above 90 % for 5 minutes"},
            "startsAt": "2026-11-23T22:50:37.394226Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example.test/graph",
            "fingerprint": f"{n:08x}{k:08x}",
        }
        for k in range(100)
    ]
    return json.dumps({"version": "4", "groupKey": f"g{n}", "status": "firing", "alerts": alerts, "groupLabels": {}})


def ingest(product: Product, user: str, results: dict[str, Any]) -> None:
    """Accepted alerts/s with 1 and with 100 a request, against no-ops in the same run, hosts running."""
    quiet = product.integration("bench ingest", "generic", [step(user, 3600)])
    groups = product.integration("bench groups", "prometheus", [step(user, 3600)])
    ones, hundreds = [single(n) for n in range(200)], [hundred(n) for n in range(20)]
    for kind in ("bare", "fastapi"):
        with baseline(kind) as url:
            results[f"no-op {kind}, requests"] = load(url, ones)
            results[f"no-op {kind}, requests of 100 alerts"] = load(url, hundreds)
    results["webhook, 1 alert a request"] = load(quiet, ones)
    _settle(product)
    in_hundreds = load(groups, hundreds)
    results["webhook, 100 alerts a request"] = {**in_hundreds, "alerts_per_s": in_hundreds["per_s"] * 100}
    _settle(product)
    results["ratio to the bare no-op"] = (
        results["webhook, 1 alert a request"]["per_s"] / results["no-op bare, requests"]["per_s"]
    )
    results["ratio to the FastAPI no-op"] = (
        results["webhook, 1 alert a request"]["per_s"] / results["no-op fastapi, requests"]["per_s"]
    )


def _settle(product: Product) -> None:
    undone = "select count(*) from rt.inbox where done_at is null"
    began = time.perf_counter()
    until("an empty inbox", lambda: product.sql(undone) == [(0,)], 600)
    print(f"    backlog processed in {time.perf_counter() - began:.1f} s", flush=True)


def raw_postgres(product: Product) -> float:
    """Commits of one row a second, one connection: the floor of the machine."""
    with psycopg.connect(product.dsn, autocommit=True) as connection:
        connection.execute("create table if not exists bench_raw (id bigint)")
        began, n = time.perf_counter(), 0
        while time.perf_counter() - began < 3:
            connection.execute("insert into bench_raw values (1)")
            n += 1
        connection.execute("drop table bench_raw")
    return n / 3


def page_latency(product: Product, sink: HttpSink, url: str, count: int) -> dict[str, float]:
    """From POST to the page reaching the sink, one at a time."""
    taken = []
    for n in range(count):
        seen = len(sink.received)
        began = time.monotonic()
        product.post(url, {"title": f"Latency {n}", "dedup_key": new_id()})
        while len(sink.received) == seen:
            time.sleep(0.001)
        taken.append(sink.received[seen].at - began)
    taken.sort()
    return {"p50_ms": taken[len(taken) // 2] * 1000, "p99_ms": taken[int(len(taken) * 0.99)] * 1000}


def burst(product: Product, sink: HttpSink, url: str, count: int) -> dict[str, float]:
    """`count` distinct alerts at once, all paged to the sink; and the latency of others meanwhile."""
    bodies = [[{"title": f"Burst {n}", "dedup_key": f"b-{n}"} for n in range(k, k + 100)] for k in range(0, count, 100)]
    before = len(sink.received)
    began = time.monotonic()

    def post() -> None:
        for body in bodies:
            product.post(url, json.dumps(body).encode())

    poster = threading.Thread(target=post)
    poster.start()
    until(
        "every incident paged",
        lambda: len({r.headers["idempotency-key"] for r in list(sink.received[before:])}) >= count,
        600,
    )
    poster.join()
    taken = sorted(r.at - began for r in sink.received[before:])
    return {"all_paged_s": taken[-1], "p50_s": taken[len(taken) // 2], "duplicates": len(taken) - count}


def memory(product: Product, incidents: int) -> dict[str, float]:
    """State bytes per open incident, and the hosts' memory."""
    ((size, count),) = product.sql(
        "select sum(length(state))::float8, count(*) from rt.entity where kind = 'incident' and closed_at is null"
    )
    resident = 0.0
    for pid in product.hosts().values():
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        resident += pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return {"open_incidents": count, "state_bytes_each": size / count, "hosts_rss_mb": resident, "burst": incidents}


def start_times(home: Path) -> dict[str, float]:
    """Cold (nothing there) and warm (second) start of `make up`."""
    product = Product(home)
    began = time.perf_counter()
    product.start()
    cold = time.perf_counter() - began
    product.stop()
    began = time.perf_counter()
    product.start()
    warm = time.perf_counter() - began
    product.stop()
    return {"cold_s": cold, "warm_s": warm}


def main() -> None:
    """All of it; some minutes."""
    results: dict[str, Any] = {"machine": machine()}
    with directory() as base:
        print("  start …", flush=True)
        results["start"] = start_times(base / "home")
        with HttpSink() as sink:
            product = Product(base / "home")
            product.start()
            user = product.person("Sink", "webhook", sink.url)
            quiet = product.person("Quiet", "outbox", "")
            url = product.integration("bench pages", "generic", [step(user, 3600)])
            print("  POST to page, idle …", flush=True)
            results["POST to page, idle"] = page_latency(product, sink, url, 200)
            print("  burst of 10,000 distinct alerts …", flush=True)
            results["burst of 10,000"] = burst(product, sink, url, 10_000)
            results["memory"] = memory(product, 10_000)
            write(results)
            print("  ingest …", flush=True)
            results["raw Postgres commits/s"] = raw_postgres(product)
            ingest(product, quiet, results)
            write(results)
            print("  100,000 timers, a host killed …", flush=True)
            results["killed host, 100,000 timers"] = recovery(product, 100_000)
            product.stop()
    write(results)


def write(results: dict[str, Any]) -> None:
    """JSON for machines, a table for people."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "spine.json").write_text(json.dumps(results, indent=1) + "\n")
    lines = ["# Measured by `make bench`", "", results["machine"], "", "| what | figure |", "| --- | --- |"]
    for name, value in results.items():
        if name == "machine":
            continue
        shown = value if isinstance(value, dict) else {"": value}
        text = ", ".join(f"{k} {v:,.3g}" if v < 100 else f"{k} {v:,.0f}" for k, v in shown.items())
        lines.append(f"| {name} | {text.strip()} |")
    (RESULTS / "spine.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
