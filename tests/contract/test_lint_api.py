"""Lint and readiness over the API, on the command line and in the metrics; and what is known of integrations' silence."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli import lint as linting
from storage.canary import CANARY
from storage.readiness import Count, add_counts, facts
from tests.contract.conftest import Site, a_host, opened, until
from tests.contract.test_brownout import policy as paging_policy
from tests.contract.test_plan_api import person, shop
from tests.contract.test_watchdog import post
from tests.fakes.smtp import SmtpServer


def kinds(lint: dict[str, Any], subject: str) -> dict[str, dict[str, Any]]:
    return {f["kind"]: f for f in lint["findings"] if f["subject"] == subject}


async def verified(site: Site) -> None:
    """Every address is verified, as if codes had come back."""
    async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
        await connection.execute("update contact_methods set verified_at = now() where channel <> 'outbox'")
        await connection.execute("update settings set config_version = config_version + 1")
    await site.services.config.refresh()


async def test_findings_follow_the_configuration_and_the_metrics_follow_them(site: Site) -> None:
    made = await shop(site)
    lint = await site.call("GET", "/lint")
    ben = kinds(lint, "Ben")["no_contact"]
    assert (ben["severity"], ben["subject_id"]) == ("critical", made["ben"])
    assert kinds(lint, "Shop policy")["step_reaches_nobody"]["severity"] == "warning"
    assert kinds(lint, "Shop policy")["never_exercised"]["severity"] == "info"
    assert kinds(lint, "Ada")["outbox_only"]
    assert [u["kind"] for u in lint["unchecked"]] == ["stale_push_token"]
    worst = await site.call("GET", "/lint?severity=critical")
    assert {f["severity"] for f in worst["findings"]} == {"critical"}
    assert not worst["clean"]

    async def metric() -> str:
        text = (await site.http.get("/metrics")).text
        line = 'sentinel_lint_findings{kind="no_contact",severity="critical"}'
        return line if line in text else ""

    await until("the gauge", metric)
    contact = {"channel": "webhook", "address": "https://ben.example.org/page"}
    await site.call("POST", f"/users/{made['ben']}/contact-methods", contact, 201)
    after = await site.call("GET", "/lint")
    assert after["configuration_version"] > lint["configuration_version"]
    assert "no_contact" not in kinds(after, "Ben")
    assert kinds(after, "Ben")["unverified"]["severity"] == "warning"
    assert bool(await metric()) == (
        "no_contact" in {f["kind"] for f in after["findings"] if f["severity"] == "critical"}
    )


async def test_an_address_that_its_provider_does_not_know_is_told_until_a_page_arrives_there(
    database: str, valkey_url: str, tmp_path: Path
) -> None:
    with SmtpServer(answer_rcpt="550 5.1.1 no such user") as mail:
        async with opened(database, valkey_url, tmp_path, smtp_url=mail.url) as site, a_host(site.services.settings):
            cleo = await person(site, "Cleo", "email")
            await paging_policy(site, cleo)
            await verified(site)

            async def gone() -> set[str]:
                await site.services.lint.report(0.0)
                return kinds(await site.call("GET", "/lint"), "Cleo").keys() & {"contact_gone", "unverified"}

            async def both() -> bool:
                return len(await gone()) == 2

            async def neither() -> bool:
                return not await gone()

            await post(site, "The first")
            await until("the finding", both)
            mail.answer_rcpt = "250 OK"
            await post(site, "The second")
            await until("its end", neither)


async def test_an_address_is_stale_after_three_pages_in_vain_until_a_page_or_a_test_arrives(
    database: str, valkey_url: str, tmp_path: Path
) -> None:
    with SmtpServer() as mail:
        async with opened(database, valkey_url, tmp_path, smtp_url=mail.url) as site, a_host(site.services.settings):
            dora = await person(site, "Dora", "email")
            await paging_policy(site, dora)
            await verified(site)
            contact = (await site.call("GET", f"/users/{dora}/contact-methods"))["items"][0]["id"]

            async def failures() -> int:
                query = "select coalesce(max((body->>'failures')::int), 0) from rt.record where id = %s"
                async with await psycopg.AsyncConnection.connect(database) as connection:
                    return int((await (await connection.execute(query, (f"device/{contact}",))).fetchone() or (0,))[0])

            async def pages(*answers: str) -> dict[str, Any]:
                for n, mail.answer_rcpt in enumerate(answers):
                    before, sent = await failures(), len(mail.mails)
                    await post(site, f"{mail.answer_rcpt} {n} {before} {sent}")

                    async def over(before: int = before, sent: int = sent) -> bool:
                        return await failures() > before or len(mail.mails) > sent

                    await until("the page", over)
                return await told()

            async def told() -> dict[str, Any]:
                await site.services.lint.report(0.0)
                return kinds(await site.call("GET", "/lint"), "Dora")

            no, yes = "554 5.7.1 not today", "250 OK"
            assert "contact_failing" not in await pages(no, no, yes, no), "not in a row"
            finding = (await pages(no, no))["contact_failing"]
            assert "none of the last 3 arrived" in finding["text"] and "not today" in finding["text"]
            assert (finding["subject_id"], finding["severity"]) == (dora, "warning")
            assert 'kind="contact_failing"' in (await site.http.get("/metrics")).text
            mail.answer_rcpt = yes
            await site.call("POST", f"/users/{dora}/contact-methods/{contact}/test")

            async def ended() -> bool:
                return "contact_failing" not in await told()

            await until("the end", ended)


async def test_a_destination_goes_stale_like_an_address(site: Site) -> None:
    room = {"name": "War room", "kind": "webhook", "address": "https://hooks.example.org/1", "secret": "s" * 16}
    device = "device/" + (await site.call("POST", "/destinations", room, 201))["id"]
    async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
        for n in range(3):
            await connection.execute(
                "insert into rt.journal (entity, seq, shard, epoch, cause, kind, body, at)"
                " values (%s, %s, 0, 0, '', 'DeliveryFailed', %s, now())",
                (device, n + 1, json.dumps({"delivery": str(n), "reason": "answered 500", "at": 1_790_000_000.0 + n})),
            )
        await connection.execute(
            "insert into rt.record values (%s, 'device', %s, 1, %s, %s, now())",
            (device, device, '{"failing": true, "gone": false}', '{"failures": 3, "last_reason": "answered 500"}'),
        )
    await site.services.lint.report(0.0)
    text = kinds(await site.call("GET", "/lint"), "War room")["destination_failing"]["text"]
    assert "none of the last 3 arrived, since 2026-09-21 " in text and "answered 500" in text


async def test_every_coming_shift_has_a_badge_with_its_reasons(site: Site) -> None:
    made = await shop(site)
    ready = await site.call("GET", "/readiness?days=21")
    assert {s["user"] for s in ready["items"]} >= {"Ada"}
    schedule = next(s["schedule_id"] for s in ready["items"] if s["user"] == "Ada")
    contact = {"channel": "webhook", "address": "https://ada.example.org/page"}
    await site.call("POST", f"/users/{made['ada']}/contact-methods", contact, 201)
    (shift,) = (await site.call("GET", f"/readiness?schedule={schedule}"))["items"]
    assert (shift["ready"], [r["kind"] for r in shift["reasons"]]) == (False, ["unverified"])
    await verified(site)
    (shift,) = (await site.call("GET", f"/readiness?schedule={schedule}"))["items"]
    assert (shift["ready"], shift["reasons"]) == (True, [])
    start = datetime.now(UTC) + timedelta(days=2)
    away = {"user_id": made["ada"], "start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat()}
    await site.call("POST", "/time-off", away, 201)
    site.services.lint._asked_at = float("-inf")
    badges = await site.call("GET", f"/readiness?schedule={schedule}")
    (shift,) = badges["items"]
    assert (shift["ready"], [r["kind"] for r in shift["reasons"]]) == (False, ["away"])
    assert (badges["ready"], badges["not_ready"]) == (0, 1)
    assert kinds(await site.call("GET", "/lint"), "Shop")["away_on_call"]


async def test_bad_questions_name_their_parameter(site: Site) -> None:
    for path, pointer in (
        ("/lint?severity=dreadful", "query/severity"),
        ("/readiness?days=0", "query/days"),
        ("/readiness?days=90", "query/days"),
        ("/readiness?schedule=nothing", "/schedule"),
    ):
        assert (await site.call("GET", path, None, 422))["errors"][0]["pointer"] == pointer


async def days(site: Site) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
        query = "select messages, longest_silence_s from integration_days order by day"
        return list(await (await connection.execute(query)).fetchall())


async def test_what_comes_in_is_counted_by_day_with_the_longest_silence(site: Site) -> None:
    made = await shop(site)
    ident, now = made["integration"], datetime.now(UTC).timestamp()
    noon = now - now % 86_400 + 43_200 - 10 * 86_400
    await add_counts(site.services.sessions, {ident: Count(3, noon, noon + 60, 50.0), "deleted": Count(1, noon, noon)})
    await add_counts(site.services.sessions, {ident: Count(1, noon + 660, noon + 660)})
    await add_counts(site.services.sessions, {ident: Count(2, noon + 86_400, noon + 86_400)})
    assert await days(site) == [(4, 600.0), (2, 85_740.0)]
    heard = (await facts(site.services.sessions, {}, now, now + 60)).heard or {}
    assert (heard[ident].messages, heard[ident].last_at, heard[ident].longest_silence_s) == (6, noon + 86_400, 85_740.0)
    await add_counts(site.services.sessions, {ident: Count(9, noon + 86_401, noon + 86_402)})
    await site.services.lint.report(0.0)
    assert kinds(await site.call("GET", "/lint"), "Alerts of the shop")["integration_silent"]["severity"] == "warning"


async def test_a_request_that_is_taken_in_is_counted_and_kept_when_the_database_refuses(site: Site) -> None:
    made = await shop(site)
    for _ in range(2):
        assert (await site.http.post(made["path"], json={"title": "x"})).status_code == 202
    assert (await site.http.post(made["path"], content=b"{")).status_code == 422
    hearing, sessions = site.services.hearing, site.services.sessions
    hearing._sessions = None  # type: ignore[assignment]
    with pytest.raises(TypeError):
        await hearing.flush()
    hearing._sessions = sessions
    assert (await site.http.post(made["path"], json={"title": "x"})).status_code == 202
    await hearing.flush()
    await hearing.flush()
    assert [row[0] for row in await days(site)] == [3]


async def test_the_command_has_an_exit_status_for_ci(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    await shop(site)
    settings = site.services.settings
    assert await asyncio.to_thread(linting.run, settings) == 1
    said = capsys.readouterr().out
    assert "CRITICAL" in said and "user Ben: Ben has no contact method: add one.  [no_contact]" in said
    assert "less severe: --severity info shows them." in said
    assert "Not checked: stale_push_token" in said
    assert await asyncio.to_thread(linting.run, settings, "warning", True) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["clean"], "info" in {f["severity"] for f in told["findings"]}) == (False, False)


async def test_an_installation_in_order_is_clean(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    ada = await person(site, "Ada", "email")
    contact = {"channel": "webhook", "address": "https://ada.example.org/page"}
    await site.call("POST", f"/users/{ada}/contact-methods", contact, 201)
    steps = [{"targets": [{"kind": "user", "id": ada}], "wait_s": 300}]
    for policy in (p for p in (await site.call("GET", "/policies"))["items"] if p["id"] != CANARY):
        body = {"name": policy["name"], "steps": steps}
        await site.call("PUT", f"/policies/{policy['id']}", body)
    await site.call("PUT", "/last-resort", {"targets": [{"kind": "user", "id": ada}]})
    assert await asyncio.to_thread(linting.run, site.services.settings) == 1, "nothing is verified"
    await verified(site)
    capsys.readouterr()
    assert await asyncio.to_thread(linting.run, site.services.settings) == 0
    assert "Nothing of severity warning or worse." in capsys.readouterr().out
