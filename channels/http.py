"""One HTTP client for all channels: no proxies from the environment, no redirects, nothing secret in errors."""

from __future__ import annotations

import httpx

from runtime.effects import Rejected, Unknown

RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpClient:
    """Posts a body and classifies what may have become of it."""

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=100)
        self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, limits=limits)

    async def post(
        self, url: str, content: bytes, headers: dict[str, str], timeout_s: float
    ) -> httpx.Response | Rejected | Unknown:
        """The response with status 2xx; else what to make of it.

        Errors name the host only: a webhook URL is often a secret itself.
        """
        try:
            host = httpx.URL(url).host
        except httpx.InvalidURL:
            return Rejected("the address is no URL; correct the contact method")
        try:
            response = await self._client.post(url, content=content, headers=headers, timeout=timeout_s)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            permanent = isinstance(error, httpx.UnsupportedProtocol)
            return Rejected(f"cannot connect to {host}: {type(error).__name__}", retryable=not permanent)
        except httpx.HTTPError as error:
            return Unknown(f"{host} did not answer: {type(error).__name__}")
        if response.is_success:
            return response
        return Rejected(f"{host} answered {response.status_code}", retryable=response.status_code in RETRYABLE)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
