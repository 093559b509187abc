"""Getting a calendar feed over HTTP: only what changed, only so much, and never from inside the network.

Somebody who may configure a calendar must not be able to read what only this machine can reach (cloud metadata, admin
pages): every address is looked at after the name was resolved and before the connection is made, after each
redirect again. SENTINEL_CALENDAR_PRIVATE=true allows private addresses, for an installation whose calendar is internal.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import AddressFamily
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

SIZE_MAX = 4 * 1024 * 1024
TIMEOUT_S = 20.0
REDIRECTS = 3
NAT64 = ip_network("64:ff9b::/96")


class FetchFailed(Exception):
    """The feed cannot be had now. The message says why, without the address, which may be secret."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A new copy, or, with `body` None, the word that the last one is still good."""

    body: bytes | None
    etag: str = ""
    last_modified: str = ""


def clean_url(url: str) -> str:
    """webcal:// as https://. Raises FetchFailed unless it can be an address of a feed."""
    url = url.strip()
    if url.lower().startswith("webcal://"):
        url = f"https://{url[9:]}"
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or (parts.port or 1) < 1:
            raise FetchFailed("the address is no http(s) or webcal URL")
    except ValueError as error:
        raise FetchFailed("the address is no URL") from error
    return url


def public(address: str) -> bool:
    """True for an address on the open internet, also if it hides in an IPv6 one."""
    ip: IPv4Address | IPv6Address = ip_address(address.split("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in NAT64:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast


class _Private(OSError):
    """A name resolved to an address inside."""


class _PublicOnly(AbstractResolver):
    """Names of private addresses do not resolve. The connection goes to the very address that was looked at."""

    def __init__(self) -> None:
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not all(public(f["host"]) for f in found):
            raise _Private(PRIVATE)
        return found

    async def close(self) -> None:
        await self._inner.close()


PRIVATE = "it points into a private network; SENTINEL_CALENDAR_PRIVATE=true allows that"


async def fetch(url: str, etag: str, last_modified: str, allow_private: bool) -> Fetched:
    """The feed, if it is no longer the copy with this validator. Raises FetchFailed."""
    headers = {"Accept": "text/calendar, */*;q=0.1", "User-Agent": "fangorn-sentinel"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    connector = aiohttp.TCPConnector(resolver=None if allow_private else _PublicOnly(), force_close=True)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        ) as session:
            return await _followed(session, clean_url(url), headers, allow_private)
    except aiohttp.InvalidURL as error:
        raise FetchFailed("the address is no URL") from error
    except aiohttp.ClientConnectorDNSError as error:
        why = PRIVATE if isinstance(error.os_error, _Private) else "its host name cannot be resolved"
        raise FetchFailed(why) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise FetchFailed(f"its server did not answer: {type(error).__name__}") from error


async def _followed(session: aiohttp.ClientSession, url: str, headers: dict[str, str], allow_private: bool) -> Fetched:
    for _ in range(REDIRECTS + 1):
        _check_literal(url, allow_private)
        async with session.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status in (301, 302, 303, 307, 308) and "location" in answer.headers:
                url = clean_url(urljoin(url, answer.headers["location"]))
                continue
            if answer.status == 304:
                return Fetched(None)
            if answer.status != 200:
                raise FetchFailed(f"its server answered {answer.status}")
            body = await _read(answer)
            return Fetched(body, answer.headers.get("etag", "")[:500], answer.headers.get("last-modified", "")[:100])
    raise FetchFailed(f"more than {REDIRECTS} redirects")


def _check_literal(url: str, allow_private: bool) -> None:
    """A numeric address is not resolved, so no resolver sees it."""
    host = urlsplit(url).hostname or ""
    try:
        numeric = public(host)
    except ValueError:
        return
    if not numeric and not allow_private:
        raise FetchFailed(PRIVATE)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        body += chunk
        if len(body) > SIZE_MAX:
            raise FetchFailed(f"it is larger than {SIZE_MAX // 1024 // 1024} MiB")
    return bytes(body)
