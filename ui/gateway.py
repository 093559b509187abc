"""Asking the gateway as the person whose page it is: with the session cookie their browser sent, and nothing more."""

from __future__ import annotations

from typing import Any

import httpx

from ui.settings import Settings

TIMEOUT_S = 10.0
LIMITS = httpx.Limits(keepalive_expiry=2.0)
"""The gateway closes what was idle for five seconds; a request on such a connection would meet nobody."""
settings = Settings.from_env()
_client: httpx.AsyncClient | None = None


class Refused(Exception):
    """The gateway said no, or nothing. The text is for the person; `status` 0: there was no answer.

    `faults`: what is wrong with which field, by its JSON pointer (RFC 6901). `tag`: the ETag of what is stored now, if
    it was refused because somebody else saved in between (412).
    """

    def __init__(self, text: str, status: int = 0, faults: dict[str, str] | None = None, tag: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.faults = faults or {}
        self.tag = tag

    def at(self, faults: dict[str, str]) -> Refused:
        """The same, with its faults at the fields of a page that shows them there."""
        text = f"Not acceptable yet: {next(iter(faults.values()))} See what is marked." if faults else str(self)
        return Refused(text, self.status, faults, self.tag)

    def __reduce__(self) -> tuple[type[Refused], tuple[str, int, dict[str, str], str]]:
        return (type(self), (str(self), self.status, self.faults, self.tag))


async def ask(cookie: str, method: str, path: str, body: Any = None, if_match: str = "", **query: Any) -> Any:
    """The answer's JSON (None if it has none). `path` below /api/v1; `if_match`: the ETag of the state that is edited,

    "": whatever is stored. Raises Refused.
    """
    return _said(await _asked(cookie, method, path, body, if_match, query))


async def take(cookie: str, path: str) -> tuple[Any, str]:
    """What a GET says, and its ETag ("": it has none). Raises Refused."""
    answer = await _asked(cookie, "GET", path, None, "", {})
    return _said(answer), answer.headers.get("etag", "")


async def _asked(
    cookie: str, method: str, path: str, body: Any, if_match: str, query: dict[str, Any]
) -> httpx.Response:
    global _client
    if _client is None:
        _client = httpx.AsyncClient(
            base_url=f"{settings.gateway}/api/v1", timeout=TIMEOUT_S, trust_env=False, limits=LIMITS
        )
    wanted = {k: v for k, v in query.items() if v not in (None, "", [])}
    headers = {"cookie": cookie} | ({"if-match": if_match} if if_match else {})
    try:
        return await _client.request(method, path, json=body, params=wanted, headers=headers)
    except httpx.HTTPError as error:
        raise Refused(f"The gateway does not answer ({type(error).__name__}). Try again in a moment.") from error


def _said(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        said = answer.json()
        detail = str(said["detail"])
        faults = {e["pointer"]: e["detail"] for e in said.get("errors", [])}
    except (ValueError, KeyError, TypeError):
        detail, faults = f"The gateway answered {answer.status_code}.", {}
    raise Refused(detail, answer.status_code, faults, answer.headers.get("etag", ""))
