"""Words of one message that stands for many pages: how many, of which services, how bad. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.alert import Severity
from domain.templates import SUBJECT_MAX, Words, clip

SERVICES = 10
LISTED = 5
"""Incidents named of a service; the rest are counted."""
ELSEWHERE = "no service"


@dataclass(frozen=True, slots=True)
class Told:
    """One of the pages. `service`: its name, "" if it has none."""

    incident_id: str
    title: str
    severity: Severity
    service: str = ""


def words(pages: Sequence[Told], url: str) -> Words:
    """`pages`: two or more. `url`: the list of the person's incidents."""
    services = _by_service(pages)
    worst = max((p.severity for p in pages), key=lambda s: s.rank)
    many = f"{len(pages)} more incidents"
    where = _where(services)
    subject = clip(f"[{worst.value.upper()}] {many}{where}", SUBJECT_MAX)
    lines = [f"{many} call you{where}."]
    for name, theirs in services[:SERVICES]:
        lines += ["", f"{name}, {len(theirs)}:"]
        lines += [
            f"- {p.severity.value.upper()}: {clip(p.title, 120)}. Incident {p.incident_id}" for p in theirs[:LISTED]
        ]
        lines += [f"- and {len(theirs) - LISTED} more"] if len(theirs) > LISTED else []
    if len(services) > SERVICES:
        rest = sum(len(theirs) for _, theirs in services[SERVICES:])
        lines += ["", f"And {rest} of {len(services) - SERVICES} more services."]
    lines += [
        "",
        f"All that you were called for: {url}",
        "They come in one message because so many were due at once. Each is an incident of its own: acknowledge each, "
        "or the next person is called.",
    ]
    return Words(subject, clip(f"{worst.value.upper()}: {many}{where}", 160), "\n".join(lines))


def _by_service(pages: Sequence[Told]) -> list[tuple[str, list[Told]]]:
    """Worst service first, of each the worst incident first; otherwise in the order given."""
    found: dict[str, list[Told]] = {}
    for page in sorted(pages, key=lambda p: -p.severity.rank):
        found.setdefault(page.service or ELSEWHERE, []).append(page)
    return sorted(found.items(), key=lambda item: (-item[1][0].severity.rank, -len(item[1]), item[0]))


def _where(services: Sequence[tuple[str, list[Told]]]) -> str:
    """ " in checkout", or ": 41 in checkout, 12 in search, 4 in others"."""
    if len(services) == 1:
        return "" if services[0][0] == ELSEWHERE else f" in {services[0][0]}"
    named = [f"{len(theirs)} in {clip(name, 40)}" for name, theirs in services[:2]]
    rest = sum(len(theirs) for _, theirs in services[2:])
    return ": " + ", ".join([*named, *([f"{rest} in others"] if rest else [])])
