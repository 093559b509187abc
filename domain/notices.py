"""Notices: what people are told without hurry, beside pages and never in their way.

A notice goes to one contact method, the first of the person's rules for normal urgency; if that fails, to the next,
until one takes it or all were tried. Quiet hours do not apply: who is told is about to be, or was just, on call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.notify import contact_of, rules_for
from domain.people import ContactMethod, User

LANE = "notice-"
"""Before the channel's name in the outbox: notices have send slots of their own, so that pages never wait for one."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell one person."""

    user_id: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class NoticesWanted:
    """Message to a schedule: tell these people."""

    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class HandoffConfirmed:
    """Message to a schedule: `user` says, or somebody says for them, that they have taken over."""

    user: str
    by: str


def next_way(user: User | None, tried: Sequence[str]) -> ContactMethod | None:
    """The contact method to try next for a notice, or None if none is left."""
    if user is None or not user.active:
        return None
    order = [r.contact_method_id for r in rules_for(user, "normal")] + [c.id for c in user.contacts if c.enabled]
    chosen = next((ident for ident in dict.fromkeys(order) if ident not in tried), None)
    return contact_of(user, chosen) if chosen is not None else None
