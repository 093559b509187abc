"""Every channel against a real local server of its kind: what was sent, and what is made of each answer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from channels.addresses import check_address
from channels.base import Page
from channels.http import HttpClient
from channels.outbox import OutboxChannel
from channels.outside import Outside, networks
from channels.registry import ChannelConfig, build
from channels.slack import SlackChannel
from channels.smtp import SmtpChannel
from channels.webhook import WebhookChannel
from domain.errors import Invalid
from runtime.effects import Accepted, Rejected, Unknown
from tests.fakes.http_sink import HttpSink
from tests.fakes.ports import free_port
from tests.fakes.smtp import SmtpServer

PAGE = Page(
    id="3f1c7a2e-0000-5000-8000-000000000001",
    incident_id="abcdef-1",
    user_name="Ada",
    address="ada@example.org",
    subject="[CRITICAL] Disk <full> & hot\nBcc: everybody@example.org",
    text="Disk full.\nDo something.",
    url="https://sentinel.example.org/incidents/abcdef-1",
    severity="critical",
    settings={"secret": "s3cret"},
    data={"id": "abcdef-1"},
)

LOCAL = Outside(networks(["127.0.0.0/8"]))


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(LOCAL)
    yield client
    await client.close()


def to(url: str) -> Page:
    return replace(PAGE, address=url)


async def test_a_mail_names_its_delivery_and_folds_into_its_incident() -> None:
    with SmtpServer() as server:
        outcome = await SmtpChannel(server.url, "sentinel@example.org", "https://sentinel.example.org").send(PAGE, 5)
    assert isinstance(outcome, Accepted) and not outcome.final
    (mail,) = server.mails
    assert mail["Message-ID"] == f"<{PAGE.id}@sentinel.example.org>"
    assert mail["References"] == "<incident-abcdef-1@sentinel.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Bcc"] is None, "a line break in a title must not become a header"


@pytest.mark.parametrize(
    ("answer", "retryable", "gone"),
    [
        ("550 no such user", False, True),
        ("550 5.1.1 no such user", False, True),
        ("550 5.7.1 we do not want mail of yours", False, False),
        ("552 5.2.2 mailbox full", False, False),
        ("451 try later", True, False),
    ],
)
async def test_a_refused_mail_is_certainly_not_sent(answer: str, retryable: bool, gone: bool) -> None:
    with SmtpServer(answer_rcpt=answer) as server:
        outcome = await SmtpChannel(server.url, "s@example.org", "").send(PAGE, 5)
    assert isinstance(outcome, Rejected) and (outcome.retryable, outcome.gone) == (retryable, gone)
    assert answer[:3] in outcome.reason


async def test_a_mail_whose_answer_is_lost_is_unknown_and_an_absent_server_is_not() -> None:
    with SmtpServer(drop_at_data=True) as server:
        assert isinstance(await SmtpChannel(server.url, "s@example.org", "").send(PAGE, 5), Unknown)
    absent = await SmtpChannel(f"smtp://127.0.0.1:{free_port()}", "s@example.org", "").send(PAGE, 5)
    assert isinstance(absent, Rejected) and absent.retryable


async def test_a_webhook_is_signed_as_documented(http: HttpClient) -> None:
    with HttpSink() as sink:
        outcome = await WebhookChannel(http, clock=lambda: 1_700_000_000).send(to(sink.url), 5)
    assert outcome == Accepted(PAGE.id, final=True, detail="answered 200")
    (got,) = sink.received
    stamp, _, given = got.headers["x-sentinel-signature"].partition(",v1=")
    signed = hmac.new(b"s3cret", stamp.removeprefix("t=").encode() + b"." + got.body, hashlib.sha256).hexdigest()
    assert (stamp, given) == ("t=1700000000", signed)
    assert got.headers["idempotency-key"] == PAGE.id
    assert got.json["incident"] == {"id": "abcdef-1"}


@pytest.mark.parametrize(("status", "retryable"), [(500, True), (429, True), (404, False), (302, False)])
async def test_answers_of_a_receiver_are_classified(http: HttpClient, status: int, retryable: bool) -> None:
    with HttpSink(status=status) as sink:
        for channel in (WebhookChannel(http), SlackChannel(http)):
            outcome = await channel.send(to(f"{sink.url}/hidden"), 5)
            assert isinstance(outcome, Rejected) and outcome.retryable is retryable
            assert "hidden" not in outcome.reason, "the URL is a secret"


async def test_a_lost_answer_is_unknown_and_a_refused_connection_is_not(http: HttpClient) -> None:
    with HttpSink(drop_after_reading=True) as sink:
        assert isinstance(await WebhookChannel(http).send(to(sink.url), 5), Unknown)
    with HttpSink(hold_s=1.0) as sink:
        assert isinstance(await SlackChannel(http).send(to(sink.url), 0.2), Unknown)
    refused = await WebhookChannel(http).send(to(f"http://127.0.0.1:{free_port()}"), 5)
    assert isinstance(refused, Rejected) and refused.retryable


@pytest.mark.parametrize(("status", "slack", "webhook"), [(404, True, False), (410, True, True), (403, False, False)])
async def test_a_receiver_that_is_not_there_any_more_is_gone(
    http: HttpClient, status: int, slack: bool, webhook: bool
) -> None:
    with HttpSink(status=status) as sink:
        for channel, gone in ((SlackChannel(http), slack), (WebhookChannel(http), webhook)):
            outcome = await channel.send(to(sink.url), 5)
            assert isinstance(outcome, Rejected) and not outcome.retryable and outcome.gone is gone


async def test_slack_gets_escaped_text(http: HttpClient) -> None:
    with HttpSink() as sink:
        await SlackChannel(http).send(to(sink.url), 5)
    assert "Disk &lt;full&gt; &amp; hot" in sink.received[0].json["text"]


async def test_what_is_not_configured_says_what_to_do_and_the_outbox_always_works(http: HttpClient) -> None:
    channels = build(ChannelConfig("", "s@example.org", ""), http)
    for name in ("email", "sms", "voice", "push"):
        outcome = await channels[name].send(PAGE, 5)
        assert isinstance(outcome, Rejected) and "would have been sent" in outcome.reason
        assert not channels[name].configured and channels[name].problem
    assert (await OutboxChannel().send(PAGE, 5)) == Accepted(PAGE.id, True, "shown on the outbox page")


def test_nothing_secret_shows_in_a_page_written_to_a_log() -> None:
    assert "ada@example.org" not in repr(PAGE) and "s3cret" not in repr(PAGE)


@pytest.mark.parametrize(
    ("channel", "address", "normal"),
    [
        ("email", "Ada@Example.org", "Ada@example.org"),
        ("sms", "+49 30 1234567", "+49301234567"),
        ("webhook", "http://10.0.0.1/x", "http://10.0.0.1/x"),
        ("webhook", "file:///etc/passwd", None),
        ("slack", "ftp://x", None),
        ("email", "nobody", None),
        ("voice", "12345", None),
    ],
)
def test_addresses_are_checked_before_they_are_saved(channel: str, address: str, normal: str | None) -> None:
    if normal is None:
        with pytest.raises(Invalid):
            check_address(channel, address)  # type: ignore[arg-type]
    else:
        assert check_address(channel, address) == normal  # type: ignore[arg-type]
