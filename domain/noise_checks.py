"""What a saved silence must satisfy. Each refusal names the field and says what to do."""

from __future__ import annotations

from domain.configuration import Configuration, Silence
from domain.errors import Invalid
from domain.matcher import holds
from domain.route_checks import check_matcher, check_owner

MAX_SILENCES = 10_000
MAX_SCANNED = 200
"""Silences that no label finds are looked at for every alert, at some microseconds each."""
MAX_PATTERNS = 1_000
MAX_SILENCE_S = 400 * 86_400.0


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


def check_room(silence: Silence, total: int, scanned: int, patterns: int) -> None:
    """Raise Invalid if there are too many already: in all, without a label that must be equal, with a pattern."""
    if total >= MAX_SILENCES:
        raise Invalid("", f"There are {MAX_SILENCES} silences that are not over; end some first.")
    if scanned >= MAX_SCANNED and not any(m.op == "=" and m.value for m in silence.matchers):
        text = f"There are {MAX_SCANNED} silences without a label that must be equal; use = for one of its conditions."
        raise Invalid("matchers", text)
    if patterns >= MAX_PATTERNS and any(m.op in ("=~", "!~") for m in silence.matchers):
        raise Invalid("matchers", f"There are {MAX_PATTERNS} silences with a pattern; use = where it does.")
