"""Silences and maintenance that come and go during a run, and who is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from domain.configuration import Configuration, Maintenance, Silence
from domain.matcher import Matcher
from domain.window import Window
from simulation.chance import Chance
from simulation.traffic import SERVICES

HOUR_S = 3_600.0
LOST = 0.3
"""Chance that an incident is not told that what it rests on has changed: it finds out by itself."""


def noise(chance: Chance, config: Configuration, at: float, n: int) -> Configuration:
    """Some more, some taken back, some changed; what is over is gone, as from a stored configuration."""
    silences = [s for s in config.silences if s.ends_at > at and not chance.happens(0.25, "expired", s.id, n)]
    silences = [_moved(chance, s, at, n) if chance.happens(0.2, "moved", s.id, n) else s for s in silences]
    silences += [_silence(chance, config, at, n, k) for k in range(4)]
    works = [w for w in config.maintenance if not chance.happens(0.3, "deleted", w.id, n)]
    works = [w for w in works if w.ends_at is None or w.ends_at > at]
    if chance.happens(0.6, "maintenance", n):
        works.append(_maintenance(chance, config, at, n))
    return replace(config, silences=tuple(silences), maintenance=tuple(works))


def _silence(chance: Chance, config: Configuration, at: float, n: int, k: int) -> Silence:
    service = SERVICES[chance.whole(0, len(SERVICES) - 1, "silenced", n, k)]
    matchers = (
        (Matcher("service", "=", service),),
        (Matcher("service", "=~", f"{service}|web|db"), Matcher("severity", "!=", "critical")),
        (Matcher("env", "=", "staging"),),
    )[chance.whole(0, 2, "fits", n, k)]
    begin = at + chance.between(0.0, 24 * HOUR_S, "begins", n, k)
    lasts = chance.between(0.2, 60.0, "lasts", n, k) * HOUR_S
    scope = next(iter(config.integrations)) if chance.happens(0.2, "scope", n, k) else None
    return Silence(f"s{n}-{k}", matchers, begin, begin + lasts, created_by="somebody", integration_id=scope)


def _moved(chance: Chance, silence: Silence, at: float, n: int) -> Silence:
    """Its end comes sooner or later."""
    return replace(silence, ends_at=at + chance.between(0.05, 30.0, "new end", silence.id, n) * HOUR_S)


def _maintenance(chance: Chance, config: Configuration, at: float, n: int) -> Maintenance:
    """Of one integration: for some hours, or every night of the working week."""
    idents = list(config.integrations)
    ident = idents[chance.whole(0, len(idents) - 1, "maintained", n)]
    once = chance.happens(0.5, "once", n)
    ends_at = at + chance.between(0.5, 8.0, "work lasts", n) * HOUR_S if once else None
    windows = () if once else (Window("Europe/Berlin", (0, 1, 2, 3, 4), "22:30", "03:00"),)
    return Maintenance(f"m{n}", "upgrade", at, ends_at, windows, (ident,))


def changed(before: Configuration, after: Configuration) -> set[str]:
    """Ids of silences and maintenance that were taken back or changed."""
    return {ident for ident, one in _all(before).items() if _all(after).get(ident) != one}


def _all(config: Configuration) -> Mapping[str, Silence | Maintenance]:
    found: dict[str, Silence | Maintenance] = {silence.id: silence for silence in config.silences}
    return found | {work.id: work for work in config.maintenance}
