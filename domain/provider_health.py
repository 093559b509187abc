"""Whether pages get through by a channel, judged by what became of those of the last hour."""

from __future__ import annotations

from domain.health_facts import ProviderFact
from domain.health_part import Part, State

ENOUGH = 5
"""Fewer pages say nothing about a provider: one wrong address is one page in three."""


def error_rate(fact: ProviderFact) -> float | None:
    """Share of the last hour's pages that did not, or perhaps did not, go out; None: there were none."""
    tried = fact.sent + fact.failed + fact.unknown
    return (fact.failed + fact.unknown) / tried if tried else None


def provider(fact: ProviderFact) -> Part:
    """One channel's part."""
    state, text = _judged(fact)
    return Part(f"provider-{fact.channel}", fact.channel, state, text, "" if state == "ok" else "provider-down")


def _judged(fact: ProviderFact) -> tuple[State, str]:
    if fact.problem:
        if not fact.contacts:
            return "ok", f"Not set up, and nobody is reached by it. {fact.problem}"
        return "bad", f"{fact.contacts} contact methods use it, and nothing can be sent by it. {fact.problem}"
    if fact.breakers:
        why = "; ".join(f"{b.provider} on {b.hosts} host(s) ({b.why})" for b in fact.breakers)
        text = (
            f"Not sent to now: {why}. People's other contact methods are used at once. Look at the provider's status, "
            "then test it here."
        )
        return "bad", text
    rate, tried = error_rate(fact), fact.sent + fact.failed + fact.unknown
    if rate is None:
        return "ok", "Set up; no page went by it in the last hour. Test it if in doubt."
    said = f"{fact.sent} of {tried} pages of the last hour went out"
    if tried >= ENOUGH and rate >= 0.5:
        return (
            "bad",
            f"{said}. The last one failed: {fact.last_failure or 'no answer'}. Look at the provider, then test it.",
        )
    if fact.failed + fact.unknown:
        return (
            "warning",
            f"{said}. The last one that failed: {fact.last_failure or 'no answer'}. The outbox says whose.",
        )
    return "ok", f"{said}."
