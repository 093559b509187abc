"""Carrying out page effects: the contact is looked up at the moment of sending, so no address lies in the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from actors.repeatable import Repeatable
from channels.base import Capability, Channel, Page
from channels.guard import Guard
from domain.alert import Severity
from domain.configuration import Configuration
from domain.notify import contact_of, last_resort, usable
from domain.people import ContactMethod, User
from domain.together import Told, words
from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Send, Unknown
from runtime.sending import last_attempt

Outcome = Accepted | Rejected | Unknown
LIST = "incidents"
"""What a message for several incidents has for their id: mails of them make one thread, links say it."""


def _told(send: Send) -> Told:
    body = send.body
    title, service = str(body.get("incident", {}).get("title", body["subject"])), str(body.get("service", ""))
    return Told(str(body["incident_id"]), title, Severity(str(body["severity"])), service)


def recipient(send: Send, env: Configuration) -> tuple[User, ContactMethod] | None:
    """Whom the effect is for and by which contact method, as they are now; None if either is gone or disabled."""
    user = env.called(str(send.body.get("user_id", "")))
    contact = contact_of(user, str(send.body.get("contact_method_id", ""))) if user is not None else None
    if user is None or not user.active or contact is None or not contact.enabled:
        return None
    return user, contact


class PageHandler:
    """Effects of kind `page`. A provider that is down is passed by, unless the person has no other way."""

    def __init__(self, channels: Mapping[str, Channel], public_url: str, guard: Guard) -> None:
        self._channels = channels
        self._url = public_url
        self._guard = guard

    def dedupes(self, channel: str) -> bool:
        return Capability.DEDUPES in self._channels[channel].capabilities

    def can_cancel(self, channel: str) -> bool:
        found = self._channels.get(channel)
        return found is not None and Capability.CAN_CANCEL in found.capabilities

    async def send(self, send: Send, env: Configuration, timeout_s: float) -> Outcome:
        page = self._page(send, env)
        if page is None:
            return Rejected("the contact method or its owner was removed or disabled since the page was ordered")
        return await self._deliver(page, send, env, timeout_s)

    async def together(self, bundle: str, sends: Sequence[Send], env: Configuration, timeout_s: float) -> Outcome:
        """One message `bundle` to the one contact method of all these sends."""
        first = sends[0]
        page = self._page(first, env)
        if page is None:
            return Rejected("the contact method or its owner was removed or disabled since the pages were ordered")
        user = str(first.body["user_id"])
        url = f"{self._url}/incidents" + ("" if user in env.destinations else f"?person={quote(user)}")
        told = words([_told(send) for send in sends], url)
        page = replace(page, id=bundle, incident_id=LIST, subject=told.subject, text=told.text, url=url)
        return await self._deliver(page, first, env, timeout_s)

    async def _deliver(self, page: Page, send: Send, env: Configuration, timeout_s: float) -> Outcome:
        user, contact = env.called(str(send.body["user_id"])), str(send.body["contact_method_id"])
        others = user is None or user.id in env.destinations or any(c.id != contact for c in usable(user))
        must = not others or last_attempt(send.attempt)
        return await self._guard.send(self._channels[send.channel], page, timeout_s, must)

    async def reconcile(self, send: Send, env: Configuration, timeout_s: float) -> Accepted | NotFound | CannotTell:
        page = self._page(send, env)
        return CannotTell() if page is None else await self._channels[send.channel].reconcile(page, timeout_s)

    async def cancel(self, send: Send, env: Configuration, timeout_s: float) -> None:
        page = self._page(send, env)
        if page is not None and send.provider_id is not None:
            await self._channels[send.channel].cancel(page, send.provider_id, timeout_s)

    def _page(self, send: Send, env: Configuration) -> Page | None:
        found = recipient(send, env)
        if found is None:
            return None
        user, contact = found
        return Page(
            id=send.id,
            incident_id=str(send.body["incident_id"]),
            user_name=user.name,
            address=contact.address,
            subject=str(send.body["subject"]),
            text=str(send.body["text"]),
            url=f"{self._url}/incidents/{send.body['incident_id']}",
            severity=str(send.body["severity"]),
            settings=contact.settings,
            data=send.body.get("incident", {}),
            attempt=send.attempt,
        )


class QuarantineHandler(Repeatable):
    """Effects of kind `quarantined`: an entity cannot run; the last resort is told plainly, on every contact."""

    def __init__(self, channels: Mapping[str, Channel], public_url: str) -> None:
        self._channels = channels
        self._url = public_url

    async def send(self, send: Send, env: Configuration, timeout_s: float) -> Outcome:
        """Accepted as soon as one contact took it."""
        pairs = [
            (user, contact)
            for user in map(env.users.__getitem__, last_resort(env, 0.0))
            for contact in user.contacts
            if contact.enabled
        ]
        sends = [self._channels[c.channel].send(self._notice(send, u, c), timeout_s) for u, c in pairs]
        outcomes = await asyncio.gather(*sends)
        if any(isinstance(o, Accepted) for o in outcomes):
            return Accepted(send.id, final=True, detail=f"told on {len(outcomes)} contact methods")
        reasons = "; ".join(o.reason for o in outcomes if not isinstance(o, Accepted))
        return Rejected(reasons or "nobody can be reached at all", retryable=True)

    def _notice(self, send: Send, user: User, contact: ContactMethod) -> Page:
        return Page(
            id=f"{send.id}-{contact.id}",
            incident_id=str(send.body["incident_id"]),
            user_name=user.name,
            address=contact.address,
            subject=str(send.body["subject"]),
            text=str(send.body["text"]),
            url=self._url,
            severity="critical",
            settings=contact.settings,
            attempt=send.attempt,
        )
