"""Carrying out what a schedule orders: notices to people, and the Slack user group.

A notice is sent through the same channels as a page, looked up at the moment of sending, but in lanes of its own, and a
provider that is known to be down is not tried: pages may need what it still can do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from actors.paging import recipient
from actors.repeatable import Repeatable
from channels.base import Capability, Channel, Page
from channels.guard import Guard
from channels.slack_groups import SlackGroups
from domain.configuration import Configuration
from domain.notices import LANE
from domain.oncall import who
from domain.rota import ShiftNotices
from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Send, Unknown

Outcome = Accepted | Rejected | Unknown


class NoticeHandler:
    """Effects of kind `notice`."""

    def __init__(self, channels: Mapping[str, Channel], public_url: str, guard: Guard) -> None:
        self._channels = channels
        self._url = public_url
        self._guard = guard

    def dedupes(self, channel: str) -> bool:
        return Capability.DEDUPES in self._channels[channel.removeprefix(LANE)].capabilities

    def can_cancel(self, channel: str) -> bool:
        return False

    async def send(self, send: Send, env: Configuration, timeout_s: float) -> Outcome:
        page = self._page(send, env)
        if page is None:
            return Rejected("the contact method or its owner was removed or disabled since the notice was ordered")
        return await self._guard.send(self._channels[send.channel.removeprefix(LANE)], page, timeout_s, False)

    async def reconcile(self, send: Send, env: Configuration, timeout_s: float) -> Accepted | NotFound | CannotTell:
        page = self._page(send, env)
        if page is None:
            return CannotTell()
        return await self._channels[send.channel.removeprefix(LANE)].reconcile(page, timeout_s)

    async def cancel(self, send: Send, env: Configuration, timeout_s: float) -> None:
        return None

    def _page(self, send: Send, env: Configuration) -> Page | None:
        found = recipient(send, env)
        if found is None:
            return None
        user, contact = found
        return Page(
            id=send.id,
            incident_id="",
            user_name=user.name,
            address=contact.address,
            subject=str(send.body["subject"]),
            text=str(send.body["text"]),
            url=self._url,
            severity="info",
            settings=contact.settings,
            attempt=send.attempt,
        )


class SlackGroupHandler(Repeatable):
    """Effects of kind `slack_group`: the group is made to hold who is on call at the moment of sending.

    So it does not matter how late, how often or in which order these are carried out.
    """

    def __init__(self, groups: SlackGroups, now: Callable[[], float]) -> None:
        self._groups = groups
        self._now = now

    async def send(self, send: Send, env: Configuration, timeout_s: float) -> Outcome:
        schedule = env.schedules.get(str(send.body["schedule_id"]))
        rules = env.rota.handoffs.get(str(send.body["schedule_id"]))
        if schedule is None or rules is None or not rules.slack_group or not rules.slack_token:
            return Rejected("the schedule, its Slack group or its token was removed since")
        users = who(schedule, self._now())
        if not users:
            return Accepted(send.id, final=True, detail="nobody is on call: Slack allows no empty group, so it stays")
        people = {}
        for user in (env.users[u] for u in users if u in env.users):
            people[user.name] = (env.rota.notices.get(user.id, ShiftNotices()).slack_user, user.email)
        return await self._groups.set(rules.slack_token, rules.slack_group, people, timeout_s)
