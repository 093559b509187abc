"""Lint: what in a configuration would keep a page from reaching a human, now or in the time ahead. Pure.

One file per kind of finding; each has `check(ahead)`, which yields findings. Nothing here is asked by paging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from domain.configuration import Configuration
from domain.lint import absence, coverage, destinations, dst, exercise, people, providers, silence, steps
from domain.lint.ahead import Ahead
from domain.lint.finding import LEVELS, Facts, Finding, Report, Unchecked

CHECKS: tuple[Callable[[Ahead], Iterable[Finding]], ...] = (
    steps.check,
    destinations.check,
    people.check,
    coverage.check,
    absence.check,
    providers.check,
    silence.check,
    dst.check,
    exercise.check,
)
NO_TOKENS = Unchecked("stale_push_token", "this version has no push provider, so there are no tokens to look at")


def lint(config: Configuration, facts: Facts, now: float) -> Report:
    """Everything there is to find at `now`, UTC epoch seconds; the worst first, then the soonest."""
    ahead = Ahead(config, facts, now)
    found = [finding for check in CHECKS for finding in check(ahead)]
    found.sort(key=lambda f: (LEVELS.index(f.level), f.start if f.start is not None else 0.0, f.subject, f.kind))
    return Report(now, config.version, tuple(found), tuple(_unchecked(facts)))


def _unchecked(facts: Facts) -> Iterable[Unchecked]:
    yield NO_TOKENS
    if not facts.tried:
        yield Unchecked("contact_failing", "which pages did not arrive is known for the present only")
    if facts.heard is None:
        yield Unchecked("integration_silent", "there are no figures of what came in")
    if facts.exercised is None:
        yield Unchecked("never_exercised", "past incidents could not be read")
