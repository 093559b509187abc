"""Getting a calendar feed over HTTP: only what changed, only so much, and never from inside the network.

Somebody who may configure a calendar must not be able to read what only this machine can reach (cloud metadata, admin
pages): every address is looked at (channels/outside.py), after each redirect again. SENTINEL_CALENDAR_PRIVATE=true
allows private addresses, for an installation whose calendar is internal.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp

from channels.outside import Guarded, Outside, Refused, refused

SIZE_MAX = 4 * 1024 * 1024
TIMEOUT_S = 20.0
REDIRECTS = 3
SETTING = "SENTINEL_CALENDAR_PRIVATE=true"


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


async def fetch(url: str, etag: str, last_modified: str, allow_private: bool) -> Fetched:
    """The feed, if it is no longer the copy with this validator. Raises FetchFailed."""
    headers = {"Accept": "text/calendar, */*;q=0.1", "User-Agent": "fangorn-sentinel"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    outside = Outside(all_private=allow_private, setting=SETTING)
    connector = aiohttp.TCPConnector(resolver=Guarded(outside), force_close=True)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        ) as session:
            return await _followed(session, clean_url(url), headers, outside)
    except aiohttp.InvalidURL as error:
        raise FetchFailed("the address is no URL") from error
    except Refused as error:
        raise FetchFailed(f"its server is not asked: {error}") from error
    except aiohttp.ClientConnectorDNSError as error:
        inside = refused(error)
        why = "its host name cannot be resolved" if inside is None else f"its server is not asked: {inside}"
        raise FetchFailed(why) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise FetchFailed(f"its server did not answer: {type(error).__name__}") from error


async def _followed(session: aiohttp.ClientSession, url: str, headers: dict[str, str], outside: Outside) -> Fetched:
    for _ in range(REDIRECTS + 1):
        outside.check_literal(url)
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


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        body += chunk
        if len(body) > SIZE_MAX:
            raise FetchFailed(f"it is larger than {SIZE_MAX // 1024 // 1024} MiB")
    return bytes(body)
