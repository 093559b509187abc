"""Postgres stops answering: alerts that come in are kept on disk and page all the same; incidents that were open go on
to their next steps from their hosts' memory, and everybody is told afterwards what happened."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.chaos import processes
from tests.fakes.http_sink import HttpSink, Received
from tests.product import Product, step, until

pytestmark = pytest.mark.e2e


@contextmanager
def frozen_database(product: Product) -> Iterator[None]:
    """Silent, not gone: connections stay open and nothing answers."""
    postmaster = (product.home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0]
    pids = processes.family(int(postmaster))  # workers among them come and go by themselves
    processes.tell(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        processes.tell(pids, signal.SIGCONT)


def test_alerts_that_come_while_the_database_is_silent_are_kept_and_page_afterwards(product: Product) -> None:
    with HttpSink() as sink:
        user = product.person("Kim", "webhook", sink.url)
        url = product.integration("database away", "generic", [step(user, 300)])
        with frozen_database(product):
            answers = [product.post(url, {"title": f"Away {n}", "dedup_key": f"away-{n}"}) for n in range(20)]
            assert {a.status_code for a in answers} == {202}
            assert {a.headers.get("sentinel-durability") for a in answers} == {"spool"}
        until("every page", lambda: len({r.json["delivery_id"] for r in sink.received}) == 20, 60)
        until("direct writes again", lambda: "sentinel-durability" not in product.post(url, {"title": "Again"}).headers)


def test_incidents_that_were_open_go_on_to_their_next_step_while_the_database_is_silent(product: Product) -> None:
    with HttpSink() as sink:
        first = product.person("Lou", "webhook", f"{sink.url}/lou")
        second = product.person("Mia", "webhook", f"{sink.url}/mia")
        third = product.person("Noa", "webhook", f"{sink.url}/noa")
        policy = [step(first, 20), step(second, 3), step(third, 300)]
        url = product.integration("open before the outage", "generic", policy)

        def paged(name: str, title: str) -> list[Received]:
            return [r for r in sink.received if r.path == f"/{name}" and r.json["incident"]["title"] == title]

        lines = {t: product.post(url, {"title": t}).json()["incident_lines"][0] for t in ("Goes on", "Stopped")}
        until("the first pages", lambda: all(paged("lou", title) for title in lines))
        with frozen_database(product):
            time.sleep(5.0)  # until the gateway has noticed, a person's command waits for the database
            answer = acknowledge(product, lines["Stopped"])
            assert answer.headers.get("sentinel-durability") == "spool", answer.text
            until("the second step", lambda: paged("mia", "Goes on"), 60)
            until("the third step", lambda: paged("noa", "Goes on"), 60)
            assert not paged("mia", "Stopped"), "its acknowledgement was heard by its host"
            assert "Sent from memory" in paged("mia", "Goes on")[0].json["text"]
        until("the acknowledgement", lambda: alert(product, lines["Stopped"])["status"] == "acknowledged", 60)
        for name in ("Mia", "Noa"):
            until("the page told", lambda n=name: told(product, lines["Goes on"], n, "while the database was away"))
            until("the page counted", lambda n=name: told(product, lines["Goes on"], n, "is not paged again"))
        late_s = paged("mia", "Goes on")[0].at - paged("lou", "Goes on")[0].at - 20
        print(f"second step {late_s:.2f} s late without the database")
        pages = {(n, t): len(paged(n, t)) for n in ("lou", "mia", "noa") for t in lines}
        assert pages == {k: int(k[0] == "lou" or k[1] == "Goes on") for k in pages}


def acknowledge(product: Product, line: str) -> httpx.Response:
    with product.client as client:
        return client.post(f"/alerts/{line}-1/acknowledge", json={"note": "mine"})


def told(product: Product, line: str, name: str, words: str) -> bool:
    """True if the timeline says so of this person."""
    items = product.call("GET", f"/alerts/{line}-1/timeline")["items"]
    return any(name in entry["text"] and words in entry["text"] for entry in items)


def alert(product: Product, line: str) -> dict[str, Any]:
    found: dict[str, Any] = product.call("GET", f"/alerts/{line}-1")
    return found
