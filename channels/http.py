"""One HTTP client for all channels: no proxies from the environment, no redirects, nothing secret in errors.

It connects to what the installation allows only (channels/outside.py).

aiohttp rather than httpx: a page costs a host a tenth of the processor time, which is what limits a storm.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from channels.outside import Guarded, Outside, Refused, refused
from runtime import going_out
from runtime.effects import Rejected, Unknown

GONE = 410
"""RFC 9110, section 15.5.11: not there any more, and not for the time being only."""
RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
READ_MAX = 64 * 1024
"""Bytes of an answer that are read; a provider's answer is a few hundred."""
CONNECTIONS = 500
"""At once: above what the channels together ever begin, so that none waits here for another."""
CONNECT_S = 4.0
"""Longest wait for a connection; who is not reached by then certainly got nothing."""
HELD_BACK_S = 5.0
"""What a broken network has not taken by then is never sent. Else the system goes on trying after we have given up, and
a page comes when the network heals, long after somebody else had it and acknowledged."""
NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""The connection was never made (address, TLS, time-out): certainly nothing was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with status 2xx and the beginning of its body."""

    status: int
    body: bytes


class HttpClient:
    """Posts a body and classifies what may have become of it."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def post(
        self, url: str, content: bytes, headers: dict[str, str], timeout_s: float
    ) -> Answer | Rejected | Unknown:
        """The answer with status 2xx; else what to make of it.

        Errors name the host only: a webhook URL is often a secret itself. Raises what `going_out.leave` raises.
        """
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        if not host:
            return Rejected("the address is no URL; correct the contact method")
        timeout = aiohttp.ClientTimeout(total=timeout_s, connect=CONNECT_S)
        try:
            self._outside.check_literal(url)
            async with self._open().post(
                url, data=content, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                status, body = response.status, await response.content.read(READ_MAX)
        except aiohttp.InvalidURL:
            return Rejected("the address is no http(s) URL; correct the contact method")
        except Refused as error:
            return Rejected(f"{host} is not called: {error}")
        except NOT_SENT as error:
            if (inside := refused(error)) is not None:
                return Rejected(f"{host} is not called: {inside}")
            return Rejected(f"cannot connect to {host}: {type(error).__name__}", retryable=True)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Unknown(f"{host} did not answer: {type(error).__name__}")
        if 200 <= status < 300:
            return Answer(status, body)
        return Rejected(f"{host} answered {status}", retryable=status in RETRYABLE, gone=status == GONE)

    def _open(self) -> aiohttp.ClientSession:
        """The session, made inside the loop that uses it: one that keeps its connections, and one that asks first."""
        asks = going_out.has_question()
        if asks not in self._sessions:
            make, guarded = _Asking if asks else aiohttp.TCPConnector, Guarded(self._outside)
            self._sessions[asks] = aiohttp.ClientSession(
                connector=make(limit=CONNECTIONS, force_close=asks, socket_factory=_socket, resolver=guarded),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._sessions[asks]

    async def close(self) -> None:
        """Close the connections."""
        for session in self._sessions.values():
            await session.close()


class _Asking(aiohttp.TCPConnector):
    """Asks before it gives a connection away; with `force_close` each of them is new."""

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        try:
            await going_out.leave()
        except BaseException:  # withheld, or cancelled by the time-out: what is open must not stay so
            connection.close()
            raise
        return connection


def _socket(address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(*address[:3])
    hold_nothing_back(made)
    return made


def hold_nothing_back(line: socket.socket) -> None:
    """See HELD_BACK_S; without effect where the system does not know this (RFC 5482; Linux does)."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(HELD_BACK_S * 1000))


def host_of(url: str) -> str:
    """The provider behind a URL: its host; the rest may be secret."""
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"
