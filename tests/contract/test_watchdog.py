"""The watchdog on a real database and real sinks: it audits by indexes, pages when the hosts do not, and never too much."""

from __future__ import annotations

import io
import json
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from storage.canary import CANARY
from storage.sealed import Sealer
from tests.contract.conftest import Site, a_host, until
from tests.fakes.http_sink import HttpSink
from tests.fakes.ports import free_port
from tests.fakes.smtp import SmtpServer
from watchdog import audit, last_resort
from watchdog.audit import Audit
from watchdog.last_resort import LastResort
from watchdog.queries import SQL, Connection
from watchdog.settings import Settings


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as opened:
        yield opened


def settings_of(site: Site, smtp_url: str = "", after_s: float = 0.0) -> Settings:
    return Settings(
        database_url=site.services.settings.database_url,
        url="http://sentinel.test",
        smtp_url=smtp_url,
        smtp_from="sentinel@example.org",
        deadman_url="",
        secret=Sealer.of(site.services.settings)._digest,
        last_resort_after_s=after_s,
        canary_s=60.0,
    )


async def person(site: Site, name: str, **contacts: str) -> str:
    body = {"name": name, "email": f"{name.lower()}@example.org"}
    user = str((await site.call("POST", "/users", body))["id"])
    for channel, address in contacts.items():
        contact = {"channel": channel, "label": channel, "address": address}
        if channel == "webhook":
            contact["secret"] = "s3cret"
        await site.call("POST", f"/users/{user}/contact-methods", contact)
    return user


async def last_resort_is(site: Site, user: str) -> None:
    await site.call("PUT", "/last-resort", {"targets": [{"kind": "user", "id": user}]})


async def post(site: Site, title: str, **more: Any) -> str:
    answer = await site.http.post(site.webhook("generic"), json={"title": title, **more})
    assert answer.status_code == 202
    return str(answer.json()["incident_lines"][0])


def dedup(line: str, kind: str) -> tuple[Any, ...]:
    shard = 0
    return (shard, f"incident/{line}", kind, f"test-{kind}-{line}", "{}", True, 0)


HALT = "insert into rt.inbox (shard, entity, kind, dedup, body, halts, env_version) values (%s, %s, %s, %s, %s, %s, %s)"


async def test_an_alert_nobody_processes_reaches_the_last_resort_on_every_contact_and_is_shown(
    site: Site, connection: Connection
) -> None:
    with HttpSink() as sink, SmtpServer() as mail:
        user = await person(site, "Ada", email="ada@example.org", webhook=f"{sink.url}/hook", slack=f"{sink.url}/slack")
        await last_resort_is(site, user)
        line = await post(site, "Disk <full> on db1", severity="error")
        watchdog = LastResort(settings_of(site, mail.url))
        watchdog.run(connection, 0.0)
        assert mail.subjects() == ["[ERROR] Not paged by the hosts: Disk <full> on db1"]
        by_path = {r.path: r for r in sink.received}
        assert by_path["/hook"].json["incident_id"] == f"{line}-0"
        assert by_path["/hook"].headers["x-sentinel-signature"].startswith("t=")
        assert "Disk &lt;full&gt; on db1" in by_path["/slack"].json["text"]
        items = (await site.call("GET", f"/outbox?user={user}"))["items"]
        assert {(i["channel"], i["state"]) for i in items} == {
            ("email", "accepted"),
            ("webhook", "delivered"),
            ("slack", "delivered"),
        }
        assert all(i["detail"].startswith("by the watchdog") and i["incident_id"] == f"{line}-0" for i in items)
        watchdog.run(connection, 1000.0)
        assert len(sink.received) == 2, "at most once in ten minutes"
        connection.execute("update rt.outbox set created_at = now() - interval '11 minutes'")
        watchdog.run(connection, 2000.0)
        assert len(sink.received) == 4, "and again while nobody has acted"


async def test_a_waiting_acknowledgement_stops_it_and_so_does_an_alert_that_is_over(
    site: Site, connection: Connection
) -> None:
    with HttpSink() as sink:
        await last_resort_is(site, await person(site, "Ada", webhook=sink.url))
        line = await post(site, "Acknowledged already")
        connection.execute(HALT, dedup(line, "Acknowledge"))
        await post(site, "Over", status="resolved")
        LastResort(settings_of(site)).run(connection, 0.0)
        assert sink.received == []


