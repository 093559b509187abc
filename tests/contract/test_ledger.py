"""The page ledger on a real database: what was sealed cannot be changed unseen, and what is stored keeps the promises."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli import explain as explanation
from cli import verify
from runtime.entity import Effect
from runtime.postgres import PostgresStore
from runtime.store import SendResult
from storage.settings import Settings
from tests.contract.conftest import Site, until
from tests.contract.test_store import SHARD, own, turn


def settings(database: str, home: Path) -> Settings:
    return Settings(database_url=database, home=home)


async def sealed(database: str, entities: int = 3) -> None:
    """A few commits and one send, all sealed."""
    store = PostgresStore(database)
    epochs = await own(store)
    for n in range(4):
        turns = [turn(n, f"counter/{k}", effects=[Effect(f"e{n}{k}", "page", "voice", {})]) for k in range(entities)]
        await store.commit(epochs, turns)
    await store.claim_sends(epochs, ["e00"], "h1", 10.0)
    await store.record_sends("h1", [SendResult("e00", SHARD, "delivered", "ok", "p-1", tried=True)])
    found = await store.seal(1000)
    assert (found.rows, found.n, found.more) == (4 * entities + 1, 4 * entities + 1, False)
    await store.close()


def tamper(database: str, *statements: str) -> None:
    """As somebody may who owns the database: the triggers are off."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


def chain_of(database: str, home: Path, capsys: pytest.CaptureFixture[str], head: str = "") -> str:
    """What verify says of the chain and of strangers; the made-up entities are no incidents, so the rest is left out."""
    verify.run(settings(database, home), head)
    return capsys.readouterr().out.partition("epochs of the shards")[0]


async def test_what_is_evidence_cannot_be_changed_by_mistake(database: str) -> None:
    await sealed(database)
    with psycopg.connect(database, autocommit=True) as connection:
        for table in ("journal", "send_log", "ledger"):
            for statement in (f"delete from rt.{table}", f"truncate rt.{table}"):
                with pytest.raises(psycopg.errors.RestrictViolation, match="append only"):
                    connection.execute(statement.encode())
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute("update rt.journal set cause = 'x'")


TAMPERINGS = {
    "a changed row": (["update rt.journal set body = '{}' where position = 3"], "changed", "journal row 3"),
    "a removed row": (["delete from rt.journal where position = 3"], "removed", "journal row 3"),
    "a changed send": (["update rt.send_log set state = 'failed'"], "changed", "send_log row 1"),
    "an inserted row": (
        ["insert into rt.journal values (default, 'counter/9', 0, 7, 1, 'x', 'Added', '{}', now())"],
        "inserted",
        "journal row 13",
    ),
    "a changed row and its digest": (
        [
            "update rt.ledger set digest = sha256('x') where n = 5",
        ],
        "chain",
        "entry 5",
    ),
    "a removed entry": (["delete from rt.ledger where n = 5"], "chain", "entries 5 to 5 were removed"),
    "exchanged entries": (
        [
            "update rt.ledger set n = -5 where n = 5",
            "update rt.ledger set n = 5 where n = 6",
            "update rt.ledger set n = 6 where n = -5",
        ],
        "chain",
        "entry 5",
    ),
    "an inserted entry": (
        [
            "update rt.ledger set n = n + 100 where n >= 5",
            "update rt.ledger set n = n - 99 where n >= 105",
            "insert into rt.ledger (n, source, position, digest, hash) values (5, 'journal', 1, sha256('a'), sha256('b'))",
        ],
        "chain",
        "entry 5",
    ),
}


