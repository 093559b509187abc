"""All of the judge's questions put to one outcome."""

from __future__ import annotations

from simulation.collector import resting
from simulation.judging.alerts import Firing, accepted
from simulation.judging.beats import Beats, heard
from simulation.judging.finding import Finding
from simulation.judging.handoffs import handoffs
from simulation.judging.opinion import Opinion
from simulation.judging.pages import pages, receipts
from simulation.judging.steps import Walk
from simulation.judging.ties import tied, ties
from simulation.outcome import Outcome


def judge(outcome: Outcome) -> list[Finding]:
    """All violations, in order of time; none means that the promise held in this run."""
    with resting():
        return ordered([*_kept(outcome), *_called(outcome)])


def ordered(findings: list[Finding]) -> list[Finding]:
    """As the judge tells them."""
    return sorted(findings, key=lambda f: (f.at, f.entity, f.kind))


def _kept(outcome: Outcome) -> list[Finding]:
    """What senders and providers said is kept, and what fires is in an incident."""
    found: list[Finding] = []
    accepted(outcome, found.append)
    heard(outcome, found.append)
    receipts(outcome, found.append)
    merged = tied(outcome)
    ties(outcome, merged, found.append)
    for entity, rows in outcome.journals.items():
        if entity.startswith("heartbeat/"):
            Beats(entity, outcome, found.append).follow(rows)
        elif entity.startswith("incident/") and entity not in merged:
            Firing(entity, outcome, found.append).follow(rows)
    found += [Finding("drift", entity, "its state was read back differently", at) for at, entity in outcome.drift]
    return found


def _called(outcome: Outcome) -> list[Finding]:
    """The right people were called, in time, as long as it was due."""
    found: list[Finding] = []
    opinion = Opinion(outcome.scenario.end + 86_400)
    for entity, rows in outcome.journals.items():
        if entity.startswith("schedule/"):
            handoffs(entity, rows, opinion, outcome, found.append)
        elif entity.startswith("incident/"):
            walk = Walk(entity, outcome, opinion, found.append)
            walk.follow(rows)
            pages(entity, rows, walk.quiet, walk.spared, outcome, found.append)
    return found
