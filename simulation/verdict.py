"""What there is to say of a scenario: whether the promise held, what it was like for people, the digest of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

from simulation.aside import Progress, cores, each
from simulation.collector import resting
from simulation.judging import Finding, judge
from simulation.judging.judge import ordered
from simulation.parts import divided
from simulation.report import Counts, Report, count, report
from simulation.run import simulate
from simulation.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one run. `findings`: violations of the promise in order of time; `where`: the part that has the first one.

    `decisions`: turns taken by all entities. `digest`: 16 hex characters; equal runs have equal ones.
    """

    findings: list[Finding]
    where: Scenario | None
    report: Report
    decisions: int
    digest: str


@dataclass(frozen=True, slots=True)
class _Said:
    findings: list[Finding]
    counts: Counts
    decisions: int
    digest: str


def verdict(scenario: Scenario, progress: Progress = lambda _: None, at_once: int | None = None) -> Verdict:
    """Run and judge it in its parts, `at_once` of them in processes of their own: by default, one per core.

    The same however many that are. `progress` hears the share that was run, 0 to 1. Raises simulation.aside.Aborted.
    """
    parts = divided(scenario)
    said = each([partial(_part, part) for part in parts], progress, at_once or cores())
    findings = ordered([finding for one in said for finding in one.findings])
    where = [part for part, one in zip(parts, said, strict=True) if findings and findings[0] in one.findings]
    return Verdict(
        findings=findings,
        where=where[0] if where else None,
        report=report(scenario, [one.counts for one in said]),
        decisions=sum(one.decisions for one in said),
        digest=_digest([one.digest for one in said]),
    )


def _part(scenario: Scenario, progress: Progress) -> _Said:
    with resting():
        outcome = simulate(scenario, progress)
        return _Said(judge(outcome), count(outcome), outcome.decisions, outcome.digest())


def _digest(parts: Sequence[str]) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
