"""What is said to whom about swap requests and cover. For people in a hurry: what, when, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.notices import Notice
from domain.swap import Declined, Event, Expired, Span, Swap, Taken, Withdrawn
from domain.templates import clip


@dataclass(frozen=True, slots=True)
class Names:
    """How to speak of people, the schedule and time: user id -> name, user id -> zone, the schedule's zone."""

    people: Mapping[str, str]
    zones: Mapping[str, str]
    schedule: str
    zone: str

    def of(self, user: str) -> str:
        """A person's name, or the id of somebody who is gone."""
        return self.people.get(user, user)

    def span(self, span: Span, reader: str) -> str:
        """The time on the reader's clock."""
        zone = self.zones.get(reader, self.zone)
        low, high = (datetime.fromtimestamp(t, ZoneInfo(zone)) for t in (span.start, span.end))
        return f"{low:%a %Y-%m-%d %H:%M} to {high:%a %Y-%m-%d %H:%M} ({zone})"


def asked(swap: Swap, names: Names, url: str) -> list[Notice]:
    """To everybody who is asked."""
    asker = names.of(swap.asker)
    out = []
    for user in swap.asked:
        when = names.span(swap.span, user)
        back = "" if swap.in_return is None else f"\nIn return {asker} takes yours: {names.span(swap.in_return, user)}."
        who = "you" if len(swap.asked) == 1 else "you and others"
        why = ", because of time off" if swap.time_off_id is not None else ""
        note = f"\n{clip(swap.note, 500)}\n" if swap.note else ""
        text = (
            f"{asker} asks {who} to take a shift in {names.schedule}{why}:\n{when}.{back}\n{note}\n"
            f"Take or decline it: POST {url}/api/v1/swap-requests/{swap.id}/take or /decline. "
            f"Until somebody takes it, {asker} stays on call."
        )
        out.append(Notice(user, clip(f"{asker} asks for cover in {names.schedule}", 120), text))
    return out


def told(swap: Swap, event: Event, names: Names) -> list[Notice]:
    """To those whom an event concerns. `swap`: as it was before."""
    asker, schedule = swap.asker, names.schedule
    match event:
        case Taken(by):
            mine, theirs = names.span(swap.span, asker), names.span(swap.span, by)
            back = "", ""
            if swap.in_return is not None:
                back = (
                    f"\nYou take {names.of(by)}'s: {names.span(swap.in_return, asker)}.",
                    f"\n{names.of(asker)} takes yours: {names.span(swap.in_return, by)}.",
                )
            return [
                Notice(asker, f"{names.of(by)} takes your shift in {schedule}", f"Taken over: {mine}.{back[0]}"),
                Notice(by, f"You took a shift in {schedule}", f"You are on call {theirs}.{back[1]}"),
            ]
        case Declined(_, True):
            return [_stays(swap, names, f"Everybody declined your shift in {schedule}", "Nobody of those asked can.")]
        case Declined():
            return []
        case Withdrawn():
            text = f"{names.of(asker)} no longer asks for cover: "
            waiting = [u for u in swap.asked if u not in swap.declined_by]
            subject = f"No cover needed any more in {schedule}"
            return [Notice(u, subject, text + names.span(swap.span, u) + ".") for u in waiting]
        case Expired():
            return [_stays(swap, names, f"Nobody took your shift in {schedule}", "The request has expired.")]


def _stays(swap: Swap, names: Names, subject: str, why: str) -> Notice:
    when = names.span(swap.span, swap.asker)
    return Notice(swap.asker, subject, f"{why} You are still on call: {when}. Ask again, or talk to your team.")
