"""From a person to the ordered ways of reaching them.

Published rules:
  - Contact methods that are enabled and verified are used. The outbox page is always: it has no address to prove.
  - Never nobody: while nothing is verified, all that is enabled is used, and the call says so.
  - The person's rules for the urgency come in the order of their delays; without usable rules everything is used at
    once.
  - FALLBACK_S after the last of them, what the rules left out is used too. Nobody can choose otherwise. The whole list
    is frozen when the person is called.
"""

from __future__ import annotations

from domain.configuration import Configuration
from domain.people import ContactMethod, NotificationRule, Urgency, User
from domain.policy import Target
from domain.targets import people

FALLBACK_S = 300.0
"""Time to answer the last page of one's own rules; less than most steps wait, so that the fallback still comes."""


def reachable(user: User | None) -> bool:
    """True for an active user with an enabled contact method."""
    return user is not None and user.active and any(c.enabled for c in user.contacts)


def proven(user: User) -> bool:
    """True if the person has an enabled address that is verified. The outbox page is none: nobody carries it along."""
    return any(c.enabled and c.verified and c.channel != "outbox" for c in user.contacts)


def usable(user: User) -> tuple[ContactMethod, ...]:
    """The contact methods that pages go to."""
    some = proven(user)
    return tuple(c for c in user.contacts if c.enabled and (c.verified or c.channel == "outbox" or not some))


def unverified(user: User) -> tuple[str, ...]:
    """Ids of the contact methods that are used although nobody has proved them."""
    return tuple(c.id for c in usable(user) if not c.verified and c.channel != "outbox")


def rules_for(user: User, urgency: Urgency) -> tuple[NotificationRule, ...]:
    """The person's rules for this urgency with the fallback, earliest first; everything at once if none can be used."""
    ways = [c.id for c in usable(user)]
    chosen = user.urgent if urgency == "urgent" else user.normal
    own = sorted((r for r in chosen if r.contact_method_id in ways), key=lambda r: r.delay_s)
    if not own:
        return tuple(NotificationRule(c, 0.0) for c in ways)
    used = {r.contact_method_id for r in own}
    after = own[-1].delay_s + FALLBACK_S
    return (*own, *(NotificationRule(c, after, fallback=True) for c in ways if c not in used))


def contact_of(user: User, contact_method_id: str) -> ContactMethod | None:
    """The user's contact method with this id, if it still exists."""
    return next((c for c in user.contacts if c.id == contact_method_id), None)


def reachable_people(config: Configuration, targets: tuple[Target, ...], at: float) -> list[str]:
    """Those of `people` who can be reached."""
    return [u for u in people(config, targets, at) if reachable(config.users.get(u))]


def last_resort(config: Configuration, at: float) -> list[str]:
    """Whom to call when all else fails: the organisation's last resort, or everybody who can be reached.

    Everybody is right when the last resort itself cannot be reached: a page too many to ten people is a blemish, an
    incident that reaches no human is the failure this product exists to prevent.
    """
    named = reachable_people(config, config.last_resort, at)
    return named or [u.id for u in config.users.values() if reachable(u) and not u.synthetic]
