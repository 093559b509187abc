"""Senders' words for severity. A word that is not here is kept in the labels, and the integration's default applies."""

from __future__ import annotations

from typing import Any

from domain.alert import Severity

_WORDS = {
    Severity.CRITICAL: "critical crit fatal emergency emerg alert page disaster p1 sev1 s1 1 high_urgency down",
    Severity.ERROR: "error err high major p2 sev2 s2 2",
    Severity.WARNING: "warning warn medium moderate minor average p3 sev3 s3 3 degraded",
    Severity.INFO: "info informational information low notice debug none p4 p5 sev4 sev5 s4 4 5 ok",
}
_KNOWN = {word: severity for severity, words in _WORDS.items() for word in words.split()}


def severity_of(word: Any) -> Severity | None:
    """Our severity for a sender's word, or None if it said nothing or something we do not know."""
    return _KNOWN.get(str(word).strip().lower()) if word is not None else None
