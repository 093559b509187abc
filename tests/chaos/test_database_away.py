"""Postgres stops answering while alerts come in: each is taken, kept on disk, and pages when the database is back."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fakes.http_sink import HttpSink
from tests.product import Product, step, until

pytestmark = pytest.mark.e2e


@contextmanager
def frozen_database(product: Product) -> Iterator[None]:
    """Silent, not gone: connections stay open and nothing answers."""
    postmaster = (product.home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0]
    children = subprocess.run(["pgrep", "-P", postmaster], capture_output=True, text=True).stdout.split()
    for pid in (postmaster, *children):
        os.kill(int(pid), signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in (postmaster, *children):
            os.kill(int(pid), signal.SIGCONT)


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
