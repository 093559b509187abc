"""A configuration in plain words: two that say the same are equal, whatever ids they were given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from domain.configuration import Configuration
from storage.canary import CANARY


def named(found: Configuration) -> Any:
    """With names in the place of ids, without what is the installation's own: its canary and version."""
    names = {u.id: u.email for u in found.users.values()}
    for part in (
        found.teams,
        found.schedules,
        found.policies,
        found.services,
        found.integrations,
        found.holidays,
        found.heartbeats,
        found.destinations,
    ):
        names |= {ident: f"{type(x).__name__} {x.name}" for ident, x in part.items()}
    for user in found.users.values():
        names |= {c.id: f"{user.email} {n}" for n, c in enumerate(user.contacts)}
    for schedule in found.schedules.values():
        made = [*schedule.overrides, *schedule.temporaries]
        names |= {m.id: f"{schedule.name} {m.created_at}" for m in made}
    plain = msgspec.json.decode(msgspec.json.encode(replace(found, version=0)))
    for part in ("users", "policies", "integrations"):
        plain[part].pop(CANARY)
    for schedule in plain["schedules"].values():
        for made in (*schedule["overrides"], *schedule["temporaries"]):
            made["created_by"] = ""
    for policy in plain["policies"].values():
        policy["version"] = 1
    return by_name(plain, names)


def by_name(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            names.get(k, k): by_name(v, names) for k, v in sorted(value.items(), key=lambda i: names.get(i[0], i[0]))
        }
    if isinstance(value, list):
        out = [by_name(v, names) for v in value]
        return sorted(out) if out and all(isinstance(v, str) and "@" in v for v in out) else out
    return names.get(value, value) if isinstance(value, str) else value
