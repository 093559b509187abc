"""What belongs to a schedule besides who is on call: who takes part, what hand-offs do, what people wish to hear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.people import Team, User
from domain.schedule import Schedule, users_of


@dataclass(frozen=True, slots=True)
class HandoffRules:
    """`confirm_within_s`: how long after the start of a shift its person has to confirm it, None: not asked.

    `slack_group`: id of the Slack user group that follows the schedule, "" for none; `slack_token`: of a bot.
    """

    confirm_within_s: float | None = None
    slack_group: str = ""
    slack_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ShiftNotices:
    """What a person is told of their shifts; by default nothing. `slack_user`: Slack's id of them, "" to look it up."""

    at_start: bool = False
    at_end: bool = False
    remind_before_s: float | None = None
    slack_user: str = ""


@dataclass(frozen=True, slots=True)
class Rota:
    """By schedule id, and by user id."""

    handoffs: Mapping[str, HandoffRules] = field(default_factory=dict)
    notices: Mapping[str, ShiftNotices] = field(default_factory=dict)


def participants(schedule: Schedule) -> tuple[str, ...]:
    """Everybody who has a place in a layer of the schedule, by id."""
    layers = (*schedule.layers, *(layer for t in schedule.temporaries for layer in t.layers))
    return tuple(sorted(users_of(layers)))


def concerns(schedule: Schedule, user: str) -> bool:
    """True if the user can be on call in it: nobody else is ever in its line."""
    return user in participants(schedule) or any(o.user == user for o in schedule.overrides)


def colleagues(schedule: Schedule, users: Mapping[str, User], teams: Mapping[str, Team]) -> tuple[str, ...]:
    """Who may be asked to take a shift: participants and the members of the schedule's team, if they are active."""
    team = teams.get(schedule.team_id or "")
    everybody = (*participants(schedule), *(team.member_ids if team is not None else ()))
    return tuple(u for u in dict.fromkeys(everybody) if u in users and users[u].active and not users[u].synthetic)