@pytest.mark.parametrize("case", TAMPERINGS)
async def test_verify_names_what_was_tampered_with(
    case: str, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await sealed(database)
    before = chain_of(database, tmp_path, capsys)
    assert "WRONG" not in before, before
    statements, kind, what = TAMPERINGS[case]
    tamper(database, *statements)
    said = chain_of(database, tmp_path, capsys)
    first = next(line for line in said.splitlines() if line.startswith(f"  {kind} "))
    assert what in first, said


async def test_a_chain_rewritten_from_the_middle_is_found_by_a_head_kept_elsewhere(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await sealed(database)
    kept = re.search(r"head (\d+:\w{64})", chain_of(database, tmp_path, capsys))
    assert kept is not None
    assert "WRONG" not in chain_of(database, tmp_path, capsys, kept[1])
    tamper(
        database,
        "delete from rt.ledger where n >= 8",
        "insert into rt.unsealed (source, positions) select 'journal', array_agg(position) from rt.journal"
        " where position >= 8",
        "insert into rt.unsealed (source, positions) values ('send_log', '{1}')",
        "update rt.journal set body = '{\"amount\": 99}' where position = 9",
    )
    store = PostgresStore(database)
    await store.seal(1000)
    await store.close()
    assert "WRONG" not in chain_of(database, tmp_path, capsys), "by itself the new chain is sound"
    assert "history was rewritten" in chain_of(database, tmp_path, capsys, kept[1])
    tamper(database, "delete from rt.ledger where n >= 8", "delete from rt.journal where position >= 8")
    assert "the entries after it were removed" in chain_of(database, tmp_path, capsys, kept[1])


async def test_two_sealers_at_once_make_one_chain_and_leave_nothing_out(database: str, tmp_path: Path) -> None:
    stores = [PostgresStore(database) for _ in range(3)]
    epochs = await own(stores[0])

    async def seal(store: PostgresStore) -> None:
        for _ in range(15):
            await asyncio.gather(store.seal(7), return_exceptions=True)  # one with an old snapshot writes nothing

    async def commit() -> None:
        for n in range(40):
            await stores[0].commit(epochs, [turn(n, f"counter/{k}") for k in range(5)])

    await asyncio.gather(commit(), seal(stores[1]), seal(stores[2]))
    while (await stores[0].seal(1000)).rows:
        pass
    with psycopg.connect(database) as connection:
        counts = connection.execute(
            "select count(*), max(n), count(distinct position) from rt.ledger where source = 'journal'"
        ).fetchone()
    assert counts == (200, 200, 200)
    for store in stores:
        await store.close()


# -- the whole ------------------------------------------------------------------------------------------


async def integration(site: Site, users: list[str], name: str = "Payments", wait_s: int = 60) -> tuple[str, str]:
    """A schedule of the first user, a policy that calls it and then the others; webhook path and schedule id."""
    layer = {
        "name": "weekly",
        "rotation": {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": users[:1]},
    }
    body = {"name": f"{name} primary", "zone": "Europe/Berlin", "layers": [layer]}
    schedule = (await site.call("POST", "/schedules", body))["id"]
    steps = [{"targets": [{"kind": "schedule", "id": schedule}], "wait_s": wait_s}]
    steps += [{"targets": [{"kind": "user", "id": u}], "wait_s": 60} for u in users[1:]]
    policy = (await site.call("POST", "/policies", {"name": name, "steps": steps}))["id"]
    made = (await site.call("POST", "/integrations", {"name": name, "type": "generic", "policy_id": policy}))["id"]
    key = await site.call("POST", f"/integrations/{made}/keys")
    return "/api/v1" + str(key["webhook_url"]).partition("/api/v1")[2], schedule


async def person(site: Site, name: str, channel: str = "outbox", address: str = "") -> str:
    user = await site.call("POST", "/users", {"name": name, "email": f"{name.lower()}@example.org"})
    contact = {"channel": channel, "label": "main", "address": address}
    await site.call("POST", f"/users/{user['id']}/contact-methods", contact)
    return str(user["id"])


async def paged(site: Site, url: str, title: str) -> dict[str, Any]:
    """Fire, and wait until the first page is delivered; the alert."""
    answer = await site.http.post(url, json={"title": title})
    line = answer.json()["incident_lines"][0]

    async def delivered() -> bool:
        pages = (await site.call("GET", f"/outbox?incident={line}-1"))["items"]
        return any(p["state"] == "delivered" for p in pages)

    await until("the page", delivered)
    found: dict[str, Any] = await site.call("GET", f"/alerts/{line}-1")
    return found


async def test_a_real_incident_is_sealed_and_keeps_every_promise_until_a_row_says_otherwise(
    live_site: Site, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alice, bob = await person(live_site, "Alice"), await person(live_site, "Bob")
    url, _ = await integration(live_site, [alice, bob])
    alert = await paged(live_site, url, "Checkout is down")
    await live_site.call("POST", f"/alerts/{alert['id']}/acknowledge", {"note": "mine"})
    open_one = await paged(live_site, url, "Search is slow")

    async def all_sealed() -> bool:
        with psycopg.connect(database) as connection:
            return connection.execute("select count(*) from rt.unsealed").fetchone() == (0,)

    await until("the sealer", all_sealed)
    assert await asyncio.to_thread(verify.run, settings(database, tmp_path), "") == 0, capsys.readouterr().out
    capsys.readouterr()
    line = f"incident/{alert['id'].rpartition('-')[0]}"
    other = f"incident/{open_one['id'].rpartition('-')[0]}"
    tamper(
        database,
        f"update rt.entity set state = (select state from rt.entity where id = '{other}') where id = '{line}'",
        f"delete from rt.timer where entity = '{other}'",
        f"update rt.outbox set body = jsonb_set(body, '{{text}}', '\"all is well\"') where entity = '{line}'",
        f"delete from rt.send_log where entity = '{other}'",
    )
    assert await asyncio.to_thread(verify.run, settings(database, tmp_path), "") == 1
    said = capsys.readouterr().out
    for kind, who in (
        ("drift", line),
        ("stalled", other),
        ("changed", line),
        ("unrecorded", ""),
        ("removed", "send_log"),
    ):
        assert re.search(rf"^  {kind} +{who}", said, re.MULTILINE), f"{kind} was not found:\n{said}"


async def test_a_page_is_explained_by_api_and_command_and_so_is_its_absence(
    live_site: Site, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alice, bob = await person(live_site, "Alice"), await person(live_site, "Bob")
    url, schedule = await integration(live_site, [alice, bob], "Checkout")
    alert = await paged(live_site, url, "Checkout is down")
    await live_site.call("POST", f"/alerts/{alert['id']}/acknowledge")
    told = await live_site.call("GET", f"/incidents/{alert['id']}/explain?zone=Europe/Berlin")
    (page,) = told["pages"]
    assert (page["user"], page["state"], page["text_unchanged"], len(page["text_sha256"])) == (
        "Alice",
        "delivered",
        True,
        64,
    )
    assert page["cause"]["schedule_id"] == schedule
    assert re.match(
        r"Paged Alice by the outbox page at \S+ because step 1 of policy Checkout v1 calls schedule Checkout primary, "
        r"where their shift runs until .*; rule 1 of their urgent rules; the outbox page took it .*at \S+\.$",
        page["sentence"],
    ), page["sentence"]
    (attempt,) = page["attempts"]
    assert (attempt["kind"], attempt["tried"], attempt["state"]) == ("attempt", True, "delivered")
    assert [(n["code"], n["user_id"]) for n in told["not_paged"]] == [("step_not_taken", bob)]
    assert told["unexplained"] == {}

    at = alert["opened_at"]
    answer = await live_site.call("GET", f"/explain?person=Bob&at={at.replace('+', '%2B')}")
    (incident,) = answer["incidents"]
    assert (incident["incident_id"], incident["pages"]) == (alert["id"], [])
    assert "was not taken" in incident["reasons"][0]["sentence"]
    theirs = await live_site.call("GET", f"/explain?person=Alice&at={at.replace('+', '%2B')}&zone=UTC")
    assert [entry["on_call"] for entry in theirs["on_call"]] == [True]
    assert theirs["incidents"][0]["pages"][0]["id"] == page["id"]

    await live_site.call("GET", "/incidents/nothing-1/explain", status=404)
    await live_site.call("GET", f"/explain?person=nobody&at={at.replace('+', '%2B')}", status=404)
    await live_site.call("GET", f"/incidents/{alert['id']}/explain?zone=Nowhere", status=422)

    for question in (explanation.Question(alert["id"], "", "", ""), explanation.Question("", "Bob", at, "")):
        await asyncio.to_thread(explanation.run, live_site.services.settings, question)
        said = capsys.readouterr().out
        assert alert["id"] in said
        assert "(Bob) was not taken" in said


async def test_who_was_on_call_is_answered_from_the_schedule_of_then(live_site: Site) -> None:
    alice, bob = await person(live_site, "Alice"), await person(live_site, "Bob")
    _, schedule = await integration(live_site, [alice, bob])
    then = (await live_site.call("GET", "/on-call"))["at"].replace("+", "%2B")
    layer = {"name": "weekly", "rotation": {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [bob]}}
    body = {"name": "Payments primary", "zone": "Europe/Berlin", "layers": [layer]}
    await live_site.call("PUT", f"/schedules/{schedule}", body)
    now = (await live_site.call("GET", "/on-call"))["at"].replace("+", "%2B")
    for at, who in ((then, "Alice"), (now, "Bob")):
        (entry,) = (await live_site.call("GET", f"/explain?person={who}&at={at}"))["on_call"]
        assert entry["on_call"], entry["sentence"]
