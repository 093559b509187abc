"""Is the person of each coming shift ready to be paged? Pure; nothing here is asked by paging.

A shift is not ready if nobody has it, if no page could reach its person or none of their addresses is verified, if
their pages have failed again and again, or if they have time off. Not ready never means not paged: whom the schedule
has is called, and the policy goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.duty import clipped
from domain.lint.ahead import Ahead, zone_of
from domain.lint.people import since, stale, why_unproved, why_unreachable
from domain.lint.providers import only_provider
from domain.people import User
from domain.schedule import Schedule
from domain.wall import stretches


@dataclass(frozen=True, slots=True)
class Remark:
    """`kind` is stable. `blocks`: because of it the shift is not ready; else it is only worth knowing."""

    kind: str
    text: str
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class ComingShift:
    """Unbroken time on call from start to end (UTC epoch seconds); `user_id` None where nobody is."""

    schedule_id: str
    schedule: str
    user_id: str | None
    user: str
    start: float
    end: float
    remarks: tuple[Remark, ...]

    @property
    def ready(self) -> bool:
        """The badge."""
        return not any(remark.blocks for remark in self.remarks)


def coming(ahead: Ahead, schedules: Iterable[Schedule]) -> list[ComingShift]:
    """Shifts of the time ahead, those running now included, and holes; by start."""
    found = [shift for schedule in schedules for shift in _of(ahead, schedule)]
    return sorted(found, key=lambda s: (s.start, s.schedule, s.user))


def _of(ahead: Ahead, schedule: Schedule) -> Iterator[ComingShift]:
    for duty in ahead.duties(schedule):
        user = ahead.config.users.get(duty.user)
        name = user.name if user is not None else duty.user
        remarks = tuple(_remarks(ahead, schedule, user, duty.user, (duty.start, duty.end)))
        yield ComingShift(schedule.id, schedule.name, duty.user, name, duty.start, duty.end, remarks)
    for low, high in ahead.gaps(schedule):
        nobody = Remark("nobody_on_call", "Nobody is on call. Add a layer below, or an override.")
        yield ComingShift(schedule.id, schedule.name, None, "", low, high, (nobody,))


def _remarks(
    ahead: Ahead, schedule: Schedule, user: User | None, user_id: str, span: tuple[float, float]
) -> Iterator[Remark]:
    if user is None:
        yield Remark("unknown", f"The user {user_id} does not exist any more.")
        return
    away = clipped([(a.start, a.end) for a in ahead.facts.away if a.user_id == user.id], *span)
    if away:
        yield Remark("away", f"{user.name} has time off: {stretches(away, zone_of(schedule))}. Find cover.")
    why = why_unreachable(ahead, user)
    if why:
        yield Remark("no_contact", why)
        return
    usable = ahead.usable(user)
    bad = {c: stale(failing) for c, failing in ahead.facts.failing.items()}
    bad |= {c: since(gone) for c, gone in ahead.facts.gone.items()}
    failing = [bad[c.id] for c in usable if c.id in bad]
    if len(failing) == len(usable):
        yield Remark("failing", f"Pages to {user.name} do not arrive: {failing[0]}. Mend the address.")
    elif failing:
        yield Remark("failing", f"One address of {user.name} does not work: {failing[0]}.", blocks=False)
    if why := why_unproved(ahead, user):
        yield Remark("unverified", why)
    if all(c.channel == "outbox" for c in usable):
        yield Remark("outbox_only", f"{user.name} is paged on the outbox page only, which wakes nobody.")
    elif only := only_provider(ahead, [user]):
        yield Remark("one_provider", f"{user.name} can be paged by {only} only.", blocks=False)
