"""Configuration saved during a run: overrides, people who leave and come back, policies tuned, channels given up."""

from __future__ import annotations

from dataclasses import replace

from domain.configuration import Configuration
from domain.people import User
from domain.policy import Policy, Target
from domain.schedule import Override
from simulation.chance import Chance
from simulation.noise import noise
from simulation.scenario import Change, Upgrade

WEEK_S = 7 * 86_400.0
UPGRADE_EVERY_S = 28 * 86_400.0
PAUSE_S = 2.0
"""What a shard stands still while it moves to another host."""


def changes(chance: Chance, config: Configuration, start: float, end: float) -> tuple[Change, ...]:
    """Two saves a week: overrides in the one, people or a policy in the other."""
    found: list[Change] = []
    at, n = start + chance.pause(WEEK_S / 2, "first change"), 0
    while at < end:
        config = noise(chance, _next(chance, config, at, n), at, n)
        config = replace(config, version=config.version + 1)
        found.append(Change(at, config))
        at, n = at + chance.between(0.3, 0.7, "until change", n) * WEEK_S, n + 1
    return tuple(found)


def upgrades(chance: Chance, start: float, end: float) -> tuple[Upgrade, ...]:
    """A new version of every host each four weeks, at an hour nobody planned for."""
    found: list[Upgrade] = []
    at = start
    while (at := at + chance.between(0.8, 1.2, "upgrade", len(found)) * UPGRADE_EVERY_S) < end:
        found.append(Upgrade(at, PAUSE_S))
    return tuple(found)


def _next(chance: Chance, config: Configuration, at: float, n: int) -> Configuration:
    if n % 2 == 0:
        return _overrides(chance, config, at, n)
    which = chance.whole(0, 3, "kind of change", n)
    if which == 0:
        return _policy(chance, config, n)
    if which == 3:
        return _destination(chance, config, n)
    return _person(chance, config, n)


def _overrides(chance: Chance, config: Configuration, at: float, n: int) -> Configuration:
    """In a quarter of the schedules somebody stands in for some hours; old overrides are forgotten after a month."""
    schedules = dict(config.schedules)
    for ident, schedule in config.schedules.items():
        if schedule.team_id is None or not chance.happens(0.25, "override", ident, n):
            continue
        members = config.teams[schedule.team_id].member_ids
        user = members[chance.whole(0, len(members) - 1, "stand-in", ident, n)]
        begin = at + chance.between(-3_600.0, 4 * 86_400.0, "from", ident, n)
        until = begin + chance.between(1_800.0, 36 * 3_600.0, "for", ident, n)
        kept = tuple(o for o in schedule.overrides if o.end > at - 30 * 86_400)
        made = Override(f"{ident}-{n}", user, begin, until, at)
        schedules[ident] = replace(schedule, overrides=(*kept, made))
    return replace(config, schedules=schedules)


def _policy(chance: Chance, config: Configuration, n: int) -> Configuration:
    idents = list(config.policies)
    policy = config.policies[idents[chance.whole(0, len(idents) - 1, "policy", n)]]
    waits = [chance.whole(2, 15, "wait", n, k) * 60.0 for k in range(len(policy.steps))]
    steps = tuple(replace(step, wait_s=wait) for step, wait in zip(policy.steps, waits, strict=True))
    tuned = replace(policy, steps=steps, repeat=chance.whole(0, 2, "repeat", n), version=policy.version + 1)
    return replace(config, policies={**config.policies, policy.id: tuned})


def _person(chance: Chance, config: Configuration, n: int) -> Configuration:
    """Somebody leaves or comes back, or a contact method is switched off or on."""
    idents = list(config.users)
    user = config.users[idents[chance.whole(0, len(idents) - 1, "who", n)]]
    if chance.happens(0.4, "leaves", n):
        changed: User = replace(user, active=not user.active)
    else:
        which = chance.whole(0, len(user.contacts) - 1, "contact", n)
        contacts = tuple(replace(c, enabled=not c.enabled) if k == which else c for k, c in enumerate(user.contacts))
        changed = replace(user, contacts=contacts)
    return replace(config, users={**config.users, user.id: changed})


def _destination(chance: Chance, config: Configuration, n: int) -> Configuration:
    """One is deleted, from policies too; incidents under way still follow the policies that name it."""
    idents = list(config.destinations)
    if not idents:
        return config
    gone = Target("destination", idents[chance.whole(0, len(idents) - 1, "destination", n)])
    left = {ident: found for ident, found in config.destinations.items() if ident != gone.id}
    policies = {ident: _without(policy, gone) for ident, policy in config.policies.items()}
    return replace(config, destinations=left, policies=policies)


def _without(policy: Policy, gone: Target) -> Policy:
    if not any(gone in step.targets for step in policy.steps):
        return policy
    kept = [replace(step, targets=tuple(t for t in step.targets if t != gone)) for step in policy.steps]
    return replace(policy, steps=tuple(kept), version=policy.version + 1)
