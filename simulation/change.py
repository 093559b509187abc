"""The "what if": a few fields of a configuration replaced, everything else as it is.

    {"policies": {"Checkout, urgent": {"steps": [{"targets": [{"kind": "schedule", "id": "Primary"}], "wait_s": 600}]}},
     "last_resort": [{"kind": "user", "id": "Ada Lovelace"}]}

Sections are policies, schedules, integrations, users and last_resort. An entry is named by its id or its unique name,
and so is every user, schedule and policy in it. Fields are those of the API; a field not given stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from domain.configuration import Configuration
from domain.errors import Invalid
from domain.policy import Target
from domain.policy_checks import check_last_resort, check_policy
from domain.quiet import check_quiet_hours
from domain.route_checks import check_noise, check_routes
from domain.validation import check_schedule

SECTIONS = ("policies", "schedules", "integrations", "users")
FIXED = frozenset({"id", "version"})


def changed(config: Configuration, change: Any) -> Configuration:
    """The configuration with the change. Raises Invalid naming what is wrong."""
    if not isinstance(change, dict):
        raise Invalid("", "A change is a JSON object with policies, schedules, integrations, users or last_resort.")
    unknown = change.keys() - {*SECTIONS, "last_resort"}
    if unknown:
        raise Invalid(sorted(unknown)[0], f"There is no such section; there are {', '.join(SECTIONS)} and last_resort.")
    version = config.version + 1
    for section in SECTIONS:
        entries: dict[str, Any] = dict(getattr(config, section))
        for name, fields in _mapping(change.get(section, {}), section).items():
            ident = _ident(entries, name, section)
            entries[ident] = _merged(config, entries[ident], fields, f"{section}.{name}")
        sections: dict[str, Any] = {section: entries}
        config = replace(config, **sections)
    if "last_resort" in change:
        wanted = _resolved(config, change["last_resort"], "last_resort")
        config = replace(config, last_resort=_convert(wanted, tuple[Target, ...], "last_resort"))
    _check(config)
    return replace(config, version=version)


def _mapping(value: Any, at: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(at, "Must be a JSON object: name or id -> fields.")
    return value


def _ident(entries: Mapping[str, Any], name: str, at: str) -> str:
    """Id of the entry called `name`; an id wins over a name."""
    if name in entries:
        return name
    found = [ident for ident, entry in entries.items() if entry.name == name]
    if len(found) != 1:
        why = "Nothing has" if not found else f"{len(found)} entries have"
        raise Invalid(at, f"{why} the id or name {name!r}; use an id of the exported configuration.")
    return found[0]


def _merged(config: Configuration, entry: Any, fields: Any, at: str) -> Any:
    known = set(entry.__dataclass_fields__) - FIXED
    given = _mapping(fields, at)
    unknown = given.keys() - known
    if unknown:
        raise Invalid(at, f"There is no field {sorted(unknown)[0]!r}; there are {', '.join(sorted(known))}.")
    values: dict[str, Any] = {**msgspec.to_builtins(entry), **_resolved(config, given, at)}
    if "version" in values:
        values["version"] += 1
    return _convert(values, type(entry), at)


def _convert(value: Any, shape: Any, at: str) -> Any:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise Invalid(at, str(error)) from error


def _resolved(config: Configuration, value: Any, at: str) -> Any:
    """The value with names of users, schedules and policies replaced by ids, wherever one is expected."""
    if isinstance(value, list):
        return [_resolved(config, item, at) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _resolved(config, item, at) for key, item in value.items()}
    if found.get("kind") in ("user", "schedule") and "id" in found:
        entries: Any = config.users if found["kind"] == "user" else config.schedules
        found["id"] = _ident(entries, str(found["id"]), at)
    if isinstance(found.get("users"), list):
        found["users"] = [_ident(config.users, str(user), at) for user in found["users"]]
    if "user" in found:
        found["user"] = _ident(config.users, str(found["user"]), at)
    if found.get("policy_id") is not None:
        found["policy_id"] = _ident(config.policies, str(found["policy_id"]), at)
    return found


def _check(config: Configuration) -> None:
    for policy in config.policies.values():
        check_policy(policy, config)
    for schedule in config.schedules.values():
        check_schedule(schedule, config.users)
    for integration in config.integrations.values():
        check_routes(integration.routes, config, f"integrations.{integration.name}.routes")
        check_noise(integration.wait_s, integration.auto_resolve_s, f"integrations.{integration.name}")
    for user in config.users.values():
        check_quiet_hours(user.quiet_hours, config.holidays, f"users.{user.name}.quiet_hours")
    check_last_resort(config.last_resort, config)
