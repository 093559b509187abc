"""Splitting alerts off an incident: they become one of their own, in a line of their own, which pages. Pure.

What is said of such an alert later follows it there, until it is over at its source; then it comes to the old line
again. So the new incident ends by its source, as every other.
"""

from __future__ import annotations

import hashlib
from typing import Any

from domain import tie_events as t
from domain.alerts import close_if_over
from domain.configuration import Configuration
from domain.draft import Draft
from domain.incident import Line, incident_id
from domain.merge import done, firing_again, ignored, not_open
from domain.tie_messages import Split

MAX_SPLIT = 1_000
"""Alerts of a line that are elsewhere at the same time."""


def on_split(line: Line, command: Split, key: str, now: float, config: Configuration, new_id: Any) -> Draft:
    """The alerts leave and their new line learns of them, in one commit."""
    draft = Draft(line, now, config, new_id)
    keys = tuple(dict.fromkeys(command.keys))
    why = not_open(line, command.episode) or _cannot_go(line, keys)
    if why:
        return ignored(draft, command, why)
    target = split_line(key, line.episode, keys)
    rule = f"split off from {incident_id(key, line.episode)} by {command.by}"
    alerts = firing_again(line, keys, now, rule)
    draft.add(t.SplitOff(line.episode, keys, target, command.by, command.note, now))
    draft.tell.append((target, alerts))
    close_if_over(draft)
    done(draft)
    draft.reply = {**(draft.reply or {}), "line": target}
    return draft


def _cannot_go(line: Line, keys: tuple[str, ...]) -> str:
    if line.ties.merging is not None:  # its alerts are on their way there already, and would be in two incidents
        return "it is being merged into another incident; split them off there in a moment"
    if not keys:
        return "no alert is named"
    unknown = [key for key in keys if key not in line.alerts]
    if unknown:
        return f"there is no alert {unknown[0]!r} in it"
    over = [key for key in keys if not line.alerts[key].firing]
    if over:
        return f"the alert {over[0]!r} does not fire any more"
    if len(keys) == len(line.alerts):
        return "all its alerts are named: nothing would be left in it"
    return f"more than {MAX_SPLIT} of its alerts would be elsewhere" if len(line.ties.split) > MAX_SPLIT else ""


def split_line(key: str, episode: int, keys: tuple[str, ...]) -> str:
    """20 hex characters, another line for every split."""
    text = "\x1f".join(["split", key, str(episode), *sorted(keys)])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
