"""People whom pages cannot reach, or not as they think."""

from __future__ import annotations

from collections.abc import Iterator

from domain.calendar import utc
from domain.lint.ahead import Ahead, about_user
from domain.lint.finding import Failing, Finding, Gone
from domain.notify import unverified
from domain.people import NotificationRule, User


def check(ahead: Ahead) -> Iterator[Finding]:
    """Responders are whom a policy in use or the last resort calls; of others only a missing address is told."""
    for user in ahead.config.users.values():
        if user.synthetic:
            continue
        if user.id in ahead.responders:
            yield from _responder(ahead, user)
        elif user.active and not ahead.usable(user):
            text = (
                f"No page could reach {user.name}, whom no policy in use calls: add a contact method before one does."
            )
            yield about_user("no_contact", "info", user, text)


def since(gone: Gone) -> str:
    """Since when an address does not exist, and who says so."""
    return f"since {utc(gone.since):%Y-%m-%d} there is no such address ({gone.why})"


def stale(failing: Failing) -> str:
    """How many pages did not arrive, since when, and why."""
    return f"none of the last {failing.pages} arrived, since {utc(failing.since):%Y-%m-%d %H:%M} UTC ({failing.why})"


def why_unreachable(ahead: Ahead, user: User) -> str:
    """In words, with what to do; "" if pages can reach them."""
    if not user.active:
        return f"{user.name} is not active: take them out of schedules and policies, or activate them."
    if ahead.usable(user):
        return ""
    enabled = [c for c in user.contacts if c.enabled]
    if enabled:
        return f"No page can reach {user.name}: {ahead.facts.channels[enabled[0].channel]}"
    if user.contacts:
        return f"All contact methods of {user.name} are disabled: enable one."
    return f"{user.name} has no contact method: add one."


def why_unproved(ahead: Ahead, user: User) -> str:
    """In words, if no address of theirs counts as verified; "" if one does. Without any address: ""."""
    if unverified(user):
        return f"No contact method of {user.name} is verified: whether pages arrive, nobody knows. Verify one."
    if not ahead.proved(user) and any(c.id in ahead.facts.gone for c in ahead.usable(user)):
        return f"The verified addresses of {user.name} do not exist any more. Add one that does, and verify it."
    return ""


def _responder(ahead: Ahead, user: User) -> Iterator[Finding]:
    why = why_unreachable(ahead, user)
    if why:
        yield about_user("no_contact", "critical", user, why)
        return
    usable = ahead.usable(user)
    known = {c.id for c in usable}
    for urgency, rules in (("urgent", user.urgent), ("normal", user.normal)):
        if rules and not known & {rule.contact_method_id for rule in rules}:
            text = f"None of the {urgency} rules of {user.name} can be used: their other contact methods are, at once."
            yield about_user("rules_unusable", "warning", user, text)
    if why := why_unproved(ahead, user):
        yield about_user("unverified", "warning", user, why)
    if all(c.channel == "outbox" for c in usable):
        text = f"{user.name} is paged on the outbox page only, which wakes nobody: add a contact method."
        yield about_user("outbox_only", "warning", user, text)
    yield from _addresses(ahead, user, {*user.urgent, *user.normal})


def _addresses(ahead: Ahead, user: User, rules: set[NotificationRule]) -> Iterator[Finding]:
    used = {rule.contact_method_id for rule in rules}
    for contact in user.contacts:
        name = f"{contact.channel} {contact.label}".strip()
        if contact.enabled and (problem := ahead.facts.channels.get(contact.channel)):
            text = f"Pages to {user.name} by {name} cannot be sent: {problem}"
            yield about_user("channel_not_configured", "warning" if contact.id in used else "info", user, text)
        elif contact.enabled and (gone := ahead.facts.gone.get(contact.id)) is not None:
            text = f"Pages to {user.name} by {name} reach nobody: {since(gone)}. Mend it or delete it."
            yield about_user("contact_gone", "warning", user, text)
        elif contact.enabled and (failing := ahead.facts.failing.get(contact.id)) is not None:
            text = f"Pages to {user.name} by {name} do not arrive: {stale(failing)}. Mend it, and send a test."
            yield about_user("contact_failing", "warning", user, text)
