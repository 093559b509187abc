"""Words of a page, for a tired person: what fires, how bad, since when, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from domain.calendar import utc
from domain.incident import Line, incident_id
from domain.line import firing
from domain.outage import OutagePage
from domain.quorum import needed, standing, who

SUBJECT_MAX = 120
LISTED = 5
"""Alerts named in a page; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Words:
    """`short` fits an SMS and a push; `text` is the whole."""

    subject: str
    short: str
    text: str


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def page(line: Line, line_key: str, step: int, why: str, repeats: OutagePage | None = None) -> Words:
    """The page for an incident. `why`: how this person came to be called. `repeats`: it perhaps went out before."""
    ident = incident_id(line_key, line.episode)
    severity = f"{'MAJOR ' if line.major else ''}{line.severity.value.upper()}"
    burning = firing(line)
    subject = clip(f"[{severity}] {line.title}", SUBJECT_MAX)
    more = f" (+{len(burning) - 1} more)" if len(burning) > 1 else ""
    short = clip(f"{severity}: {line.title}{more}. Incident {ident}", 160)
    lines = [
        f"{severity}: {line.title}",
        "",
        f"Firing since {_clock(line.opened_at)}; {len(burning)} alert{'s' if len(burning) != 1 else ''}:",
        *(f"- {clip(a.title, 200)}" for a in burning[:LISTED]),
        *([f"- and {len(burning) - LISTED} more"] if len(burning) > LISTED else []),
    ]
    if line.flap.since is not None:
        lines += ["It flaps: it was over and came back several times. It stays open until it is quiet."]
    description = next((a.description for a in burning if a.description), "")
    if description:
        lines += ["", clip(description, 600)]
    links = [link for a in burning[:LISTED] for link in a.links][:LISTED]
    lines += ["", *(f"{text or 'Link'}: {href}" for href, text in links)] if links else []
    lines += ["", f"You are called because: {why}.", _asked(line)]
    if repeats is not None:
        first = f"first sent at {utc(repeats.at).strftime('%H:%M:%S UTC')}, while Sentinel's database was away"
        lines += ["", f"Perhaps a repetition: {first}; it is not known whether it arrived."]
    return Words(subject, short, "\n".join(lines))


def _asked(line: Line) -> str:
    if needed(line) == 1:
        return "Acknowledge it, or the next person is called."
    so_far = f" So far: {who(line)}, {standing(line)}." if line.acks else ""
    return f"It takes {needed(line)} people: acknowledge it, or the next person is called.{so_far}"


def text_sha256(body: Mapping[str, Any]) -> str:
    """Hex SHA-256 of a page's subject, a line break and its text, in UTF-8: what the page ledger keeps of it."""
    return sha256(f"{body['subject']}\n{body['text']}".encode("utf-8", "surrogatepass")).hexdigest()


def _clock(instant: float) -> str:
    return f"{utc(instant).isoformat(' ')[:16]} UTC"
