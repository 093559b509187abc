"""What there is to say of a run when it is over: whether the promise held, what it was like for people, its digest."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.aside import both
from simulation.collector import resting
from simulation.judging import Finding
from simulation.judging.judge import called, kept, ordered
from simulation.outcome import Outcome
from simulation.report import Report, report


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one run. `findings`: violations of the promise, as `judge` gives them."""

    findings: list[Finding]
    report: Report
    digest: str


def verdict(outcome: Outcome) -> Verdict:
    """The same as one after the other, on two cores: half of the judge's questions are put in another process."""
    with resting():
        people, (alerts, found, digest) = both(
            lambda: called(outcome), lambda: (kept(outcome), report(outcome), outcome.digest())
        )
        return Verdict(ordered([*alerts, *people]), found, digest)
