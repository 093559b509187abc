"""A second opinion on who is on call and who can be reached, written differently from the resolver it judges.

Hand-offs are enumerated over the whole run by walking wall-clock dates, each turned into an instant by asking the zone;
`domain.oncall` computes them from a shift's number. Both read the same published rules (domain/calendar.py).
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.configuration import Configuration
from domain.people import NotificationRule, User
from domain.policy import Target
from domain.schedule import Layer, Rotation, Schedule

LENGTH = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30)}


def instant(local: datetime, zone: ZoneInfo) -> float:
    """First UTC instant at which the wall clock shows `local`, or at which a gap over it ends."""
    day = timedelta(days=1)
    offsets = {(local + d).replace(tzinfo=zone).utcoffset() or timedelta() for d in (-day, day)}
    guesses = sorted((local - offset).replace(tzinfo=UTC) for offset in offsets)
    for guess in guesses:
        if guess.astimezone(zone).replace(tzinfo=None) == local:
            return guess.timestamp()
    end = guesses[0]
    while end.astimezone(zone).replace(tzinfo=None) < local:
        end += timedelta(minutes=1)
    return end.timestamp()


class Opinion:
    """For the time from `start` to `end`."""

    def __init__(self, start: float, end: float) -> None:
        self._start = start
        self._end = end
        self._turns: dict[tuple[Layer, str], tuple[int, list[float], float]] = {}

    def on_call(self, schedule: Schedule, at: float) -> str | None:
        """The one user on call, if any."""
        best = max(
            (o for o in schedule.overrides if o.start <= at < o.end), key=lambda o: (o.created_at, o.id), default=None
        )
        if best is not None:
            return best.user
        for layer in schedule.layers[::-1]:
            if layer.rotation is None:
                continue
            first, turns, until = self._walk(layer, layer.rotation, schedule.zone)
            n = bisect_right(turns, at)
            if n and at < until:
                return layer.rotation.users[(first + n - 1) % len(layer.rotation.users)]
        return None

    def _walk(self, layer: Layer, rotation: Rotation, zone_name: str) -> tuple[int, list[float], float]:
        """(number of the first turn listed, instants of the turns, end of the layer)."""
        known = self._turns.get((layer, zone_name))
        if known is not None:
            return known
        zone = ZoneInfo(zone_name)
        step = LENGTH[rotation.unit] * rotation.every
        local, turns, number = datetime.fromisoformat(rotation.start), list[float](), 0
        begin = instant(local, zone)
        number = max(0, int((self._start - begin) // step.total_seconds()) - 2)
        n = number
        while True:
            at = begin + n * step.total_seconds() if rotation.unit == "hour" else instant(local + n * step, zone)
            if at > self._end + 86_400:
                break
            turns.append(at)
            n += 1
        until = float("inf") if layer.until is None else instant(datetime.fromisoformat(layer.until), zone)
        self._turns[(layer, zone_name)] = (number, turns, until)
        return number, turns, until

    def people(self, config: Configuration, targets: tuple[Target, ...], at: float) -> tuple[str, ...]:
        """Those behind the targets who can be reached, each once, in order."""
        found: list[str] = []
        for target in targets:
            user: str | None = target.id
            if target.kind == "schedule":
                schedule = config.schedules.get(target.id)
                user = self.on_call(schedule, at) if schedule is not None else None
            if user is not None and user not in found and can_be_reached(config.users.get(user)):
                found.append(user)
        return tuple(found)

    def last_resort(self, config: Configuration, at: float) -> tuple[str, ...]:
        """The last resort; if that is nobody, everybody."""
        named = self.people(config, config.last_resort, at)
        return named or tuple(user.id for user in config.users.values() if can_be_reached(user))


def can_be_reached(user: User | None) -> bool:
    """Active, with something to call."""
    return user is not None and user.active and [c for c in user.contacts if c.enabled] != []


def rules(user: User, urgent: bool) -> tuple[NotificationRule, ...]:
    """The rules of the person that can be used, by delay; without any, everything at once."""
    on = [c.id for c in user.contacts if c.enabled]
    wanted = [r for r in (user.urgent if urgent else user.normal) if r.contact_method_id in on]
    wanted.sort(key=lambda r: r.delay_s)
    return tuple(wanted) if wanted else tuple(NotificationRule(ident, 0.0) for ident in on)
