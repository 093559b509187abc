"""Policies that have never been tried: what has never paged anybody has never been proven to."""

from __future__ import annotations

from collections.abc import Iterator

from domain.lint.ahead import Ahead, about_policy
from domain.lint.finding import Finding


def check(ahead: Ahead) -> Iterator[Finding]:
    """Of policies in use, those without an incident, at all or since they were changed; and those not in use."""
    exercised = ahead.facts.exercised
    if exercised is None:
        return
    used = {policy.id for policy in ahead.policies}
    for policy in ahead.policies:
        last = exercised.get(policy.id)
        if last is None:
            text = "No incident has ever taken it. Raise a test alert; its preview says whom it should page."
            yield about_policy("never_exercised", "info", policy, text)
        elif last.version < policy.version:
            text = (
                f"No incident has taken it since it was changed: version {policy.version}, last tried {last.version}."
            )
            yield about_policy("not_exercised_since_change", "info", policy, text)
    for policy in ahead.own:
        if policy.id not in used:
            text = "No integration, service or rule leads to it: use it, or delete it."
            yield about_policy("policy_unused", "info", policy, text)
