"""An organisation made up from a seed: sites, teams, schedules, policies, integrations, and people who are people."""

from __future__ import annotations

from dataclasses import replace

from domain.alert import Severity
from domain.calendar import Unit
from domain.configuration import Configuration, Integration, IntegrationType, Matcher, Route
from domain.destination import Destination, DestinationKind
from domain.people import Channel, ContactMethod, NotificationRule, Team, User
from domain.policy import Conditions, Policy, Step, Target, Vigil
from domain.schedule import Layer, Rotation, Schedule
from domain.window import Window
from simulation.chance import Chance
from simulation.jobs import heartbeat
from simulation.scenario import Behaviour, Reaction

SITES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo")
TEAM = 10
START = 1_767_225_600.0
"""2026-01-01 00:00 UTC."""
CHANNELS: tuple[Channel, ...] = ("email", "push", "voice", "sms", "slack")
ROTATIONS: tuple[tuple[Unit, int], ...] = (("week", 1), ("week", 1), ("day", 1), ("hour", 12))
QUIET = (Window("", start="21:00", end="08:00"), Window("", (5, 6), "08:00", "10:30"))
WAITS = (0.0, 120.0)
TYPES: tuple[IntegrationType, ...] = ("prometheus", "grafana", "generic")


def organisation(chance: Chance, people: int) -> Configuration:
    """`people` responders in teams of ten, each with schedules, policies, a channel, an automation, an integration."""
    users = [person(chance, n) for n in range(people)]
    teams = [tuple(u.id for u in users[n : n + TEAM]) for n in range(0, people, TEAM)]
    made_teams = {f"t{n}": Team(f"t{n}", f"Team {n}", members) for n, members in enumerate(teams)}
    schedules: dict[str, Schedule] = {}
    policies: dict[str, Policy] = {}
    integrations: dict[str, Integration] = {}
    for n, members in enumerate(teams):
        for schedule in _schedules(chance, n, members):
            schedules[schedule.id] = schedule
        for policy in _policies(n, members):
            policies[policy.id] = policy
        integrations[f"i{n}"] = _integration(n)
    leads = [members[0] for members in teams][:7]
    schedules["duty"] = Schedule("duty", "Duty manager", "UTC", (Layer("day", _turns("day", 1, leads)),))
    return Configuration(
        version=1,
        users={u.id: u for u in users},
        teams=made_teams,
        schedules=schedules,
        policies=policies,
        integrations=integrations,
        destinations={d.id: d for n in range(len(teams)) for d in _destinations(n)},
        heartbeats={h.id: h for h in (heartbeat(n, SITES[n % len(SITES)]) for n in range(len(teams)))},
        last_resort=(Target("schedule", "duty"), Target("user", leads[0])),
    )


