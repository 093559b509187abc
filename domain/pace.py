"""How fast alerts come: as many of an incident's newest firings as its policy's conditions can ask for. Pure."""

from __future__ import annotations

from domain.policy import Policy

Fired = tuple[tuple[float, int], ...]
"""(when, UTC epoch seconds; how many alerts began to fire then), oldest first."""


def fired_since(fired: Fired, since: float) -> int:
    """Alerts that began to fire after `since`, of those remembered."""
    return sum(count for at, count in fired if at > since)


def remembered(fired: Fired, policy: Policy | None, at: float, count: int) -> Fired:
    """With `count` firings more. One more than the highest limit is enough to answer; no limit, nothing is kept."""
    conditions = [step.when for step in policy.steps if step.when is not None] if policy is not None else []
    wanted = max((when.more_than + 1 for when in conditions if when.more_than is not None), default=0)
    kept: list[tuple[float, int]] = []
    for then, many in ((at, count), *reversed(fired)):
        if wanted > 0:
            kept.append((then, min(many, wanted)))
            wanted -= many
    return tuple(reversed(kept))
