"""Destinations: what they cannot stand in for, and which do not work."""

from __future__ import annotations

from collections.abc import Iterator

from domain.lint.ahead import Ahead, about_policy
from domain.lint.finding import Finding, Level
from domain.lint.people import since, stale


def check(ahead: Ahead) -> Iterator[Finding]:
    """A policy that names nothing else calls nobody; a step of one that does is in order."""
    for policy in ahead.policies:
        targets = [target for step in policy.steps for target in step.targets]
        if targets and all(target.kind == "destination" for target in targets):
            text = (
                "It names destinations only, and nobody who could acknowledge: name people, or a schedule, in a step."
            )
            yield about_policy("only_destinations", "critical", policy, text)
    named = {target.id for policy in ahead.own for step in policy.steps for target in step.targets}
    for destination in ahead.config.destinations.values():
        about = destination.id, destination.name
        if gone := ahead.facts.gone.get(destination.contact.id):
            text = f"Pages to it reach nobody: {since(gone)}. Mend the address."
            yield _about("destination_failing", "warning", *about, text)
        elif failing := ahead.facts.failing.get(destination.contact.id):
            text = f"Pages to it do not arrive: {stale(failing)}. Mend the address."
            yield _about("destination_failing", "warning", *about, text)
        if destination.id not in named:
            yield _about("destination_unused", "info", *about, "No step of a policy names it: use it, or delete it.")


def _about(kind: str, level: Level, ident: str, name: str, text: str) -> Finding:
    return Finding(kind, level, "destination", ident, name, text)
