"""Where this installation may connect on somebody's word: the open internet, and what its settings allow besides.

Whoever may write down an address (a webhook, a Slack URL, a calendar) must not be able to make this machine speak to
what only it can reach: itself, its neighbours, the cloud's metadata. So an address is looked at when it is saved and
again for every connection, after its name was resolved, and the connection goes to the very address that was looked at
(a name that answers otherwise the second time changes nothing). Redirects are looked at like it, or not followed.

    open internet                                    yes
    private networks, loopback, link-local and so on if SENTINEL_ALLOW_ADDRESSES names them
    metadata services, multicast, unspecified        never
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import AddressFamily
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

Network = IPv4Network | IPv6Network
NAT64 = ip_network("64:ff9b::/96")
METADATA = tuple(
    map(ip_address, ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"))
)
"""AWS, GCP, Azure, OpenStack and others; AWS tasks; AWS by IPv6; Alibaba; Azure's host."""
SETTING = "SENTINEL_ALLOW_ADDRESSES"
RESOLVE_S = 3.0
"""A name that does not resolve by then is saved all the same: it is looked at again before each connection."""


class Refused(OSError):
    """A connection to an address that is not allowed. The message says why, and how to allow it."""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks as written in settings. Raises ValueError for what is neither."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts if text.strip())


def plain(address: str) -> IPv4Address | IPv6Address:
    """The address itself, also if it hides in an IPv6 one. Raises ValueError for a name."""
    ip = ip_address(address.split("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in NAT64:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        return inner or ip
    return ip


@dataclass(frozen=True, slots=True)
class Outside:
    """`allowed`: of what is inside. `all_private`: everything but what is never allowed; for what no user writes."""

    allowed: tuple[Network, ...] = ()
    all_private: bool = False
    setting: str = SETTING

    def refusal(self, address: str) -> str:
        """Why there may be no connection to a numeric address, or "". Raises ValueError for a name."""
        ip = plain(address)
        if ip in METADATA or ip.is_multicast or ip.is_unspecified:
            return f"{ip} is no address to send to (metadata service, multicast or unspecified)"
        if ip.is_global or self.all_private or any(ip in network for network in self.allowed):
            return ""
        how = f"{SETTING}={ip}" if self.setting == SETTING else self.setting
        return f"{ip} is in a private network; if that is meant, set {how} for gateways and hosts and restart them"

    def check_literal(self, url: str) -> None:
        """Raise Refused for a URL with a numeric address that is not allowed: no resolver ever sees that."""
        try:
            why = self.refusal(urlsplit(url).hostname or "")
        except ValueError:
            return
        if why:
            raise Refused(why)

    async def check(self, url: str) -> None:
        """Raise Refused if the host of the URL is, or resolves to, what is not allowed. An unknown name is let pass."""
        self.check_literal(url)
        host = urlsplit(url).hostname or ""
        try:
            async with asyncio.timeout(RESOLVE_S):
                found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError, UnicodeError):
            return
        for *_, address in found:
            if why := self.refusal(str(address[0])):
                raise Refused(why)


class Guarded(AbstractResolver):
    """Names resolve if every address of theirs is allowed; the connection goes to the addresses given here."""

    def __init__(self, outside: Outside) -> None:
        self._inner = aiohttp.ThreadedResolver()
        self._outside = outside

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for one in found:
            if why := self._outside.refusal(one["host"]):
                raise Refused(why)
        return found

    async def close(self) -> None:
        await self._inner.close()


def refused(error: BaseException | None) -> Refused | None:
    """The refusal behind an error of a connection, if that was the reason."""
    while error is not None and not isinstance(error, Refused):
        error = getattr(error, "os_error", None) or error.__cause__
    return error
