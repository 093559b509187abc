"""E-mail by SMTP. The Message-ID is the delivery id, so that a mail sent twice is one in most clients.

smtp://user:password@mail.example.org:587?starttls=auto     auto (default), always, never
smtps://user:password@mail.example.org:465
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal, cast
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from channels.base import Capability, Page
from channels.http import CONNECT_S, hold_nothing_back
from runtime import going_out
from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Unknown

StartTls = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server as its URL says."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    start_tls: StartTls

    @classmethod
    def parse(cls, url: str) -> Server:
        """Raises ValueError with what is wrong."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SENTINEL_SMTP_URL must look like smtp://user:password@host:587")
        tls = parts.scheme == "smtps"
        start = parse_qs(parts.query).get("starttls", ["auto"])[0]
        if start not in ("auto", "always", "never"):
            raise ValueError("starttls in SENTINEL_SMTP_URL must be auto, always or never")
        port = parts.port or (465 if tls else 587)
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.hostname, port, user, password, tls, cast(StartTls, start))


STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
NO_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""Enhanced statuses (RFC 3463, 7505): no such mailbox or domain, moved, disabled."""


class SmtpChannel:
    """One mail per page."""

    name = "email"
    capabilities = Capability.DEDUPES

    def __init__(self, url: str, sender: str, public_url: str) -> None:
        self._server = Server.parse(url) if url else None
        self._sender = sender
        self._domain = urlsplit(public_url).hostname or "localhost"

    @property
    def configured(self) -> bool:
        return self._server is not None

    @property
    def problem(self) -> str:
        return "" if self.configured else "No mail server is configured: set SENTINEL_SMTP_URL and SENTINEL_SMTP_FROM."

    def message(self, page: Page) -> EmailMessage:
        """The mail; all pages of an incident fold into one thread."""
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = page.address
        mail["Subject"] = " ".join(page.subject.split())
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{page.id}@{self._domain}>"
        mail["References"] = f"<incident-{page.incident_id}@{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Sentinel-Incident"] = page.incident_id
        mail["X-Sentinel-Delivery"] = page.id
        mail.set_content(f"{page.text}\n\n{page.url}\n")
        return mail

    def provider(self, page: Page) -> str:
        return self._server.host if self._server is not None else self.name

    async def send(self, page: Page, timeout_s: float) -> Accepted | Rejected | Unknown:
        server = self._server
        if server is None:
            return Rejected(f"{self.problem} This is what would have been sent.")
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            start_tls={"auto": None, "always": True, "never": False}[server.start_tls],
            username=server.user,
            password=server.password,
            timeout=timeout_s,
        )
        handed_over = False
        try:
            async with asyncio.timeout(timeout_s):
                await client.connect(timeout=CONNECT_S)
                if client.transport is not None:
                    hold_nothing_back(client.transport.get_extra_info("socket"))
                await going_out.leave()
                handed_over = True
                await client.send_message(self.message(page))
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
            return _refused(server.host, error)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            reason = f"{server.host}: {type(error).__name__}"
            return Unknown(reason) if handed_over else Rejected(f"cannot connect to {reason}", retryable=True)
        except ValueError as error:
            return Rejected(f"the address cannot be used: {error}")
        finally:
            client.close()
        return Accepted(page.id, detail=f"accepted by {server.host}")

    async def reconcile(self, page: Page, timeout_s: float) -> Accepted | NotFound | CannotTell:
        return CannotTell()

    async def cancel(self, page: Page, provider_id: str, timeout_s: float) -> None:
        return None


def _refused(host: str, error: aiosmtplib.SMTPException) -> Rejected:
    """4xx may pass, 5xx will not (RFC 5321, section 4.2.1)."""
    first = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    code, said = int(getattr(first, "code", 0)), str(getattr(first, "message", ""))
    reason = f"{host} answered {code}: {said}"[:300]
    gone = isinstance(error, aiosmtplib.SMTPRecipientsRefused) and _gone(code, said)
    return Rejected(reason, retryable=400 <= code < 500, gone=gone)


def _gone(code: int, said: str) -> bool:
    """By the enhanced status, which tells a missing mailbox from mail that is not wanted; without one by the code."""
    status = STATUS.match(said)
    return code in (550, 551) if status is None else code >= 500 and status[0] in NO_ADDRESS
