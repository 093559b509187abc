"""Whether somebody is to be paged for an incident now, by what the configuration says about noise. Pure.

    silences        cover an incident if every alert of it that fires is fitted by one of them
    maintenance     covers an incident of its services and integrations, whatever fires in it
    time given      covers an incident from its opening on, for as long as its rule or integration says

What covers it longest is named. In doubt nothing is covered and people are paged: a pattern that cannot be asked, a
group of which the sender left alerts out, a zone or holiday calendar that is not known, an alert whose labels are not
kept (domain/alerts.py) and that no silence fitted when it fired. The canary of the watchdog is under no rules of the
organisation, so under nothing of this either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.configuration import Configuration, Route, Silence
from domain.incident import Cover, Line
from domain.line import firing
from domain.maintenance import concerns, open_until
from domain.routing import Rules

NAMED = 3
"""Makers of silences named in a sentence."""
_KEPT = 8


class Silences:
    """A list of silences, made ready for being asked often: found by a label that must be equal, as routes are."""

    def __init__(self, silences: Sequence[Silence]) -> None:
        self.by_id = {s.id: s for s in silences}
        self._silences = tuple(silences)
        self._rules = Rules([Route(matchers=s.matchers) for s in silences])

    def fitting(self, line: Line, labels: Mapping[str, str], now: float) -> list[Silence]:
        """Those in force that fit an alert of the line."""
        found = (self._silences[n] for n, _ in self._rules.matching(labels))
        return [s for s in found if s.starts_at <= now < s.ends_at and _within(s, line)]


def _within(silence: Silence, line: Line) -> bool:
    return (
        silence.integration_id in (None, line.integration_id)
        and silence.service_id in (None, line.service_id)
        and silence.team_id in (None, line.team_id)
    )


_ready: dict[int, tuple[tuple[Silence, ...], Silences]] = {}
"""By identity: a loaded configuration never changes, and comparing thousands of silences takes longer than asking."""


def ready(silences: tuple[Silence, ...]) -> Silences:
    """The silences made ready, once."""
    known = _ready.get(id(silences))
    if known is not None and known[0] is silences:
        return known[1]
    made = Silences(silences)
    if len(_ready) >= _KEPT:
        _ready.clear()
    _ready[id(silences)] = (silences, made)
    return made


def fitting(config: Configuration, line: Line, labels: Mapping[str, str], now: float) -> list[Silence]:
    """Silences in force at `now` that fit an alert with these labels in the incident of `line`."""
    return ready(config.silences).fitting(line, labels, now) if config.silences else []


def cover(config: Configuration, line: Line, now: float) -> Cover | None:
    """Why nobody is paged for the open incident at `now`; None if people are."""
    integration = config.integrations.get(line.integration_id)
    if integration is not None and not integration.organisation_routes:
        return None
    found = [c for c in (_given(line, now), _maintained(config, line, now), _silenced(config, line, now)) if c]
    return max(found, key=lambda c: c.until) if found else None


def _given(line: Line, now: float) -> Cover | None:
    until = line.wait_until
    return Cover("wait", (), "given time to resolve by itself", until) if until is not None and now < until else None


def _maintained(config: Configuration, line: Line, now: float) -> Cover | None:
    """By the one that goes on longest."""
    found = [
        (until, work)
        for work in config.maintenance
        if concerns(work, line.integration_id, line.service_id)
        and (until := open_until(work, config.holidays, now)) is not None
    ]
    if not found:
        return None
    until, work = max(found, key=lambda f: (f[0], f[1].id))
    return Cover("maintenance", (work.id,), f"under maintenance ({work.name})", until, work.comment)


def _silenced(config: Configuration, line: Line, now: float) -> Cover | None:
    """Rests, for each alert, on the one that lasts longest."""
    alerts = firing(line)
    if not config.silences or line.truncated or not alerts:
        return None
    known = ready(config.silences).by_id
    rests: dict[str, Silence] = {}
    for alert in alerts:
        if alert.silences is None:
            found = fitting(config, line, alert.labels, now)
        else:
            found = [s for i in alert.silences if (s := known.get(i)) is not None and s.starts_at <= now < s.ends_at]
        if not found:
            return None
        longest = max(found, key=lambda s: (s.ends_at, s.id))
        rests[longest.id] = longest
    first = min(rests.values(), key=lambda s: (s.ends_at, s.id))
    by = f"silenced by {_makers(rests.values())}"
    return Cover("silence", tuple(sorted(rests)), by, first.ends_at, first.comment)


def _makers(silences: Iterable[Silence]) -> str:
    names = list(dict.fromkeys(s.created_by or "somebody" for s in silences))
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
