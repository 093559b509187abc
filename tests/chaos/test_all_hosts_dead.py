"""Every host is killed and nobody starts another: an alert that is taken in now still calls a human."""

from __future__ import annotations

import signal

import pytest

from tests.chaos import processes
from tests.fakes.http_sink import HttpSink
from tests.product import Product, until

pytestmark = pytest.mark.e2e


def kill_everything_of_the_hosts(product: Product) -> None:
    """The supervisor, Ray and the host processes, until no lease is left."""
    processes.tell(processes.named(product.home, "runtime.hosts"), signal.SIGKILL)

    def gone() -> bool:
        processes.tell(list(product.hosts().values()), signal.SIGKILL)
        return not product.hosts()

    until("no lease left", gone, 30)


def test_the_watchdog_pages_the_last_resort(product: Product) -> None:
    before = product.call("GET", "/last-resort")
    with HttpSink() as sink:
        user = product.person("Lara", "webhook", sink.url)
        product.call("PUT", "/last-resort", {"targets": [{"kind": "user", "id": user}]})
        assert product.process is not None
        product.process.send_signal(signal.SIGSTOP)  # `sentinel up` would start the hosts again
        try:
            kill_everything_of_the_hosts(product)
            answer = product.post(product.ready["integrations"]["generic"], {"title": "Nobody is left to page"})
            assert answer.status_code == 202
            page = until("the watchdog's page", lambda: sink.received, 60)[0].json
            line = answer.json()["incident_lines"][0]
            assert page["incident_id"] == f"{line}-0" and "Nobody is left to page" in page["subject"]
            items = product.call("GET", f"/outbox?user={user}")["items"]
            assert [(i["state"], i["detail"]) for i in items] == [("delivered", "by the watchdog: answered 200")]
        finally:
            product.process.send_signal(signal.SIGCONT)
        until("the hosts' return", lambda: len(product.hosts()) == 2, 120)
        alert = f"{line}-1"
        until("the alert processed", lambda: product.sql("select 1 from rt.record where id = %s", alert), 30)
        shown = product.call("POST", f"/alerts/{alert}/acknowledge")
        assert shown["alert"]["status"] == "acknowledged"
        product.call("PUT", "/last-resort", before)
