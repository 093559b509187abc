"""Slack incoming webhook: one message per page. Slack answers "ok" and offers no look-up and no de-duplication.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from channels.base import Capability, Page
from channels.http import HttpClient, host_of
from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Unknown

MARKS = {"critical": ":red_circle:", "error": ":large_orange_circle:", "warning": ":large_yellow_circle:"}


class SlackChannel:
    """One POST per page."""

    name = "slack"
    capabilities = Capability.NONE
    configured = True
    problem = ""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def provider(self, page: Page) -> str:
        return host_of(page.address)

    async def send(self, page: Page, timeout_s: float) -> Accepted | Rejected | Unknown:
        mark = MARKS.get(page.severity, ":large_blue_circle:")
        everybody = "<!channel> " if page.settings.get("mention") == "channel" else ""
        text = f"{everybody}{mark} *{escape(page.subject)}* for {escape(page.user_name)}"
        blocks = [
            {"type": "section", "text": {"type": "mrkdwn", "text": text}},
            {"type": "section", "text": {"type": "plain_text", "text": page.text[:2900]}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": f"<{page.url}|{page.incident_id}>"}]},
        ]
        body = msgspec.json.encode({"text": text, "blocks": blocks})
        answer = await self._http.post(page.address, body, {"Content-Type": "application/json"}, timeout_s)
        if isinstance(answer, Rejected) and answer.reason.endswith(" 404"):
            return replace(answer, gone=True)  # no_service, no_team, channel_not_found: the webhook was removed
        if isinstance(answer, Rejected | Unknown):
            return answer
        return Accepted(page.id, final=True)

    async def reconcile(self, page: Page, timeout_s: float) -> Accepted | NotFound | CannotTell:
        return CannotTell()

    async def cancel(self, page: Page, provider_id: str, timeout_s: float) -> None:
        return None


def escape(text: str) -> str:
    """The three characters Slack gives a meaning to."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
