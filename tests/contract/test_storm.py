"""A storm on a real host and a real mail server: one message for many pages, each page on its own record."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli import verify
from runtime.ids import SHARDS
from runtime.told import Told, ToldPage
from runtime.valkey import connect
from storage.settings import Settings
from tests.contract.conftest import Site, a_host, until
from tests.contract.test_brownout import pages, policy
from tests.contract.test_watchdog import person, post
from tests.fakes.http_sink import HttpSink
from tests.fakes.smtp import SmtpServer

MANY = 7


def stormy(site: Site, mail: SmtpServer, last_resort_after_s: float = 5.0) -> Settings:
    """Two pages go by themselves, the others wait for half of the watchdog's time."""
    changes = {"smtp_url": mail.url, "bundle_after": 2, "last_resort_after_s": last_resort_after_s}
    return site.services.settings.model_copy(update=changes)


async def storm(site: Site, first: int = 0, many: int = MANY) -> None:
    await asyncio.gather(*(post(site, f"Storm {n}", labels={"service": "checkout"}) for n in range(first, many)))


async def test_many_pages_become_one_message_and_each_keeps_its_record(
    site: Site, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SmtpServer() as mail, HttpSink() as sink:
        ada = await person(site, "Ada", email="ada@example.org", webhook=f"{sink.url}/ada")
        await policy(site, ada)
        await storm(site)
        async with a_host(stormy(site, mail)):

            async def sent() -> Any:
                states = [p["state"] for p in await pages(site, ada) if p["channel"] == "email"]
                return len(states) == MANY and set(states) <= {"accepted", "bundled"} and states

            states = await until("every page", sent)
            acknowledged = await _one_more_acknowledged_while_it_waits(site, ada)
    assert sorted(states) == ["accepted"] * 3 + ["bundled"] * (MANY - 3)
    assert len(sink.received) == MANY + 1, "machines are told one by one"
    (together,) = [m for m in mail.mails if "more incidents" in str(m["Subject"])]
    assert str(together["Subject"]).endswith(f"{MANY - 2} more incidents in checkout")
    text = str(together.get_payload(decode=True), "utf-8")  # type: ignore[call-overload]
    assert f"/incidents?person={ada}" in text and text.count("Incident ") == MANY - 2
    assert len(mail.mails) == 3, f"{acknowledged} was acknowledged before it was told"
    await _each_says_so(site, database, ada)
    await asyncio.to_thread(verify.run, site.services.settings, "")
    said = capsys.readouterr().out
    assert not [k for k in ("never-paged", "late ", "unrecorded", "doubled") if k in said], said


async def _one_more_acknowledged_while_it_waits(site: Site, ada: str) -> str:
    await storm(site, MANY, MANY + 1)

    async def ordered() -> Any:
        items = [p for p in await pages(site, ada) if f"Storm {MANY}" in p["subject"] and p["channel"] == "email"]
        return items and items[0]["incident_id"]

    ident = str(await until("the page that waits", ordered))
    await site.call("POST", f"/alerts/{ident}/acknowledge")

    async def withdrawn() -> Any:
        items = [p for p in await pages(site, ada) if p["incident_id"] == ident and p["channel"] == "email"]
        return items[0]["state"] == "cancelled"

    await until("its withdrawal", withdrawn)
    return ident


async def _each_says_so(site: Site, database: str, ada: str) -> None:
    together = [p for p in await pages(site, ada) if "told together" in p["detail"]]
    assert len(together) == MANY - 2
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select count(distinct provider_id), count(distinct bundle), min(held_s) > 0.5 and max(held_s) < 5 "
            "from rt.outbox where bundle is not null"
        ).fetchone()
    assert rows == (1, 1, True), "one message, for which all of them waited a little"
    for page in together:
        told = await site.call("GET", f"/incidents/{page['incident_id']}/explain")
        said = [p["sentence"] for p in told["pages"] if p["channel"] == "email"]
        assert said and f"told together with {MANY - 3} others in one message" in said[0], said
        timeline = await site.call("GET", f"/alerts/{page['incident_id']}/timeline")
        assert any("told together with" in e["text"] for e in timeline["items"])


async def test_what_waits_on_a_host_that_ends_is_sent_by_the_next_one(site: Site) -> None:
    with SmtpServer() as mail:
        ada = await person(site, "Ada", email="ada@example.org")
        await policy(site, ada)
        await storm(site)
        async with a_host(stormy(site, mail, 3600.0)) as host:

            async def two() -> bool:
                return len(mail.mails) == 2 and len(list(host.outbox._bundles.waiting())) == MANY - 2

            await until("two mails, the others wait", two)
        async with a_host(stormy(site, mail), "host-1"):

            async def sent() -> bool:
                return {p["state"] for p in await pages(site, ada)} <= {"accepted", "bundled"}

            await until("the rest", sent)
    assert len(mail.mails) == 5, "the next host knows nothing of the first two: two alone, then one for the others"


async def test_a_message_that_is_refused_is_taken_apart(site: Site) -> None:
    with SmtpServer() as mail:
        ada = await person(site, "Ada", email="ada@example.org")
        await policy(site, ada)
        await storm(site)
        async with a_host(stormy(site, mail)) as host:

            async def two() -> bool:
                return len(mail.mails) == 2 and len(list(host.outbox._bundles.waiting())) == MANY - 2

            await until("two mails, the others wait", two)
            mail.answer_rcpt = "451 later"

            async def refused() -> bool:
                return all("451" in p["detail"] for p in await pages(site, ada) if p["state"] != "accepted")

            await until("the refusal", refused)
            mail.answer_rcpt = "250 OK"

            async def sent() -> bool:
                return {p["state"] for p in await pages(site, ada)} == {"accepted"}

            await until("each by itself", sent)
    assert len(mail.mails) == MANY


async def test_two_hosts_count_the_pages_of_one_person_together(site: Site) -> None:
    """What the first host has told is heard by the second, which has incidents of the same person."""
    with SmtpServer() as mail:
        ada = await person(site, "Ada", email="ada@example.org")
        await policy(site, ada)
        settings = stormy(site, mail, last_resort_after_s=120.0)
        heard: list[ToldPage] = []
        redis = connect(settings.redis_url)
        listening = asyncio.create_task(Told(redis, "other").listen(settings.redis_url, heard.append))
        async with a_host(settings) as first, a_host(settings, "host-1") as second:

            async def shared() -> bool:
                held = [len(h.core.ownership.epochs) for h in (first, second)]
                return min(held) > 0 and sum(held) == SHARDS

            await until("both have shards", shared, 30.0)
            await storm(site, 0, 2)

            async def two() -> bool:
                return len(mail.mails) == 2 and len(heard) == 2

            await until("the first two", two)
            await storm(site, 2, 2 + 8)

            async def ordered() -> Any:
                items = [p for p in await pages(site, ada) if p["channel"] == "email"]
                return len(items) == 10 and all(len(list(h.outbox._bundles.waiting())) > 0 for h in (first, second))

            await until("the others wait, on both hosts", ordered)
            assert sum(len(list(h.outbox._bundles.waiting())) for h in (first, second)) == 8
            assert len(mail.mails) == 2
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await redis.aclose()
    assert {t.key.partition("/")[0] for t in heard} == {ada}
