"""A mail server that remembers what it was handed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller

from tests.fakes.ports import free_port


@dataclass
class SmtpServer:
    """`answer_rcpt`: reply to RCPT TO, e.g. "550 no such user"; `drop_at_data`: cuts the connection after DATA."""

    answer_rcpt: str = "250 OK"
    drop_at_data: bool = False
    address: str = "127.0.0.1"
    mails: list[Message] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    """When each mail came, monotonic seconds."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.at.append(time.monotonic())
        self.mails.append(message_from_bytes(envelope.content))
        if self.drop_at_data:
            server.transport.abort()
        return "250 accepted"

    def __enter__(self) -> SmtpServer:
        self._port = free_port()
        self._controller = Controller(self, hostname=self.address, port=self._port)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://{self.address}:{self._port}?starttls=never"

    def subjects(self) -> list[str]:
        return [str(m["Subject"]) for m in self.mails]
