"""Files to run a simulation elsewhere: an organisation without its secrets, and alerts, one request a line.

The organisation's file holds no address, number, mail or signing secret: only who may be reached by which channels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from domain.configuration import Configuration
from domain.people import ContactMethod, User
from domain.rota import HandoffRules, Rota
from simulation.scenario import Arrival, Behaviour

FORMAT = "sentinel-organisation/1"


class Unreadable(Exception):
    """The file is not what it should be; the message says where."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What is in a file: configuration, and how people behave where that is known."""

    format: str
    configuration: Configuration
    people: Mapping[str, Behaviour]


def without_secrets(config: Configuration) -> Configuration:
    """The same for every decision, with nothing in it that reaches a person."""
    return replace(
        config,
        users={ident: _plain(user) for ident, user in config.users.items()},
        destinations={i: replace(d, contact=_nowhere(d.contact)) for i, d in config.destinations.items()},
        rota=Rota(
            {schedule: HandoffRules(rules.confirm_within_s) for schedule, rules in config.rota.handoffs.items()},
            {user: replace(wishes, slack_user="") for user, wishes in config.rota.notices.items()},
        ),
    )


def _plain(user: User) -> User:
    return replace(user, email="", contacts=tuple(map(_nowhere, user.contacts)))


def _nowhere(contact: ContactMethod) -> ContactMethod:
    # A label is free text; people write their telephone number into it.
    return replace(contact, address="", label=contact.channel, settings={})


def organisation_json(config: Configuration, people: Mapping[str, Behaviour]) -> bytes:
    """The organisation's file."""
    return msgspec.json.format(msgspec.json.encode(Organisation(FORMAT, without_secrets(config), people)), indent=1)


def read_organisation(raw: bytes) -> Organisation:
    """Inverse of `organisation_json`. Raises Unreadable."""
    try:
        found = msgspec.json.decode(raw, type=Organisation)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(f"it is no organisation: {error}") from error
    if found.format != FORMAT:
        raise Unreadable(f"it has the format {found.format!r}, this version reads {FORMAT!r}")
    return found


def alerts_jsonl(arrivals: Iterable[Arrival]) -> bytes:
    """One request a line."""
    return b"".join(msgspec.json.encode(arrival) + b"\n" for arrival in arrivals)


def read_alerts(raw: bytes) -> tuple[Arrival, ...]:
    """Inverse of `alerts_jsonl`, in order of time. Raises Unreadable naming the line."""
    found, decoder = [], msgspec.json.Decoder(Arrival)
    for n, line in enumerate(raw.splitlines(), 1):
        if line.strip():
            try:
                found.append(decoder.decode(line))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise Unreadable(f"line {n} is no request: {error}") from error
    return tuple(sorted(found, key=lambda a: a.at))
