"""What follows from what people do with an incident. Pure. Too late or twice is recorded and changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain import events as e
from domain.acknowledged import arm, watch
from domain.configuration import Configuration
from domain.draft import Draft
from domain.escalation import REASSIGNED_WAIT_S, STEP, begin, call, count, halt, proceed, resolve
from domain.incident import (
    UNKNOWN,
    Acknowledge,
    AddNote,
    EscalateNow,
    Line,
    Reassign,
    Resolve,
    Snooze,
    Status,
    Unacknowledge,
)
from domain.notify import reachable_people
from domain.quorum import cannot_count, counted, needed, suffices

Command = Acknowledge | Unacknowledge | Resolve | Snooze | AddNote | Reassign | EscalateNow


def on_command(line: Line, command: Command, now: float, config: Configuration, new_id: Any) -> Draft:
    """Decide on one command."""
    if command.episode == UNKNOWN:
        command = replace(command, episode=line.episode)
    draft = Draft(line, now, config, new_id)
    why = _refusal(line, command, now)
    if why:
        draft.add(e.CommandIgnored(command.episode, type(command).__name__, command.by, why, now))
    else:
        _carry_out(draft, command)
    if isinstance(command, AddNote) or why:
        arm(draft)
    said = why or ("none of them can be reached: the policy goes on at once" if _in_vain(draft) else "")
    draft.reply = {"done": not why, "why": said, "status": draft.line.status, "episode": draft.line.episode}
    return draft


def _in_vain(draft: Draft) -> bool:
    """True if it was just reassigned to nobody who can be reached."""
    return any(isinstance(event, e.Reassigned) and not event.users for event in draft.events)


def _refusal(line: Line, command: Command, now: float) -> str:
    """Why the command changes nothing, or ""."""
    if isinstance(command, AddNote):
        return "" if 1 <= command.episode <= line.episode else "there is no such incident"
    if command.episode != line.episode:
        return "that incident is over" if command.episode < line.episode else "there is no such incident"
    if not line.open:
        return "the incident is resolved"
    if isinstance(command, Acknowledge):
        if line.status is Status.ACKNOWLEDGED:
            return f"it was acknowledged already, by {line.acked_by}"
        return cannot_count(line, command)
    if isinstance(command, Unacknowledge) and line.status in (Status.TRIGGERED, Status.SUPPRESSED):
        return "" if command.user_id in counted(line) else "it is not acknowledged"
    if isinstance(command, Snooze) and command.until <= now:
        return "the time to snooze until has passed"
    return ""


def _carry_out(draft: Draft, command: Command) -> None:
    episode, now = command.episode, draft.now
    if isinstance(command, Acknowledge) and command.user_id is not None and not suffices(draft.line, command):
        count(draft, command, command.user_id, needed(draft.line))
        return
    if not isinstance(command, AddNote):
        halt(draft)
    match command:
        case Acknowledge(_, by, note, user_id):
            draft.add(e.Acknowledged(episode, by, note, now, user_id, needed(draft.line)))
            watch(draft)
        case Unacknowledge(_, by, note, user_id):
            have = counted(draft.line)
            keeps = tuple(sorted(have - {user_id})) if user_id in have else ()
            draft.add(e.Unacknowledged(episode, by, note, now, keeps))
            begin(draft)
        case Resolve(_, by, note):
            resolve(draft, by, note, human=True)
        case Snooze(_, by, until, note):
            draft.add(e.Snoozed(episode, by, note, until, now))
            draft.arm("snooze", until)
        case AddNote(_, by, note):
            draft.add(e.Noted(episode, by, note, now))
        case Reassign():
            _reassign(draft, command)
        case EscalateNow(_, by, note):
            draft.add(e.Escalated(episode, by, note, now))
            proceed(draft)


def _reassign(draft: Draft, command: Reassign) -> None:
    """Call the new people; if none of them can be reached the policy goes on at once."""
    line = draft.line
    users = reachable_people(draft.config, command.targets, draft.now)
    steps = line.policy.steps if line.policy is not None else ()
    wait = steps[line.step].wait_s if 0 <= line.step < len(steps) else REASSIGNED_WAIT_S
    until = draft.now + max(wait, 60.0)
    event = e.Reassigned(command.episode, command.by, command.targets, tuple(users), command.note, until, draft.now)
    draft.add(event)
    if not users:
        proceed(draft)
        return
    draft.arm(STEP, until)
    for user in users:
        call(draft, user, "urgent")
