"""How many people have acknowledged an incident whose policy asks for several. Pure.

People count, each once: a machine (an API key without a user) counts only where one acknowledgement is enough. Whoever
is counted is not paged again, and the escalation goes on to the others, until so many are counted as the policy asks
for. An acknowledgement stops to be counted when whoever gave it takes it back, when their shift ends, when they are
called by name again (a reassignment), and when the incident rings anew for everybody: it was snoozed, it grew, nobody
did anything with it.
"""

from __future__ import annotations

from domain.incident import Acknowledge, Line

EVERYBODY_HAS = "everybody whom it calls has acknowledged already"


def needed(line: Line) -> int:
    """How many people must acknowledge before it counts as acknowledged."""
    return line.policy.required_acknowledgements if line.policy is not None else 1


def counted(line: Line) -> frozenset[str]:
    """Ids of the users whose acknowledgement is counted."""
    return frozenset(ack.user_id for ack in line.acks if ack.user_id is not None)


def suffices(line: Line, command: Acknowledge) -> bool:
    """True if nobody is missing after this one."""
    return needed(line) <= len(counted(line) | {command.user_id})


def cannot_count(line: Line, command: Acknowledge) -> str:
    """Why this acknowledgement is none of those that are asked for, or ""."""
    if needed(line) == 1:
        return ""
    if command.user_id is None:
        return f"its policy asks for the acknowledgement of {needed(line)} people, and {command.by} is no person"
    if command.user_id in counted(line):
        return f"{command.by} has acknowledged it already: {standing(line)}"
    return ""


def standing(line: Line) -> str:
    """1 of 2 acknowledged; "" where one is enough."""
    return f"{len(counted(line))} of {needed(line)} acknowledged" if needed(line) > 1 else ""


def who(line: Line) -> str:
    """Names of those who have acknowledged, for people; "" for nobody."""
    return ", ".join(dict.fromkeys(ack.by for ack in line.acks))
