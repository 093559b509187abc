"""A gateway process without its database: it takes alerts, pages people, survives kill -9, and is reconciled.

Postgres is a real one that is stopped and started; the gateway is a process of its own; providers are a local server.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from cli.embedded.postgres import EmbeddedPostgres
from storage import bootstrap
from storage.db import make_engine, sessions
from storage.migrate import upgrade
from storage.sealed import Sealer
from storage.settings import Settings
from tests.contract.conftest import LOCAL, a_host
from tests.fakes.http_sink import HttpSink, Received
from tests.fakes.ports import free_port
from tests.product import until

WAIT_S = 3.0
"""Of the first step."""


class Installation:
    """One gateway, its database, and two people who are called one after the other."""

    def __init__(self, home: Path, valkey_url: str, sink: HttpSink) -> None:
        self.sink = sink
        self._database = EmbeddedPostgres(home / "postgres")
        self._database.start()
        upgrade(self._database.dsn)
        self.settings = Settings(
            database_url=self._database.dsn,
            redis_url=valkey_url,
            home=home,
            port=free_port(),
            outage_grace_s=1.0,
            allow_addresses=LOCAL,
        )
        self._keys = asyncio.run(self._first_run())
        self._gateway: subprocess.Popen[bytes] | None = None
        self._last = 0

    async def _first_run(self) -> bootstrap.Keys:
        engine = make_engine(self.settings.database_url)
        await bootstrap.first_run(sessions(engine), Sealer.of(self.settings))
        keys = await bootstrap.make_keys(sessions(engine))
        await engine.dispose()
        return keys

    def start_gateway(self) -> None:
        environ = {
            **os.environ,
            "DATABASE_URL": self.settings.database_url,
            "REDIS_URL": self.settings.redis_url,
            "SENTINEL_HOME": str(self.settings.home),
            "PORT": str(self.settings.port),
            "SENTINEL_OUTAGE_GRACE_S": "1",
            "SENTINEL_ALLOW_ADDRESSES": LOCAL,
        }
        with (self.settings.home / "gateway.log").open("ab") as out:
            self._gateway = subprocess.Popen(
                [sys.executable, "-m", "gateway"], env=environ, stdout=out, stderr=out, cwd=Path(__file__).parents[2]
            )
        until("the gateway to be ready", lambda: self.ready().get("status") in ("ready", "degraded"))

    def kill_gateway(self) -> None:
        assert self._gateway is not None
        self._gateway.send_signal(signal.SIGKILL)
        self._gateway.wait()

    def stop(self) -> None:
        assert self._gateway is not None
        self._gateway.terminate()
        self._gateway.wait(20)
        self._database.stop()

    def database_goes(self) -> None:
        self._database.stop()
        until("the gateway to notice", lambda: self.ready().get("status") == "degraded")

    def database_returns(self) -> None:
        self._database.start()
        until("an empty spool", lambda: self.ready().get("spool") == {"bytes": 0, "oldest_s": 0.0})

    def ready(self) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = httpx.get(f"{self.settings.url}/readyz", timeout=5, trust_env=False).json()
        except httpx.HTTPError:
            return {}
        return answer

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._keys.admin_key}"}
        url = f"{self.settings.url}/api/v1{path}"
        answer = httpx.request(method, url, json=body, headers=headers, timeout=30, trust_env=False)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def people(self) -> None:
        """Ada is called first, Ben WAIT_S later."""
        users = []
        for name in ("ada", "ben"):
            user = self.call("POST", "/users", {"name": name, "email": f"{name}@example.org"}).json()["id"]
            contact = {"channel": "webhook", "label": "hook", "address": f"{self.sink.url}/{name}", "secret": "s3cret"}
            self.call("POST", f"/users/{user}/contact-methods", contact)
            users.append(user)
        steps = [
            {"targets": [{"kind": "user", "id": u}], "wait_s": w} for u, w in zip(users, (WAIT_S, 600), strict=True)
        ]
        policy = self.call("POST", "/policies", {"name": "two", "steps": steps}).json()["id"]
        made = {"name": "outage", "type": "generic", "policy_id": policy}
        integration = self.call("POST", "/integrations", made).json()["id"]
        self.webhook = self.call("POST", f"/integrations/{integration}/keys").json()["webhook_url"]
        file = self.settings.kept_configuration
        before = file.stat().st_mtime_ns
        until("it on disk", lambda: file.stat().st_mtime_ns > before or None)

    def post(self) -> str:
        """A fresh alert; answers its title."""
        self._last += 1
        title = f"Alert {self._last}"
        answer = httpx.post(self.webhook, json={"title": title, "dedup_key": title}, timeout=30, trust_env=False)
        assert answer.status_code == 202, answer.text
        self.line = answer.json()["incident_lines"][0]
        self.durability = answer.headers.get("sentinel-durability", "database")
        return title

    def pages(self, name: str, title: str) -> list[Received]:
        """Pages that a person got about an alert."""
        return [r for r in self.sink.received if r.path == f"/{name}" and r.json["incident"]["title"] == title]

    def paged(self, name: str, title: str) -> Received:
        """The page, waited for."""
        found: list[Received] = until(f"{name} to be paged for {title}", lambda: self.pages(name, title))
        return found[0]

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings.database_url, autocommit=True) as connection:
            return connection.execute(statement.encode(), parameters or None).fetchall()


@pytest.fixture(scope="module")
def place(workplace: Path, valkey_url: str) -> Iterator[Installation]:
    home = workplace / "outage"
    home.mkdir(mode=0o755)
    with HttpSink() as sink:
        installation = Installation(home, valkey_url, sink)
        installation.start_gateway()
        installation.people()
        yield installation
        installation.stop()


def test_alerts_that_come_in_an_outage_page_without_the_database_and_none_is_lost(place: Installation) -> None:
    place.database_goes()
    titles = [place.post() for _ in range(20)]
    assert place.durability == "spool"
    page = place.paged("ada", titles[0])
    assert "Sent without the database" in page.json["text"] and page.json["incident_id"].endswith("-0")
    assert page.headers["x-sentinel-signature"], "the contact's secret is known too"
    for title in titles:
        place.paged("ada", title)
    place.database_returns()
    assert place.post() and place.durability == "database"
    rows = place.sql("select body->'events'->0->>'title' from rt.inbox where kind = 'AlertsReceived'")
    assert {t for (t,) in rows} >= set(titles) and len(rows) == len(set(rows))


def test_an_alert_committed_as_the_database_goes_pages_although_no_host_has_it(place: Installation) -> None:
    title = place.post()
    assert place.durability == "database"
    place.database_goes()
    assert "Sent without the database" in place.paged("ada", title).json["text"]
    place.database_returns()
    rows = place.sql("select 1 from rt.inbox where body->'events'->0->>'title' = %s", title)
    assert len(rows) == 1, "it is one message, whatever way it came"


def test_a_gateway_killed_in_the_outage_goes_on_where_it_was(place: Installation) -> None:
    place.database_goes()
    first = place.post()
    place.paged("ada", first)
    unseen = [place.post() for _ in range(5)]
    place.kill_gateway()
    place.start_gateway()
    later = place.post()
    for title in (*unseen, later):
        place.paged("ada", title)
    place.paged("ben", first)
    deliveries = {r.json["delivery_id"] for r in place.pages("ada", first)}
    assert len(deliveries) == 1, "the page that was sent before the kill keeps its id, so its receiver knows it"
    place.database_returns()
    rows = place.sql("select body->'events'->0->>'title' from rt.inbox where kind = 'AlertsReceived'")
    assert {t for (t,) in rows} >= {first, *unseen, later}


async def test_what_an_outage_did_is_told_and_nobody_is_paged_again_for_it(place: Installation) -> None:
    await asyncio.to_thread(place.database_goes)
    acknowledged = place.post()
    line = place.line
    await asyncio.to_thread(place.paged, "ada", acknowledged)
    answer = await asyncio.to_thread(place.call, "POST", f"/alerts/{line}-0/acknowledge", {"note": "mine"})
    assert (answer.status_code, answer.json()["state"], answer.json()["alert"]) == (202, "recorded", None)
    assert answer.headers["sentinel-durability"] == "spool"
    open_ = place.post()
    open_line = place.line
    await asyncio.to_thread(place.paged, "ada", open_)
    await asyncio.to_thread(place.paged, "ben", open_)
    assert not place.pages("ben", acknowledged), "it was acknowledged before its second step"
    await asyncio.to_thread(place.database_returns)
    async with a_host(place.settings):
        for key, status in ((line, "acknowledged"), (open_line, "triggered")):
            alert = await asyncio.to_thread(until, f"{status} in the database", lambda k=key: _alert(place, k))
            assert alert["status"] == status
        marker = place.post()  # through the host, so that what it would have sent before is out
        await asyncio.to_thread(place.paged, "ben", marker)
    assert [len(place.pages(n, open_)) for n in ("ada", "ben")] == [1, 1]
    assert [len(place.pages(n, acknowledged)) for n in ("ada", "ben")] == [1, 0]
    kinds = [k for (k,) in place.sql("select kind from rt.journal where entity = %s order by seq", f"incident/{line}")]
    assert "PagedInOutage" in kinds and kinds.index("Acknowledged") > kinds.index("Triggered")
    timeline = place.call("GET", f"/alerts/{open_line}-0/timeline").json()["items"]
    assert any("database" in entry["text"] for entry in timeline)


def _alert(place: Installation, line: str) -> dict[str, Any] | None:
    """The line's present incident, once a host has processed what came in."""
    left = place.sql("select 1 from rt.inbox where entity = %s and done_at is null", f"incident/{line}")
    return None if left else place.call("GET", f"/alerts/{line}-0").json()
