"""Connect, then look whether the store is away, then send: a host that was cut off and is healed pages nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from channels.http import HttpClient
from channels.outside import Outside
from channels.smtp import SmtpChannel
from channels.webhook import WebhookChannel
from runtime import connections, going_out
from runtime.clock import SystemClock
from runtime.effects import Accepted, Rejected, Send
from runtime.going_out import Renewals, Withheld, asking
from runtime.host import Host
from runtime.ids import SHARDS
from runtime.postgres import PostgresStore
from runtime.registry import Registry, Unattended
from runtime.sendlog import FileSendLog
from tests.contract.conftest import until
from tests.contract.test_channels import PAGE, to
from tests.contract.test_host import Bench, NoEnv, Notes, nothing, quarantined
from tests.contract.test_store_faults import Wire
from tests.fakes.ports import free_port
from tests.fakes.smtp import SmtpServer
from tests.unit.counter import Add, Counter, Later, Stop

GRACE_S = 1.0


class Receiver:
    """Counts connections and requests; answers 200."""

    def __init__(self) -> None:
        self.connections = self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(h for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
                self.requests += 1
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    found = Receiver()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    yield found, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_a_webhook_leaves_on_a_new_connection_and_only_after_the_answer() -> None:
    http = HttpClient(Outside(all_private=True))
    channel = WebhookChannel(http)
    async with receiver() as (seen, url):
        assert isinstance(await channel.send(to(url), 5), Accepted)  # and its connection is kept

        async def question() -> bool:
            await asyncio.sleep(0.05)
            assert (seen.connections, seen.requests) == (2, 1), "connected anew, and nothing is sent"
            return True

        with asking(question):
            assert isinstance(await channel.send(to(url), 5), Accepted)
        assert (seen.connections, seen.requests) == (2, 2)
    await http.close()


async def test_nothing_is_sent_when_the_answer_is_no() -> None:
    async def no() -> bool:
        return False

    http = HttpClient(Outside(all_private=True))
    async with receiver() as (seen, url):
        with SmtpServer() as mail, asking(no):
            for channel, page in ((WebhookChannel(http), to(url)), (SmtpChannel(mail.url, "s@example.org", ""), PAGE)):
                with pytest.raises(Withheld):
                    await channel.send(page, 5)
        assert (seen.connections, seen.requests, mail.mails) == (1, 0, [])
        assert isinstance(await WebhookChannel(http).send(to(url), 5), Accepted), "the next one has no question"
    await http.close()


async def test_a_mail_leaves_after_the_answer() -> None:
    with SmtpServer() as mail:

        async def question() -> bool:
            return not mail.mails

        with asking(question):
            outcome = await SmtpChannel(mail.url, "s@example.org", "").send(PAGE, 5)
    assert isinstance(outcome, Accepted) and len(mail.mails) == 1


async def test_who_cannot_be_reached_is_not_asked_about() -> None:
    async def question() -> bool:
        raise AssertionError("without a connection the answer proves nothing")

    http, port = HttpClient(Outside(all_private=True)), free_port()
    with asking(question):
        hook = await WebhookChannel(http).send(to(f"http://127.0.0.1:{port}"), 5)
        mail = await SmtpChannel(f"smtp://127.0.0.1:{port}", "s@example.org", "").send(PAGE, 5)
    assert isinstance(hook, Rejected) and hook.retryable and isinstance(mail, Rejected) and mail.retryable
    await http.close()


async def test_only_a_renewal_that_begins_afterwards_is_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    renewals = Renewals(clock)
    before = clock.monotonic()
    waiting = [asyncio.create_task(renewals.another()) for _ in range(3)]
    await asyncio.sleep(0)
    renewals.ended(before, answered=False)
    await asyncio.sleep(0.01)
    assert not any(w.done() for w in waiting), "it had begun before"
    renewals.ended(clock.monotonic(), answered=True)
    await asyncio.gather(*waiting)
    monkeypatch.setattr(going_out, "PATIENCE_S", 0.01)
    await renewals.another()  # a page does not wait for ever


class Hand(SystemClock):
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def monotonic(self) -> float:
        return self.at


async def test_what_one_page_found_out_serves_those_that_follow_at_once() -> None:
    clock = Hand()
    renewals = Renewals(clock)

    async def waits() -> bool:
        task = asyncio.create_task(renewals.another())
        await asyncio.sleep(0)
        waiting = not task.done()
        task.cancel()
        return waiting

    assert await waits(), "nothing is proved"
    clock.at += 1.0
    renewals.ended(clock.at, answered=False)
    clock.at += 1.0
    assert not await waits(), "a provider was reached, and then the database not"
    clock.at += going_out.HOLDS_S
    renewals.ended(clock.at - 0.1, answered=False)  # after the page of before: holds anew
    assert not await waits()
    clock.at += going_out.HOLDS_S + 0.1
    assert await waits(), "long ago"
    clock.at += 1.0
    renewals.ended(clock.at, answered=False)
    assert not await waits()
    renewals.ended(clock.at, answered=True)
    assert await waits(), "the database answers: nothing holds any more"


async def test_renewals_that_fail_while_no_provider_is_reached_prove_nothing() -> None:
    clock = Hand()
    renewals = Renewals(clock)
    renewals.ended(clock.at, answered=False)
    clock.at += 0.1
    page = asyncio.create_task(renewals.another())
    await asyncio.sleep(0)
    assert not page.done()
    page.cancel()


class Line(Notes):
    """A provider that is reached when `network` is set, and then asks as channels do."""

    def __init__(self) -> None:
        super().__init__()
        self.called, self.network = asyncio.Event(), asyncio.Event()

    async def send(self, send: Send, env: Any, timeout_s: float) -> Any:
        self.called.set()
        await self.network.wait()
        await going_out.leave()
        return await super().send(send, env, timeout_s)


class Site:
    """One host that reaches its database over a wire; `bench.store` reaches it directly, as other hosts would."""

    def __init__(self, database: str, home: Path) -> None:
        self.database, self._home = database, home
        self.bench, self.line, self.wire = Bench(database), Line(), Wire(database)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Host]:
        self._server = await asyncio.start_server(self.wire.link, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        store = PostgresStore(make_conninfo(self.database, host="127.0.0.1", port=self._port))
        rules = Unattended(GRACE_S, frozenset({"note"}), lambda *_: Add(0), dict, self._home)
        registry = Registry((Counter(),), {"note": self.line}, NoEnv(), quarantined, nothing, rules)
        sends = FileSendLog(self._home, "host-0")
        started_at = await store.now()
        host = Host(
            store,
            registry,
            SystemClock(),
            slot="host-0",
            node="n",
            host_id="host-0",
            started_at=started_at,
            sends=sends,
        )
        running = asyncio.create_task(host.run())
        try:
            yield host
        finally:
            await host.stop()
            await asyncio.gather(running, return_exceptions=True)
            self.heal()
            await store.close()
            await self.bench.store.close()
            self._server.close()

    async def has_a_timer(self, host: Host, due_s: float) -> None:
        async def owns() -> bool:
            return len(host.core.ownership.epochs) == SHARDS

        await until("its shards", owns)
        await self.bench.send("a", Later(due_s))

        async def armed() -> bool:
            return bool(host.core.timers) and len(host.core.activations) == 1

        await until("the timer in memory", armed)

    def refuses(self) -> None:
        self._server.close()
        self.wire.cut()

    def hangs(self) -> None:
        self.wire.silent = True

    def heal(self) -> None:
        self.wire.silent = False
        self.wire.cut()


@pytest.fixture
def site(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(connections, "CONNECT_S", 1.0)
    monkeypatch.setattr(connections, "ANSWER_S", 1.0)
    return Site(database, tmp_path)


@pytest.mark.parametrize("goes", [Site.refuses, Site.hangs])
async def test_a_page_due_while_the_database_is_away_leaves(site: Site, goes: Callable[[Site], None]) -> None:
    async with site.running() as host:
        site.line.network.set()
        await site.has_a_timer(host, 2.0)
        goes(site)

        async def sent() -> Any:
            return site.line.sent

        (note,) = await until("the page", sent)
        assert note.attempt == 1 and host.core.unattended


async def test_a_page_held_up_by_the_network_does_not_leave_when_the_database_answers_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(going_out, "PATIENCE_S", 30.0)  # a busy machine takes longer than a page may wait
    async with site.running() as host:
        await site.has_a_timer(host, 2.0)
        site.hangs()
        await asyncio.wait_for(site.line.called.wait(), 15)
        assert host.core.unattended
        stopped = await site.bench.send("a", Stop())  # somebody else had it, and it was acknowledged
        for limit in ("CONNECT_S", "ANSWER_S"):  # a busy machine needs longer to be reached, and is not away for that
            monkeypatch.setattr(connections, limit, 10.0)
        site.heal()
        site.line.network.set()  # all of it at once, as a cable that is plugged in again

        async def processed() -> bool:
            return stopped in await site.bench.store.outcomes([stopped])

        await until("the return", processed)
        assert site.line.sent == []
        left = await site.bench.store.sends(range(SHARDS), [], 10, 1e11)
        assert left == [] and not host.core.unattended