async def test_an_incident_whose_timer_is_overdue_is_paged_by_its_own_id_until_somebody_has_it(
    site: Site, connection: Connection
) -> None:
    with HttpSink() as sink:
        await last_resort_is(site, await person(site, "Ada", webhook=sink.url))
        line = await post(site, "Stalls")
        taken = await post(site, "Acknowledged")
        async with a_host(site.services.settings):

            async def armed() -> bool:
                return connection.execute("select count(*) as n from rt.timer").fetchone() == {"n": 2}

            await until("both incidents", armed)
            await site.call("POST", f"/alerts/{taken}-1/acknowledge")
        connection.execute("update rt.timer set due_at = now() - interval '1 minute'")
        await post(site, "Acknowledged")  # a repetition, which nobody processes now
        LastResort(settings_of(site)).run(connection, 0.0)
        (page,) = sink.received
        assert page.json["incident_id"] == f"{line}-1" and taken not in page.json["text"]
        kinds = [e["kind"] for e in (await site.call("GET", f"/alerts/{line}-1/timeline"))["items"]]
        assert kinds.count("Page") == 2, "the host's and the watchdog's"


async def test_a_storm_is_one_message_and_a_row_for_each_incident(site: Site, connection: Connection) -> None:
    with HttpSink() as sink:
        user = await person(site, "Ada", webhook=sink.url)
        await last_resort_is(site, user)
        lines = [await post(site, f"Storm {n}") for n in range(30)]
        watchdog = LastResort(settings_of(site))
        watchdog.run(connection, 0.0)
        (page,) = sink.received
        assert "(+29 more)" in page.json["subject"] and "and 10 more" in page.json["text"]
        items = (await site.call("GET", f"/outbox?user={user}&limit=500"))["items"]
        assert sorted(i["incident_id"] for i in items) == sorted(f"{line}-0" for line in lines)
        assert sorted({i["state"] for i in items}) == ["bundled", "delivered"]
        await post(site, "One more")
        watchdog.run(connection, last_resort.EVERY_S / 2)
        assert len(sink.received) == 1, "the next message waits its minute"
        watchdog.run(connection, last_resort.EVERY_S)
        assert "One more" in sink.received[1].json["subject"]


async def test_when_the_last_resort_cannot_be_reached_everybody_else_is_called_but_not_the_canary(
    site: Site, connection: Connection
) -> None:
    with HttpSink() as sink:
        gone = await person(site, "Ada", webhook=f"http://127.0.0.1:{free_port()}", sms="+49301234567")
        await person(site, "Ben", webhook=sink.url)
        await last_resort_is(site, gone)
        await post(site, "Nobody home")
        LastResort(settings_of(site)).run(connection, 0.0)
        assert [r.json["user"] for r in sink.received] == ["Ben"]
        rows = connection.execute("select body->>'user_name' as name, state from rt.outbox").fetchall()
        told = {(r["name"], r["state"]) for r in rows}
        assert told == {("Ada", "failed"), ("Ben", "delivered"), ("Administrator", "delivered")}


async def test_people_of_a_schedule_that_is_the_last_resort_are_called(site: Site, connection: Connection) -> None:
    with HttpSink() as sink:
        user = await person(site, "Ada", webhook=sink.url)
        rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [user]}
        layer = {"name": "weekly", "rotation": rotation}
        schedule = await site.call("POST", "/schedules", {"name": "Last", "zone": "UTC", "layers": [layer]})
        await site.call("PUT", "/last-resort", {"targets": [{"kind": "schedule", "id": schedule["id"]}]})
        await post(site, "By schedule")
        LastResort(settings_of(site)).run(connection, 0.0)
        assert [r.json["user"] for r in sink.received] == ["Ada"]


async def test_what_could_not_be_written_down_is_written_with_the_next_run(
    site: Site, connection: Connection, database: str
) -> None:
    """The database goes away between sending and recording: nobody is paged twice for it."""
    with HttpSink() as sink:
        user = await person(site, "Ada", webhook=sink.url)
        await last_resort_is(site, user)
        await post(site, "Half recorded")
        watchdog = LastResort(settings_of(site))
        due = connection.execute(SQL["due"], {"after": 0.0, "canary": CANARY}).fetchall()
        assert watchdog._send(due, watchdog._people(connection)[0])
        with psycopg.connect(database, row_factory=dict_row) as broken:
            broken.close()
            with pytest.raises(psycopg.OperationalError):
                watchdog.run(broken, 0.0)
        watchdog.run(connection, 0.0)
        assert len(sink.received) == 1
        assert len((await site.call("GET", f"/outbox?user={user}"))["items"]) == 1


# -- audit ---------------------------------------------------------------------------------------------


