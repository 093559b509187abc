"""`python -m bench.rota`: from a saved override to the last of 1 and of 200 open calendars that was told of it.

Writes bench/results/rota.md and .json. A calendar is what an on-call page watches: who is on call and four weeks of a
schedule, by the gateway's websocket. Latency is counted from the time that the override's transaction wrote down, before
its commit: what is shown is never less than commit to told. CPU is the gateway's, all of it: saving, and telling all.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bench.console import quantiles
from bench.measuring import machine, running_product
from tests.product import Product

RESULTS = Path(__file__).parent / "results"
CALENDARS = 200
RENEWALS = 24
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Told:
    """`count` pages on one schedule."""

    def __init__(self, schedule: str, count: int) -> None:
        self._of = ("on-call", f"calendar?schedule={schedule}&span=28")
        self._shown = [("", 0.0)] * count
        """Of each page its newest calendar, and when it came (UTC epoch seconds)."""
        self._came = asyncio.Event()
        self.first_s: list[float] = []

    async def page(self, session: aiohttp.ClientSession, url: str, n: int) -> None:
        """One of them, until it is ended."""
        async with session.ws_connect(url, compress=15) as socket:  # as browsers ask for it
            began = time.perf_counter()
            for of in self._of:
                await socket.send_json({"type": "watch", "of": of})
            async for message in socket:
                if message.data.startswith('{"type":"calendar"'):
                    if not self._shown[n][0]:
                        self.first_s.append(time.perf_counter() - began)
                    self._shown[n] = message.data, time.time()
                    self._came.set()

    async def until_all(self, ident: str = "", there: bool = True) -> float:
        """When the last one was told a calendar in which this override is `there`, or is not."""
        async with asyncio.timeout(60):
            while not all(calendar and (ident in calendar) is there for calendar, _ in self._shown):
                self._came.clear()
                await self._came.wait()
        return max(at for _, at in self._shown)


def cpu(product: Product) -> float:
    """Seconds of CPU that the gateway has taken."""
    fields = Path(f"/proc/{product.running()['children']['gateway']}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


async def measured(product: Product, schedule: str, body: dict[str, Any], count: int) -> dict[str, Any]:
    """RENEWALS overrides, each saved and taken back."""
    told = Told(schedule, count)
    url = f"{product.ready['api']}/alerts/live?token={product.ready['admin_key']}"
    overrides = f"/schedules/{schedule}/overrides"
    latencies: list[float] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        pages = [asyncio.create_task(told.page(session, url, n)) for n in range(count)]
        await told.until_all()
        before = cpu(product)
        for _ in range(RENEWALS):
            made = await asyncio.to_thread(product.call, "POST", overrides, body)
            saved = datetime.fromisoformat(made["created_at"]).timestamp()
            latencies.append(await told.until_all(made["id"]) - saved)
            await asyncio.to_thread(product.call, "DELETE", f"{overrides}/{made['id']}")
            await told.until_all(made["id"], there=False)
        taken = cpu(product) - before
        for page in pages:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
    return {
        "saved to the last one told": quantiles(latencies),
        "asked to the first answer": quantiles(told.first_s),
        "gateway_cpu_ms_a_renewal": 1000 * taken / (2 * RENEWALS),
    }


def written(results: dict[str, Any]) -> None:
    """JSON, and a table."""
    (RESULTS / "rota.json").write_text(json.dumps(results, indent=2) + "\n")
    one, many = results["1"], results[str(CALENDARS)]
    each = (many["gateway_cpu_ms_a_renewal"] - one["gateway_cpu_ms_a_renewal"]) / (CALENDARS - 1)
    lines = [
        "# Open calendars",
        "",
        f"{results['machine']}, everything on it (watchers and product). `python -m bench.rota`, {RENEWALS} overrides each.",
        "",
        f"| what | 1 open calendar | {CALENDARS} |",
        "| --- | --- | --- |",
        _row("a saved override to the last one told", "saved to the last one told", one, many),
        _row("asked for to the first answer, all at once", "asked to the first answer", one, many),
        f"| CPU of the gateway a renewal, saving included | {one['gateway_cpu_ms_a_renewal']:.1f} ms |"
        f" {many['gateway_cpu_ms_a_renewal']:.1f} ms, so {each:.2f} ms for each more |",
    ]
    (RESULTS / "rota.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def _row(what: str, name: str, *found: dict[str, Any]) -> str:
    return (
        " | ".join((f"| {what}", *(f"p50 {f[name]['p50_ms']:.0f} ms, p99 {f[name]['p99_ms']:.0f} ms" for f in found)))
        + " |"
    )


async def both(product: Product, results: dict[str, Any]) -> None:
    """With one, then with many."""
    users = [product.person(f"Bench{n}", "outbox", "") for n in range(8)]
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": users}
    night = {"name": "night", "rotation": {**rotation, "unit": "day"}, "windows": [{"start": "20:00", "end": "08:00"}]}
    layers = [{"name": "weekly", "rotation": rotation}, night]
    schedule = product.call("POST", "/schedules", {"name": "Bench", "zone": "Europe/Berlin", "layers": layers})["id"]
    now = datetime.now(UTC)
    body = {
        "kind": "replace",
        "user_id": users[0],
        "start": (now - timedelta(hours=1)).isoformat(),
        "end": (now + timedelta(hours=8)).isoformat(),
    }
    for count in (1, CALENDARS):
        results[str(count)] = await measured(product, schedule, body, count)


def main() -> None:
    """About a minute."""
    results: dict[str, Any] = {"machine": machine()}
    with running_product() as product:
        asyncio.run(both(product, results))
    written(results)


if __name__ == "__main__":
    main()
