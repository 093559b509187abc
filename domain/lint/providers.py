"""One provider whose outage would silence a person or a whole policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from domain.explain_words import PROVIDERS
from domain.lint.ahead import Ahead, about_policy, about_user
from domain.lint.finding import Finding
from domain.people import ContactMethod, User
from domain.policy import Policy
from domain.targets import named


def provider(contact: ContactMethod) -> str:
    """Whose outage takes this contact method away: calls and SMS go together, webhooks by their host."""
    if contact.channel in ("sms", "voice"):
        return "the telephone provider"
    if contact.channel == "webhook":
        return f"the receiver {urlsplit(contact.address).hostname or ''}".strip()
    return PROVIDERS[contact.channel]


def check(ahead: Ahead) -> Iterator[Finding]:
    """A policy with one provider is a warning, a person with one an info: others of the policy may have another."""
    for user in ahead.responders.values():
        only = only_provider(ahead, [user])
        if only:
            text = f"{user.name} can be paged by {only} only; while that is away, not at all. Add a contact method."
            yield about_user("one_provider", "info", user, text)
    for policy in ahead.policies:
        people = list(_people(ahead, policy))
        only = only_provider(ahead, people)
        if only:
            text = (
                f"Everybody whom it calls can be paged by {only} only; while that is away, nobody is. Add another way."
            )
            yield about_policy("one_provider", "warning", policy, text)


def only_provider(ahead: Ahead, people: Iterable[User]) -> str:
    """The provider on which all of them depend, "" if there are several or none."""
    found = {provider(contact) for user in people for contact in ahead.usable(user)}
    return found.pop() if len(found) == 1 else ""


def _people(ahead: Ahead, policy: Policy) -> Iterator[User]:
    """Whom the policy calls, now and in the time ahead."""
    targets = [t for step in policy.steps for t in step.targets]
    found = {n.user_id for step in policy.steps for n in named(ahead.config, step.targets, ahead.now)}
    found |= {shift.user for schedule in ahead.named_in(targets).values() for shift in ahead.line(schedule)}
    return (ahead.config.users[u] for u in sorted(found) if u in ahead.config.users)
