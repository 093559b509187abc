"""The channels of an installation, by name."""

from __future__ import annotations

from dataclasses import dataclass

from channels.absent import AbsentChannel
from channels.base import Channel
from channels.http import HttpClient
from channels.outbox import OutboxChannel
from channels.slack import SlackChannel
from channels.smtp import SmtpChannel
from channels.webhook import WebhookChannel

SLOTS = {"email": 20}
"""Sends at once of one process, where not the common number: mail servers refuse a client with too many connections
(Postfix by default beyond 50), which would look like a server that is down."""


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """What the channels need of the environment."""

    smtp_url: str
    smtp_from: str
    public_url: str


def build(config: ChannelConfig, http: HttpClient) -> dict[str, Channel]:
    """Every channel a contact method may name, configured or not."""
    channels: list[Channel] = [
        OutboxChannel(),
        SmtpChannel(config.smtp_url, config.smtp_from, config.public_url),
        WebhookChannel(http),
        SlackChannel(http),
        AbsentChannel("sms"),
        AbsentChannel("voice"),
        AbsentChannel("push"),
    ]
    return {channel.name: channel for channel in channels}
