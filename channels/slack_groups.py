"""A Slack user group made to hold certain people, by the Web API with a bot token.

`usergroups.users.update` replaces all members, so doing it twice is doing it once. Slack answers 200 with `ok: false`
for most that is wrong. Scopes: usergroups:write, and users:read.email for people whose Slack id is not configured.
https://docs.slack.dev/reference/methods/usergroups.users.update
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import msgspec

from channels.http import HttpClient
from runtime.effects import Accepted, Rejected, Unknown

PASSING = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""What Slack says when it may work later."""
KNOWN_S = 24 * 3600.0
"""For how long a looked-up Slack id is believed."""


class SlackGroups:
    """One per process."""

    def __init__(self, http: HttpClient, api: str) -> None:
        self._http = http
        self._api = api.rstrip("/")
        self._ids: dict[tuple[str, str], tuple[str, float]] = {}

    async def set(
        self, token: str, group: str, people: Mapping[str, tuple[str, str]], timeout_s: float
    ) -> Accepted | Rejected | Unknown:
        """Have the group hold these people: name -> (Slack id or "", e-mail). Who is not in Slack is left out."""
        found, missing = [], []
        for name, (slack_id, email) in people.items():
            answer = slack_id or await self._id_of(token, email, timeout_s / 4)
            if isinstance(answer, Rejected | Unknown):
                if isinstance(answer, Unknown) or answer.retryable:
                    return answer
                missing.append(name)
            else:
                found.append(answer)
        if not found:
            return Rejected(f"none of those on call is in this Slack by e-mail address: {', '.join(missing)}")
        done = await self._call(token, "usergroups.users.update", timeout_s / 2, usergroup=group, users=",".join(found))
        if isinstance(done, Rejected | Unknown):
            return done
        return Accepted(group, final=True, detail=f"not in Slack: {', '.join(missing)}" if missing else "")

    async def _id_of(self, token: str, email: str, timeout_s: float) -> str | Rejected | Unknown:
        known = self._ids.get((token, email))
        if known is not None and known[1] > monotonic():
            return known[0]
        answer = await self._call(token, "users.lookupByEmail", timeout_s, email=email)
        if isinstance(answer, Rejected | Unknown):
            return answer
        ident = str(answer.get("user", {}).get("id", ""))
        if not ident:
            return Rejected("Slack's answer names no user")
        self._ids[token, email] = ident, monotonic() + KNOWN_S
        return ident

    async def _call(
        self, token: str, method: str, timeout_s: float, **form: str
    ) -> dict[str, Any] | Rejected | Unknown:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = await self._http.post(f"{self._api}/{method}", urlencode(form).encode(), headers, timeout_s)
        if isinstance(answer, Rejected | Unknown):
            return answer
        try:
            body: dict[str, Any] = msgspec.json.decode(answer.body, type=dict[str, Any])
        except msgspec.DecodeError:
            return Unknown(f"Slack's answer to {method} is no JSON")
        if body.get("ok") is True:
            return body
        error = str(body.get("error", "unknown error"))[:100]
        return Rejected(f"Slack refuses {method}: {error}", retryable=error in PASSING)
