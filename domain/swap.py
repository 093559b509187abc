"""Swap requests: somebody asks others to take (part of) a shift, for nothing or for a shift of theirs.

            take                    decline by the last of those asked
    open ─────────▶ taken     open ─────────────────────────────────▶ declined
            withdraw                nobody took it by `expires_at`
    open ─────────▶ withdrawn open ─────────────────────────────────▶ expired

Only `open` leads anywhere. A request past `expires_at` expires before anything else is decided, so that nobody takes
what ended while no clock ticked. Repeating what already happened (taking what one took, declining twice) is no error
and changes nothing. Until it is taken the asker is on call as before: a request never removes anybody from duty.
Whether the asker is on call then and the taker free is asked of the resolver's line (`check`), in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from domain.duty import of_user
from domain.schedule import Shift

State = Literal["open", "taken", "declined", "withdrawn", "expired"]
MAX_OPEN = 200
"""Open requests of one person: more are a mistake of a program."""


@dataclass(frozen=True, slots=True)
class Span:
    """UTC epoch seconds, end exclusive."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Swap:
    """A request. `in_return`: the shift that `asker` takes over from the taker in exchange, same schedule.

    `asked`: user ids, each once, without the asker. `time_off_id`: made for this time off.
    """

    id: str
    schedule_id: str
    asker: str
    span: Span
    asked: tuple[str, ...]
    expires_at: float
    in_return: Span | None = None
    note: str = ""
    time_off_id: str | None = None
    state: State = "open"
    declined_by: tuple[str, ...] = ()
    taken_by: str | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """`by` takes it."""

    by: str


@dataclass(frozen=True, slots=True)
class Decline:
    """`by` will not."""

    by: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The asker, or a manager for them, no longer asks."""

    by: str


@dataclass(frozen=True, slots=True)
class Expire:
    """Time passed."""


Command = Take | Decline | Withdraw | Expire


@dataclass(frozen=True, slots=True)
class Taken:
    by: str


@dataclass(frozen=True, slots=True)
class Declined:
    by: str
    last: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    by: str


@dataclass(frozen=True, slots=True)
class Expired:
    pass


Event = Taken | Declined | Withdrawn | Expired


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, and why what was wanted did not; "" if it did, or had before."""

    events: tuple[Event, ...] = ()
    refused: str = ""


ENDED = {
    "taken": "somebody has taken this shift already",
    "declined": "everybody who was asked has declined; ask again",
    "withdrawn": "the request was withdrawn",
    "expired": "the request expired before anybody took it",
}


def decide(swap: Swap, command: Command, now: float) -> Outcome:
    """What follows from a command. `now`: UTC epoch seconds."""
    if swap.state != "open":
        return Outcome() if _again(swap, command) else Outcome(refused=ENDED[swap.state])
    if now >= swap.expires_at:
        return Outcome((Expired(),), "" if isinstance(command, Expire) else ENDED["expired"])
    match command:
        case Take(by):
            return Outcome((Taken(by),)) if by in swap.asked else Outcome(refused="this person was not asked")
        case Decline(by) if by not in swap.asked:
            return Outcome(refused="this person was not asked")
        case Decline(by) if by in swap.declined_by:
            return Outcome()
        case Decline(by):
            return Outcome((Declined(by, last={*swap.declined_by, by} >= set(swap.asked)),))
        case Withdraw(by):
            return Outcome((Withdrawn(by),))
        case Expire():
            return Outcome(refused="it has not expired yet")


def _again(swap: Swap, command: Command) -> bool:
    match command:
        case Take(by):
            return swap.state == "taken" and swap.taken_by == by
        case Decline(by):
            return by in swap.declined_by
        case Withdraw():
            return swap.state == "withdrawn"
        case Expire():
            return True


def apply(swap: Swap, event: Event) -> Swap:
    """The request after an event."""
    match event:
        case Taken(by):
            return replace(swap, state="taken", taken_by=by)
        case Declined(by, last):
            return replace(swap, declined_by=(*swap.declined_by, by), state="declined" if last else "open")
        case Withdrawn():
            return replace(swap, state="withdrawn")
        case Expired():
            return replace(swap, state="expired")


# -- against the line of shifts ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """`user` shall be on call instead of `instead_of` for a while."""

    user: str
    instead_of: str
    start: float
    end: float


def changes(swap: Swap, by: str, now: float) -> tuple[Change, ...]:
    """What being taken means for the schedule; of a shift that has begun, the rest."""
    given = Change(by, swap.asker, max(swap.span.start, now), swap.span.end)
    if swap.in_return is None:
        return (given,)
    return (given, Change(swap.asker, by, max(swap.in_return.start, now), swap.in_return.end))


def check(wanted: Sequence[Change], line: Sequence[Shift]) -> str:
    """Why the schedule does not allow these changes, or "". `line`: the resolver's, covering all of them.

    Who is handed a shift must be off then, but for what they hand over themselves in the same exchange; else two
    people's watch would quietly become one's.
    """
    for change in wanted:
        if of_user(line, change.instead_of, change.start, change.end) != [(change.start, change.end)]:
            return f"{change.instead_of} is not on call for all of that time (any more)"
        own = [(c.start, c.end) for c in wanted if c.instead_of == change.user]
        for low, high in of_user(line, change.user, change.start, change.end):
            if not any(a <= low and high <= b for a, b in own):
                return f"{change.user} is on call in this schedule then already"
    return ""
