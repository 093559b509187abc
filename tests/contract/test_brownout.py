"""Providers that fail, with real sinks: the next method at once, nobody skipped, no channel waits for another."""

from __future__ import annotations

from typing import Any

from channels.breaker import FAILURES
from storage.canary import CANARY
from tests.contract.conftest import Site, a_host, until
from tests.contract.test_watchdog import person, post
from tests.fakes.http_sink import HttpSink
from tests.fakes.smtp import SmtpServer


async def policy(site: Site, *users: str) -> str:
    """The default policy pages these people in its first step; answers the webhook."""
    policies = (await site.call("GET", "/policies"))["items"]
    (default,) = [p for p in policies if p["name"] == "Default"]
    steps = [{"targets": [{"kind": "user", "id": u} for u in users], "wait_s": 600}]
    await site.call("PUT", f"/policies/{default['id']}", {"name": "Default", "steps": steps, "repeat": 0})
    return site.webhook("generic")


async def rules(site: Site, user: str, later_s: float) -> None:
    """The first contact at once, the second later."""
    contacts = (await site.call("GET", f"/users/{user}/contact-methods"))["items"]
    body = {
        "urgent": [],
        "normal": [{"contact_method_id": c["id"], "delay_s": n * later_s} for n, c in enumerate(contacts)],
    }
    await site.call("PUT", f"/users/{user}/notification-rules", body)


async def pages(site: Site, user: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await site.call("GET", f"/outbox?user={user}&limit=500"))["items"]
    return items


async def test_a_provider_that_is_down_is_passed_by_and_everybody_is_reached(site: Site) -> None:
    """Webhooks answer 503: after some failures the mail of the next incident does not wait for their retries."""
    with HttpSink(status=503) as sink, SmtpServer() as mail:
        settings = site.services.settings.model_copy(update={"smtp_url": mail.url})
        async with a_host(settings):
            await _passed_by_and_reached(site, sink)


async def _passed_by_and_reached(site: Site, sink: HttpSink) -> None:
    both = await person(site, "Ada", webhook=f"{sink.url}/ada", email="ada@example.org")
    alone = await person(site, "Ben", webhook=f"{sink.url}/ben")
    await rules(site, both, 3600.0)
    await policy(site, both, alone)
    for n in range(FAILURES):
        await post(site, f"Brown {n}")

    async def opened() -> Any:
        site.services.figures._watch._until = 0.0
        return 'sentinel_breaker_open{channel="webhook"' in (await site.http.get("/metrics")).text

    await until("the open breaker on /metrics", opened)
    await post(site, "While it is down")

    async def told() -> Any:
        items = [i for i in await pages(site, both) if "While it is down" in i["subject"]]
        return [i for i in items if i["channel"] == "email"]

    await until("the next method at once", told)
    (waiting,) = [
        i for i in await pages(site, both) if "While it is down" in i["subject"] and i["channel"] == "webhook"
    ]
    assert waiting["state"] in ("pending", "sending") and "is down" in waiting["detail"], "it is kept and tried again"

    async def tried() -> bool:
        return any(r.path == "/ben" and "While it is down" in r.json["subject"] for r in sink.received)

    await until("who has no other way is tried all the same", tried)
    sink.status = 200

    async def settled() -> bool:
        items = [i for u in (both, alone) for i in await pages(site, u) if i["channel"] == "webhook"]
        return {i["state"] for i in items if "While it is down" in i["subject"]} == {"delivered"}

    await until("both webhooks after the provider's return", settled, 40)

    async def closed() -> bool:
        site.services.figures._watch._until = 0.0
        return "sentinel_breaker_open{" not in (await site.http.get("/metrics")).text

    await until("the closed breaker", closed)
    assert CANARY not in str(await site.call("GET", "/outbox?limit=500"))


async def test_a_hanging_chat_delays_no_mail(site: Site) -> None:
    """A hundred Slack messages hang in their lane, more than it has slots; the mail goes out past them."""
    with HttpSink(hold_s=60.0) as chat, SmtpServer() as mail:
        user = await person(site, "Ada", slack=chat.url)
        await policy(site, user)
        settings = site.services.settings.model_copy(update={"smtp_url": mail.url, "bundle_after": 0})
        async with a_host(settings):
            for n in range(100):
                await post(site, f"Chatty {n}")
            await until("all slots of the chat taken", lambda: _held(chat, 64))
            other = await person(site, "Ben", email="ben@example.org")
            await policy(site, other)
            await post(site, "By mail")

            async def mailed() -> bool:
                return "[CRITICAL] By mail" in mail.subjects()

            await until("the mail", mailed)
            states = {i["state"] for i in await pages(site, user)}
            assert "delivered" not in states and states & {"pending", "sending"}, "the chat hangs meanwhile"


async def _held(sink: HttpSink, count: int) -> bool:
    return len(sink.received) >= count