def person(chance: Chance, n: int) -> User:
    """One responder. Some have a phone, some only mail; some have no rules and are reached on everything at once."""
    ident = f"u{n}"
    few = chance.happens(0.1, "few contacts", n)
    chosen = CHANNELS[:1] if few else CHANNELS[: chance.whole(3, len(CHANNELS), "contacts", n)]
    contacts = tuple(ContactMethod(f"{ident}-{c}", ident, c, c, "") for c in chosen)
    urgent: tuple[NotificationRule, ...] = ()
    if not few and not chance.happens(0.1, "no rules", n):
        urgent = tuple(NotificationRule(f"{ident}-{c}", d) for c, d in (("push", 0.0), ("voice", 120.0)))
        urgent += (NotificationRule(f"{ident}-sms", 240.0),) if "sms" in chosen else ()
    normal = (NotificationRule(f"{ident}-email", 0.0),)
    zone = SITES[n // TEAM % len(SITES)]
    quiet = QUIET if chance.happens(0.6, "quiet hours", n) else ()
    unproven = chance.whole(0, len(contacts), "verified", n) if chance.happens(0.15, "unverified", n) else len(contacts)
    contacts = tuple(replace(c, verified=k < unproven) for k, c in enumerate(contacts))
    return User(ident, f"Person {n}", f"{ident}@example.org", zone, contacts, urgent, normal, quiet_hours=quiet)


def behaviours(chance: Chance, config: Configuration) -> dict[str, Behaviour]:
    """How each of them answers; one in fifty hardly ever does."""
    found = {}
    for user in config.users:
        median = chance.around(150.0, 0.6, "median", user)
        if chance.happens(0.02, "absent", user):
            day, night = Reaction(median * 4, 0.1), Reaction(median * 8, 0.02)
        else:
            answers = chance.between(0.85, 0.99, "answers", user)
            day, night = Reaction(median, answers), Reaction(median * 1.8, answers * 0.9)
        found[user] = Behaviour(day, night, habits=0.06, source="made up")
    return found


def _turns(unit: Unit, every: int, users: list[str] | tuple[str, ...], start: str = "2025-12-01T09:00:00") -> Rotation:
    return Rotation(unit, every, start, tuple(users))


def _schedules(chance: Chance, n: int, members: tuple[str, ...]) -> list[Schedule]:
    """A weekly first line and a second one; some teams change daily, some every twelve hours."""
    zone = SITES[n % len(SITES)]
    unit, every = ROTATIONS[chance.whole(0, len(ROTATIONS) - 1, "rotation", n)]
    second = members[len(members) // 2 :] + members[: len(members) // 2]
    hour = chance.whole(0, 23, "hand-off", n)
    first = Layer("everybody", _turns(unit, every, members, f"2025-12-01T{hour:02}:30:00"))
    return [
        Schedule(f"s{n}", f"Team {n}, first line", zone, (first,), (), f"t{n}"),
        Schedule(f"b{n}", f"Team {n}, second line", zone, (Layer("week", _turns("week", 1, second)),), (), f"t{n}"),
    ]


def _destinations(n: int) -> list[Destination]:
    """The channel of a team, and its automation, which is called by a signed request."""
    kinds: tuple[tuple[str, DestinationKind], ...] = ((f"channel-{n}", "slack"), (f"robot-{n}", "webhook"))
    return [
        Destination(ident, f"{ident} of team {n}", ContactMethod(ident, ident, kind, kind, ""), f"t{n}")
        for ident, kind in kinds
    ]


def _policies(n: int, members: tuple[str, ...]) -> list[Policy]:
    first, second, lead = Target("schedule", f"s{n}"), Target("schedule", f"b{n}"), Target("user", members[0])
    channel, robot = Target("destination", f"channel-{n}"), Target("destination", f"robot-{n}")
    urgent = (
        Step((lead,), 0.0, when=Conditions(severities=(Severity.CRITICAL,), more_than=3, within_s=600.0), major=True),
        Step((robot,), 60.0, when=Conditions(matchers=(Matcher("service", "=~", "api|db"),))),
        Step((first, channel), 300.0),
        Step((second,), 300.0),
        Step((Target("team", f"t{n}"),), 300.0, round_robin=True),
        Step((Target("schedule", f"s{n}", "next"), Target("schedule", f"b{n}", "all_layers"), lead), 900.0),
    )
    working = Window(SITES[n % len(SITES)], (0, 1, 2, 3, 4), "08:00", "18:00")
    calm = (
        Step((first,), 900.0, False, Conditions((working,))),
        Step((), 300.0, when=Conditions(matchers=(Matcher("env", "=~", "prod.*"),))),
        Step((first, second, channel), 1_800.0, False),
        Step((), 0.0, when=Conditions(matchers=(Matcher("env", "=", "staging"),)), resolve=True),
    )
    return [
        Policy(f"p{n}", f"Team {n}, urgent", 1, urgent, 1, f"t{n}", Vigil(timeout_s=3_600.0), 2 if n % 3 == 1 else 1),
        Policy(f"q{n}", f"Team {n}, calm", 1, calm, 0, f"t{n}", Vigil(severity=False, label="host")),
    ]


def _integration(n: int) -> Integration:
    warning, staging = (Matcher("severity", "=", "warning"),), (Matcher("env", "=", "staging"),)
    routes = (Route(warning, f"q{n}"), Route(staging, f"q{n}", wait_s=600.0))
    by = (("service",), (), ("service", "env"))[n % 3]
    kind = TYPES[n % len(TYPES)]
    return Integration(
        f"i{n}",
        f"Monitoring of team {n}",
        kind,
        f"p{n}",
        f"t{n}",
        Severity.ERROR,
        routes,
        by,
        wait_s=WAITS[n % len(WAITS)],
    )
