"""What a saved silence or maintenance must satisfy. Each refusal names the field and says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.configuration import Configuration, Maintenance, Silence
from domain.errors import Invalid
from domain.maintenance import between
from domain.matcher import holds
from domain.route_checks import check_matcher, check_owner
from domain.validation import check_window, check_zone

MAX_SILENCES = 10_000
MAX_SCANNED = 200
"""Silences that no label finds are looked at for every alert, at some microseconds each."""
MAX_PATTERNS = 1_000
MAX_SILENCE_S = 400 * 86_400.0
MAX_MAINTENANCE = 500
MAX_OPEN_S = 7 * 86_400.0
"""Recurring hours must close at least this often."""


def check_silence(silence: Silence, config: Configuration, now: float) -> None:
    """Raise Invalid for a silence that cannot be asked, fits everything, has no end or is over. `now`: UTC seconds."""
    for n, matcher in enumerate(silence.matchers):
        check_matcher(matcher, f"matchers[{n}]")
    check_owner(config, "", policy_id=None, team_id=silence.team_id, service_id=silence.service_id)
    if silence.integration_id is not None and silence.integration_id not in config.integrations:
        raise Invalid("integration_id", f"There is no integration with id {silence.integration_id!r}.")
    scoped = silence.integration_id or silence.service_id or silence.team_id
    if not scoped and all(holds(matcher, {}) for matcher in silence.matchers):
        text = (
            "This would silence alerts without any label, and so nearly everything. Add a condition that an empty "
            "label does not meet, or name an integration, service or team."
        )
        raise Invalid("matchers", text)
    check_times(silence, now)


def check_times(silence: Silence, now: float) -> None:
    """Raise Invalid unless the silence ends after it starts, in the future, within 400 days."""
    if silence.ends_at <= silence.starts_at:
        raise Invalid("ends_at", "The silence must end after it starts.")
    if silence.ends_at <= now:
        raise Invalid("ends_at", "The silence would be over already; give it an end in the future.")
    if silence.ends_at - silence.starts_at > MAX_SILENCE_S:
        raise Invalid("ends_at", "A silence can last at most 400 days. What is to stay quiet for ever needs no alert.")


@dataclass(frozen=True, slots=True)
class Room:
    """Silences that are not over: all, those that no label finds, those with a pattern."""

    all: int
    scanned: int
    patterns: int

    def check(self, silence: Silence) -> None:
        """Raise Invalid if these, of which the silence is one already, are too many."""
        check_room(silence, self.all - 1, self.scanned - 1, self.patterns - 1)


def room_of(silences: Iterable[Silence]) -> Room:
    """Counted."""
    listed = list(silences)
    return Room(len(listed), sum(map(_scanned, listed)), sum(map(_patterned, listed)))


def _scanned(silence: Silence) -> bool:
    return not any(m.op == "=" and m.value for m in silence.matchers)


def _patterned(silence: Silence) -> bool:
    return any(m.op in ("=~", "!~") for m in silence.matchers)


def check_room(silence: Silence, total: int, scanned: int, patterns: int) -> None:
    """Raise Invalid if there are too many already: in all, without a label that must be equal, with a pattern."""
    if total >= MAX_SILENCES:
        raise Invalid("", f"There are {MAX_SILENCES} silences that are not over; end some first.")
    if scanned >= MAX_SCANNED and _scanned(silence):
        text = f"There are {MAX_SCANNED} silences without a label that must be equal; use = for one of its conditions."
        raise Invalid("matchers", text)
    if patterns >= MAX_PATTERNS and _patterned(silence):
        raise Invalid("matchers", f"There are {MAX_PATTERNS} silences with a pattern; use = where it does.")


def check_maintenance(work: Maintenance, config: Configuration, now: float) -> None:
    """Raise Invalid for a maintenance that names nothing known, is over, or would never end. `now`: UTC seconds."""
    for n, ident in enumerate(work.integration_ids):
        if ident not in config.integrations:
            raise Invalid(f"integration_ids[{n}]", f"There is no integration with id {ident!r}.")
    for n, ident in enumerate(work.service_ids):
        if ident not in config.services:
            raise Invalid(f"service_ids[{n}]", f"There is no service with id {ident!r}.")
    if work.id not in {w.id for w in config.maintenance} and len(config.maintenance) >= MAX_MAINTENANCE:
        raise Invalid("", f"There are {MAX_MAINTENANCE} maintenance windows that are not over; delete some first.")
    for n, window in enumerate(work.windows):
        check_zone(window.zone, f"windows[{n}].zone")
        check_window(window, f"windows[{n}]", config.holidays)
    if work.ends_at is None and not work.windows:
        raise Invalid(
            "ends_at", "A maintenance without hours needs an end; one with hours goes on until it is deleted."
        )
    if work.ends_at is not None and work.ends_at <= work.starts_at:
        raise Invalid("ends_at", "The maintenance must end after it starts.")
    if work.ends_at is not None and work.ends_at <= now:
        raise Invalid("ends_at", "The maintenance would be over already; give it an end in the future.")
    _check_length(work, config, now)


def _check_length(work: Maintenance, config: Configuration, now: float) -> None:
    if not work.windows and work.ends_at is not None and work.ends_at - work.starts_at > MAX_SILENCE_S:
        raise Invalid("ends_at", "A maintenance can last at most 400 days; take out of service what is away longer.")
    begin = max(now, work.starts_at)
    spans = between(work, config.holidays, begin, begin + 3 * MAX_OPEN_S) if work.windows else []
    if any(min(high, begin + 3 * MAX_OPEN_S) - max(low, begin) > MAX_OPEN_S for low, high in spans):
        raise Invalid("windows", "These hours hardly ever close: nobody would be paged for more than a week on end.")
