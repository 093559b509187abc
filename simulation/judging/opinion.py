"""A second opinion on who is on call and who can be reached, written differently from the resolver it judges.

It asks every layer, window and override about one instant, where `domain.oncall` sweeps over time.
"""

from __future__ import annotations

from bisect import bisect_right
from zoneinfo import ZoneInfo

from domain.configuration import Configuration
from domain.people import NotificationRule, User
from domain.policy import Target, Who
from domain.schedule import Layer, Override, Rotation, Schedule, Temporary
from simulation.judging.turns import at_local, is_open, turns

AHEAD_S = 40 * 86_400.0
"""How far it is looked ahead for who is on call next."""


class Opinion:
    """For instants before `end`."""

    def __init__(self, end: float) -> None:
        self._end = end + AHEAD_S
        self._turns: dict[tuple[Rotation, str], tuple[list[float], list[str | None]]] = {}

    def on_call(self, schedule: Schedule, at: float) -> tuple[str, ...]:
        """Everybody on call, in order."""
        people = self._pile(schedule, schedule.layers, at)
        changes: list[Override | Temporary] = [*schedule.overrides, *schedule.temporaries]
        by_hand = sorted(changes, key=lambda c: (c.created_at, c.id))
        for change in by_hand:
            if not change.start <= at < change.end:
                continue
            if isinstance(change, Temporary):
                people = self._pile(schedule, change.layers, at)
            elif change.kind == "add":
                people = [*people, str(change.user)]
            elif change.instead_of is None:
                people = [] if change.kind == "remove" else [str(change.user)]
            elif change.kind == "remove":
                people = [p for p in people if p != change.instead_of]
            elif change.instead_of in people:
                people = [p for p in people if p != change.user or p == change.instead_of]
                people = [str(change.user) if p == change.instead_of else p for p in people]
        return tuple(dict.fromkeys(people))

    def _pile(self, schedule: Schedule, layers: tuple[Layer, ...], at: float) -> list[str]:
        """The people of the highest layer that has any, and of those on call together with it."""
        n = len(layers)
        while n > 0:
            first = n - 1
            while first > 0 and layers[first].together:
                first -= 1
            found = [user for layer in layers[first:n] for user in self._layer(schedule, layer, at)]
            if found:
                return list(dict.fromkeys(found))
            n = first
        return []

    def _layer(self, schedule: Schedule, layer: Layer, at: float) -> list[str]:
        name = layer.zone or schedule.zone
        zone = ZoneInfo(name)
        if layer.since is not None and at < at_local(layer.since, zone):
            return []
        if layer.until is not None and at >= at_local(layer.until, zone):
            return []
        if layer.windows and not any(is_open(w, name, schedule.holidays, at) for w in layer.windows):
            return []
        if layer.fixed is not None:
            running = [s for s in layer.fixed.shifts if s.start <= at < s.end]
            return [s.user for s in sorted(running, key=lambda s: (s.start, s.end, s.user))]
        return self._turn(layer.rotation, name, at) if layer.rotation is not None else []

    def _turn(self, rotation: Rotation, zone: str, at: float) -> list[str]:
        if (rotation, zone) not in self._turns:
            listed = turns(rotation, ZoneInfo(zone), self._end)
            self._turns[rotation, zone] = [begins for begins, _ in listed], [user for _, user in listed]
        begin, users = self._turns[rotation, zone]
        n = bisect_right(begin, at)
        user = users[n - 1] if n else None
        return [user] if user is not None else []

    def people(self, config: Configuration, targets: tuple[Target, ...], at: float) -> tuple[str, ...]:
        """Those behind the targets who can be reached, each once, in order."""
        found: list[str] = []
        for target in targets:
            users: tuple[str, ...] = (target.id,)
            if target.kind == "team":
                users = config.teams[target.id].member_ids if target.id in config.teams else ()
            elif target.kind == "schedule":
                schedule = config.schedules.get(target.id)
                users = self._of(schedule, target.who, at) if schedule is not None else ()
            if target.kind == "destination":
                found += users if target.id in config.destinations else ()
                continue
            found += [user for user in users if can_be_reached(config.users.get(user))]
        return tuple(dict.fromkeys(found))

    def _of(self, schedule: Schedule, who: Who, at: float) -> tuple[str, ...]:
        """People of a schedule; who is next is found by looking ahead."""
        now = self.on_call(schedule, at)
        if who == "all_layers":
            each = [user for layer in reversed(schedule.layers) for user in self._layer(schedule, layer, at)]
            return tuple(dict.fromkeys([*now, *each]))
        if who == "on_call":
            return now
        looked = (self.on_call(schedule, then) for then in self._instants(schedule, at))
        fresh = (tuple(user for user in then if user not in now) for then in looked)
        return next((users for users in fresh if users), ())

    def _instants(self, schedule: Schedule, at: float) -> list[float]:
        """When somebody else may come on call: at turns and changes; where layers have windows, every half hour."""
        if any(layer.windows or layer.fixed is not None for layer in schedule.layers):
            return [1_800.0 * (at // 1_800.0 + n) for n in range(1, int(AHEAD_S / 1_800.0))]
        changes: list[Override | Temporary] = [*schedule.overrides, *schedule.temporaries]
        edges = {edge for c in changes for edge in (c.start, c.end)}
        for layer in schedule.layers:
            self._layer(schedule, layer, at)
            if layer.rotation is not None:
                edges |= set(self._turns.get((layer.rotation, layer.zone or schedule.zone), ([], []))[0])
        return sorted(edge for edge in edges if at < edge < at + AHEAD_S)

    def last_resort(self, config: Configuration, at: float) -> tuple[str, ...]:
        """The last resort; if that is nobody, everybody."""
        named = self.people(config, config.last_resort, at)
        return named or tuple(user.id for user in config.users.values() if can_be_reached(user))


def can_be_reached(user: User | None) -> bool:
    """Active, with something to call."""
    return user is not None and user.active and [c for c in user.contacts if c.enabled] != []


def rules(user: User, urgent: bool) -> tuple[NotificationRule, ...]:
    """The rules of the person that can be used, by delay, and five minutes later what they left out.

    Without any, everything at once. What is unverified is used only where nothing else is.
    """
    on = [c.id for c in user.contacts if c.enabled]
    good = [c.id for c in user.contacts if c.enabled and c.verified and c.channel != "outbox"]
    if good:
        on = [c.id for c in user.contacts if c.id in good or (c.enabled and c.channel == "outbox")]
    wanted = [r for r in (user.urgent if urgent else user.normal) if r.contact_method_id in on]
    if not wanted:
        return tuple(NotificationRule(ident, 0.0) for ident in on)
    wanted.sort(key=lambda r: r.delay_s)
    last = wanted[-1].delay_s + 300.0
    rest = [ident for ident in on if ident not in [r.contact_method_id for r in wanted]]
    return (*wanted, *(NotificationRule(ident, last, True) for ident in rest))


def at_rest(user: User, config: Configuration, at: float) -> bool:
    """True while the person's quiet hours hold what is not urgent."""
    calendars = tuple(config.holidays.values())
    told = [w for w in user.quiet_hours if not w.holidays or w.holidays in config.holidays]
    return any(is_open(w, user.zone, calendars, at) for w in told)
