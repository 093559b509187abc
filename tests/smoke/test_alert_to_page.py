"""From a webhook to a human and back, through the product as `make up` starts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.http_sink import HttpSink
from tests.fakes.smtp import SmtpServer
from tests.product import Product, step, until

SAMPLES = Path(__file__).parents[2] / "integrations" / "samples" / "prometheus"
pytestmark = pytest.mark.e2e


def capture(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def test_a_capture_pages_by_mail_escalates_to_the_next_person_and_stops_on_acknowledge(
    product: Product, mail: SmtpServer
) -> None:
    with HttpSink() as sink:
        first = product.person("Ada", "email", "ada@example.org")
        second = product.person("Ben", "webhook", sink.url, secret="s3cret")
        third = product.person("Cleo", "webhook", f"{sink.url}/never")
        url = product.integration(
            "escalates", "prometheus", [step(first, 2), step(second, 3), step(third, 300)], repeat=0
        )
        assert product.post(url, capture("single-firing")).status_code == 202
        until("the mail", lambda: "[CRITICAL] InstanceDown on host-1:9100" in mail.subjects())
        page = until("the escalation to Ben", lambda: sink.received)[0]
        assert page.headers["x-sentinel-signature"].startswith("t=")
        assert page.json["user"] == "Ben"
        alert = page.json["incident_id"]
        done = product.call("POST", f"/alerts/{alert}/acknowledge", {"note": "looking"})
        assert (done["state"], done["alert"]["status"]) == ("done", "acknowledged")
        before = len(sink.received)
        product.post(url, capture("repeat-1-firing"))
        product.post(url, capture("single-firing"))
        shown = product.call("GET", f"/alerts/{alert}")
        assert shown["status"] == "acknowledged", "a repeated firing must not un-acknowledge"
        armed = product.sql("select name from rt.timer where entity = %s", f"incident/{alert.rpartition('-')[0]}")
        assert armed == [("vigil",)], "nothing escalates; only its acknowledgement is looked after"
        assert [r for r in sink.received[before:] if r.path == "/never"] == []
        product.post(url, capture("single-resolved"))
        until("the resolution", lambda: product.call("GET", f"/alerts/{alert}")["status"] == "resolved")
        kinds = [e["kind"] for e in product.call("GET", f"/alerts/{alert}/timeline")["items"]]
        assert kinds.count("StepStarted") == 2
        assert {"Triggered", "Page", "Acknowledged", "Resolved"} <= set(kinds)


def test_the_outbox_shows_what_would_have_been_sent_where_no_provider_is_configured(product: Product) -> None:
    user = product.person("Dora", "sms", "+49301234567")
    url = product.integration("no provider", "generic", [step(user, 300)])
    product.post(url, {"title": "Lift stuck"})

    def failed() -> list[dict[str, object]]:
        items = product.call("GET", f"/outbox?user={user}")["items"]
        return [i for i in items if i["state"] == "failed"]

    page = until("the failed page", failed)[0]
    assert "This is what would have been sent" in str(page["detail"])
    assert "Lift stuck" in str(page["text"])


def test_a_second_start_goes_on_where_the_first_stopped(product: Product) -> None:
    with HttpSink() as sink:
        user = product.person("Emil", "webhook", sink.url)
        url = product.integration("restart", "generic", [step(user, 8), step(user, 300)])
        product.post(url, {"title": "Survives a restart"})
        until("the first page", lambda: len(sink.received) == 1)
        assert product.stop() == 0
        product.start()
        until("the second step after the restart", lambda: len(sink.received) == 2, 60)
        alerts = product.call("GET", "/alerts?q=Survives")["items"]
        assert [a["step"] for a in alerts] == [1]


def test_secrets_are_not_in_the_database_in_the_clear(product: Product) -> None:
    with HttpSink() as sink:
        product.person("Finn", "webhook", f"{sink.url}/hidden-path", secret="top-secret-value")
    tables = product.sql(
        "select quote_ident(table_schema) || '.' || quote_ident(table_name) from information_schema.tables"
        " where table_schema in ('public', 'rt') and table_type = 'BASE TABLE'"
    )
    for (table,) in tables:
        for needle in ("hidden-path", "top-secret-value", product.ready["admin_key"]):
            found = product.sql(f"select count(*) from {table} t where t::text like %s", f"%{needle}%")
            assert found == [(0,)], f"{needle[:8]}… is in {table}"
