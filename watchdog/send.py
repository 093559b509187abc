"""Sending one page with the standard library: SMTP, signed webhook, Slack. Raises nothing; says what became of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from html import escape
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from watchdog.settings import Settings

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Contact:
    """One address of a person, opened."""

    id: str
    user_id: str
    name: str
    channel: str
    label: str
    address: str = field(repr=False)
    secret: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Message:
    """One last-resort page. `now`: database time, for the signature."""

    id: str
    subject: str
    text: str
    url: str
    incident_id: str
    now: float


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A redirect is an answer, not a way to go on: it could lead anywhere."""


_opener = build_opener(_NoRedirects, ProxyHandler({}))


def http(url: str, body: bytes | None, headers: Mapping[str, str], timeout_s: float) -> tuple[int, bytes]:
    """Status and beginning of the answer; GET without a body. Raises OSError, HTTPException or ValueError."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("the address is no http(s) URL")
    request = Request(url, body, {"User-Agent": "fangorn-sentinel-watchdog", **headers})
    try:
        with _opener.open(request, timeout=timeout_s) as answer:
            return answer.status, answer.read(64 * 1024)
    except HTTPError as error:
        with error:
            return error.code, error.read(1024)


def send(settings: Settings, contact: Contact, message: Message) -> tuple[str, str]:
    """(state as in the outbox, what happened). Errors name no address: a webhook's is often a secret."""
    try:
        match contact.channel:
            case "outbox":
                return "delivered", "shown on the outbox page"
            case "email":
                _mail(settings, contact, message)
                return "accepted", "accepted by the mail server"
            case "webhook" | "slack":
                status, _ = http(contact.address, *_body(contact, message), TIMEOUT_S)
                return ("delivered" if 200 <= status < 300 else "failed"), f"answered {status}"
        return "failed", f"the watchdog cannot send by {contact.channel}; give the last resort an e-mail address too"
    except (OSError, HTTPException, smtplib.SMTPException, ValueError) as error:
        return "failed", f"not sent: {type(error).__name__}"


def _body(contact: Contact, message: Message) -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.id, "X-Sentinel-Delivery": message.id}
    if contact.channel == "slack":
        text = escape(f"{message.subject}\n{message.text}\n{message.url}", quote=False)
        return json.dumps({"text": f":red_circle: {text}"}).encode(), headers
    page = {"type": "page", "delivery_id": message.id, "attempt": 1, "user": contact.name, "severity": "critical"}
    shown = {"subject": message.subject, "text": message.text, "url": message.url, "incident_id": message.incident_id}
    body = json.dumps({**page, **shown, "incident": {"id": message.incident_id}}).encode()
    if contact.secret:
        stamp = int(message.now)
        signed = hmac.new(contact.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers["X-Sentinel-Signature"] = f"t={stamp},v1={signed}"
    return body, headers


def _mail(settings: Settings, contact: Contact, message: Message) -> None:
    server = urlsplit(settings.smtp_url)
    if not server.hostname:
        raise ValueError("no mail server is configured")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.smtp_from, contact.address, message.subject
    mail["Date"], mail["Message-ID"] = formatdate(), f"<{message.id}@{urlsplit(settings.url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{message.text}\n\n{message.url}\n")
    tls, start = ssl.create_default_context(), parse_qs(server.query).get("starttls", ["auto"])[0]
    with (
        smtplib.SMTP_SSL(server.hostname, server.port or 465, timeout=TIMEOUT_S, context=tls)
        if server.scheme == "smtps"
        else smtplib.SMTP(server.hostname, server.port or 587, timeout=TIMEOUT_S)
    ) as client:
        client.ehlo()
        if server.scheme == "smtp" and (start == "always" or (start == "auto" and client.has_extn("starttls"))):
            client.starttls(context=tls)
        if server.username:
            client.login(unquote(server.username), unquote(server.password or ""))
        client.send_message(mail)
