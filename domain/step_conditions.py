"""Whether a step of a policy is taken now, or passed over and why. Pure.

What cannot be told is decided so that people are called: a step whose condition fails to be asked is taken, and one
that resolves the incident is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from domain.configuration import Configuration
from domain.holidays import asked
from domain.incident import FULL_MEMBERS, Line
from domain.line import firing
from domain.matcher import Matcher, holds
from domain.pace import fired_since
from domain.pattern import BadPattern
from domain.policy import Conditions, Step
from domain.spans import Opening
from domain.window import Window

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
BROKEN = (BadPattern, LookupError, OSError, ValueError)
"""What asking can raise: a pattern, zone or time that this version or machine does not take."""


@dataclass(frozen=True, slots=True)
class Judged:
    """`unmet`: why the step is passed over, "" if it is taken. `doubt`: what could not be asked, "" if all could."""

    unmet: str = ""
    doubt: str = ""


class Unknown(Exception):
    """A condition that cannot be answered; the text says why."""


def judged(step: Step, line: Line, config: Configuration, now: float) -> Judged:
    """Ask the step's conditions about the incident at an instant."""
    if step.when is None:
        return Judged()
    try:
        return Judged(unmet=_unmet(step.when, line, config, now))
    except (Unknown, *BROKEN) as error:
        doubt = f"its condition cannot be asked: {error}"
        return Judged(unmet=doubt) if step.resolve else Judged(doubt=doubt)


def _unmet(when: Conditions, line: Line, config: Configuration, now: float) -> str:
    if when.severities and line.severity not in when.severities:
        return f"it is for {_or([s.value for s in when.severities])} only, and this is {line.severity.value}"
    if when.windows and not any(_open(window, config, now) for window in when.windows):
        return f"it is only taken {_or([in_words(window, config) for window in when.windows])}"
    if when.more_than is not None:
        seen = fired_since(line.fired, now - when.within_s)
        if seen <= when.more_than:
            span = f"{when.within_s / 60:g} min"
            return f"it needs more than {when.more_than} alerts in {span}, and {seen} began to fire"
    return _unmatched(when.matchers, line)


def _open(window: Window, config: Configuration, now: float) -> bool:
    named = [calendar for ident, calendar in config.holidays.items() if ident == window.holidays]
    return Opening((window,), ZoneInfo(window.zone), asked(named)).holds(now)


def _unmatched(matchers: tuple[Matcher, ...], line: Line) -> str:
    if not matchers or any(all(holds(m, a.labels) for m in matchers) for a in firing(line)):
        return ""
    said = " and ".join(f"{m.label}{m.op}{m.value}" for m in matchers)
    if len(line.alerts) > FULL_MEMBERS:
        raise Unknown(f"only {FULL_MEMBERS} alerts are kept with their labels, and none of those has {said}")
    return f"no alert that fires has {said}"


def in_words(window: Window, config: Configuration) -> str:
    """on Mon, Tue from 09:00 to 17:00 Europe/Berlin, not on days of Feiertage."""
    days = f"on {', '.join(DAYS[d] for d in sorted(window.weekdays))}" if window.weekdays else "daily"
    hours = "" if window.start == window.end == "00:00" else f" from {window.start} to {window.end}"
    text = f"{days}{hours} {window.zone}"
    if not window.holidays:
        return text
    known = config.holidays.get(window.holidays)
    name = known.name if known is not None else window.holidays
    return f"{text}, {'only' if window.on_holidays == 'only' else 'not'} on days of {name}"


def _or(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