def mounted(connection: Connection, closed: int) -> None:
    """A history of closed incidents, and a few live rows."""
    for statement in (
        "insert into rt.entity select 'incident/' || n, 'incident', n %% 256, 9, 1, '', now(), now()"
        " from generate_series(1, %(n)s) n",
        "insert into rt.inbox (shard, entity, kind, dedup, body, halts, env_version, done_at) select n %% 256,"
        " 'incident/' || n, 'AlertsReceived', 'd' || n, '{}', false, 0, now() from generate_series(1, %(n)s) n",
        "insert into rt.outbox (id, entity, shard, kind, channel, grp, body, state, due_at) select 'o' || n,"
        " 'incident/' || n, n %% 256, 'page', 'email', '', '{}', 'delivered', now() from generate_series(1, %(n)s) n",
        "insert into rt.timer select 'incident/' || n, 'step', n %% 256, 1, now() + interval '1 hour'"
        " from generate_series(1, 2000) n",
    ):
        connection.execute(statement, {"n": closed})
    connection.execute("vacuum analyze")


LIMITS = {**audit.LIMITS, "canary": 180.0, "began": 0.0}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def test_the_audit_reads_no_table_that_grows_with_closed_incidents(connection: Connection) -> None:
    mounted(connection, 20_000)
    (row,) = connection.execute(b"explain (analyze, buffers, format json) " + SQL["counts"], LIMITS).fetchall()
    plan = row["QUERY PLAN"][0]["Plan"]
    touched = {}
    for node in nodes(plan):
        if node.get("Relation Name") in ("timer", "inbox", "outbox", "entity", "journal", "record"):
            assert node["Node Type"] == "Index Only Scan", node
            touched[node["Relation Name"]] = node["Index Name"]
    assert touched == {"timer": "timer_due", "inbox": "inbox_undone", "outbox": "outbox_live"}
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 60, "of some thousand blocks"


async def test_what_is_late_is_an_alarm_that_gateways_show_until_it_is_over(site: Site, connection: Connection) -> None:
    site.services.figures._watch._until = 0.0
    assert (await site.http.get("/readyz")).json()["watchdog"] == "silent"
    line = await post(site, "Late")
    connection.execute("update rt.inbox set received_at = now() - interval '1 minute'")
    connection.execute("insert into rt.timer values ('incident/x', 'step', 1, 1, now() - interval '1 minute')")
    watch = Audit("test/1", 60.0)
    watch.run(connection, 0.0)
    assert set(watch.findings) == {"timers-overdue", "inbox-unprocessed", "shards-unowned"}
    assert watch.clean_at == float("-inf")
    site.services.figures._watch._until = 0.0
    assert set((await site.http.get("/readyz")).json()["alarms"]) == set(watch.findings)
    text = (await site.http.get("/metrics")).text
    assert 'sentinel_alarm{check="inbox-unprocessed"} 1.0' in text
    assert "sentinel_watchdog_age_seconds 0" in text
    connection.execute("insert into rt.quarantine (entity, reason) values ('incident/x', 'test'), (%s, 'test')",
                       [f"incident/{line}"])  # fmt: skip
    connection.execute("update rt.shard set owner = 'h'")
    connection.execute("insert into rt.host values ('h', 's', 'n', now(), now() + interval '1 minute', false, 1)")
    watch.run(connection, 1.0)
    assert set(watch.findings) == {"entities-quarantined"}, "their lateness is the quarantine's alarm"
    connection.execute("delete from rt.quarantine; delete from rt.timer; update rt.inbox set done_at = now()")
    watch.run(connection, 2.0)
    assert watch.findings == {} and watch.clean_at == 2.0
    site.services.figures._watch._until = 0.0
    assert (await site.http.get("/readyz")).json()["alarms"] == []


def test_the_watchdog_stays_small() -> None:
    """Lines of Python, blank ones, comments and docstrings not counted. Its SQL is another hundred, in queries.sql."""
    lines = 0
    for path in (Path(__file__).parents[2] / "watchdog").glob("*.py"):
        skip = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
        seen: set[int] = set()
        first = True
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            if token.type in skip:
                first = first or token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
                continue
            if not (first and token.type == tokenize.STRING):
                seen.update(range(token.start[0], token.end[0] + 1))
            first = False
        lines += len(seen)
    assert lines < 500, lines


def test_every_alarm_has_its_heading_in_the_runbook() -> None:
    root = Path(__file__).parents[2]
    told = (root / "docs" / "runbook.md").read_text()
    headings = {line.removeprefix("## ").strip() for line in told.splitlines() if line.startswith("## ")}
    named = {c.split('"')[1] for c in SQL["counts"].decode().split(" as ") if c.startswith('"')}
    texts = [p.read_text() for p in (root / "watchdog").glob("*.py")] + [(root / "cli" / "doctor.py").read_text()]
    for text in texts:
        for part in text.split("docs/runbook.md#")[1:]:
            name = part.split('"')[0].split(" ")[0]
            named |= {name} if "{" not in name else set()
    assert named <= headings, named - headings
    assert json.dumps(sorted(named)) != "[]"
