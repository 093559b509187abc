"""Schedules with layers, overrides, temporary schedules, imported calendars and what hand-offs do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Configuration
from domain.errors import Invalid
from domain.schedule import FixedShifts, Layer
from domain.validation import (
    MAX_OVERRIDES,
    MAX_TEMPORARIES,
    check_layers,
    check_override,
    check_temporary,
    check_zone,
)
from gateway.calendar_fetch import FetchFailed, clean_url
from gateway.references import check_unused
from gateway.schemas import schedules as wire
from gateway.schemas.rota import CalendarInput, HandoffSettings
from gateway.schemas.tree import OverrideBody, ScheduleBody, TemporaryBody
from gateway.tree.by_hand import dated, overrides, renew, temporaries
from gateway.tree.faults import Faults, Path
from gateway.tree.section import Desk, Section, Stored, columns, numbered
from gateway.tree.walk import references
from storage.calendar_sources import soon
from storage.canary import CANARY
from storage.changes import fetch
from storage.configuration import convert
from storage.sealed import Sealer
from storage.tables import CalendarSourceRow, HandoffRow, HolidayCalendarRow, ScheduleRow, UserRow

SOURCE = ("people", "every_s", "stale_after_s")


class Schedules(Section[ScheduleBody]):
    """By name."""

    name = "schedules"
    kind = "schedule"
    model = ScheduleBody
    inside = ("calendars", "calendar")

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[ScheduleBody]]:
        people = set((await session.execute(select(UserRow.id).where(UserRow.id != CANARY))).scalars())
        known = people | set((await session.execute(select(HolidayCalendarRow.id))).scalars())
        handoffs = {h.schedule_id: h for h in (await session.execute(select(HandoffRow))).scalars()}
        sources: dict[str, list[CalendarSourceRow]] = {}
        query = select(CalendarSourceRow).order_by(CalendarSourceRow.created_at, CalendarSourceRow.id)
        for source in (await session.execute(query)).scalars():
            sources.setdefault(source.schedule_id, []).append(source)
        rows = (await session.execute(select(ScheduleRow).order_by(ScheduleRow.name))).scalars()
        return {r.name: _schedule(r, sources.get(r.id, []), handoffs.get(r.id), known, sealer) for r in rows}

    def settle(
        self, name: str, body: ScheduleBody, stored: Stored[ScheduleBody] | None, path: Path, faults: Faults
    ) -> ScheduleBody:
        for key, calendar in (body.calendars or {}).items():
            try:
                clean_url(calendar.url.get_secret_value())
            except FetchFailed as error:
                faults.add((*path, "calendars", key, "url"), f"This cannot be a calendar: {error}.")
        for n, layer in enumerate(body.layers):
            if layer.fixed is not None and layer.fixed.source is not None and layer.fixed.shifts:
                text = "What an imported calendar says is not written here; leave the shifts away."
                faults.add((*path, "layers", n, "fixed", "shifts"), text)
        there = stored.body if stored is not None else None
        update = {
            "overrides": dated(body.overrides, there.overrides if there is not None else None),
            "temporaries": dated(body.temporaries, there.temporaries if there is not None else None),
        }
        return super().settle(name, body.model_copy(update=update), stored, path, faults)

    def check(self, ident: str, body: ScheduleBody, config: Configuration) -> None:
        schedule = config.schedules[ident]
        check_zone(body.zone, "zone")
        check_layers(schedule.layers, "layers", config.users, config.holidays)
        for given, most, what in (
            (body.overrides, MAX_OVERRIDES, "overrides"),
            (body.temporaries, MAX_TEMPORARIES, "temporaries"),
        ):
            if len(given or ()) > most:
                raise Invalid(what, f"A schedule can have at most {most} of them; leave those away that are over.")
        for n, override in enumerate(body.overrides or ()):
            check_override(override.to_domain("new", 0.0), f"overrides[{n}]", config.users)
        for n, temporary in enumerate(body.temporaries or ()):
            check_temporary(temporary.to_domain("new", 0.0), f"temporaries[{n}].", config.users, config.holidays)
        rules = config.rota.handoffs.get(ident)
        if rules is not None and rules.slack_group and not rules.slack_token:
            raise Invalid("hand_off.slack_token", "The Slack group needs a bot token with the scope usergroups:write.")

    async def save(
        self, desk: Desk, ident: str, name: str, body: ScheduleBody, stored: Stored[ScheduleBody] | None
    ) -> None:
        row = await desk.row(ScheduleRow, ident, layers=[], overrides=[], temporaries=[])
        row.name, row.zone, row.team_id = body.name, body.zone, body.team_id
        row.layers = _layers(body.layers, row.layers)
        await desk.session.flush()
        before = stored.body if stored is not None else None
        if before is None or body.overrides != before.overrides:
            known = (before.overrides or []) if before is not None else []
            renew(desk, row.overrides, overrides(row.overrides), known, body.overrides or [])
        if before is None or body.temporaries != before.temporaries:
            there = (before.temporaries or []) if before is not None else []
            renew(desk, row.temporaries, temporaries(row.temporaries), there, body.temporaries or [])
        await self._calendars(
            desk, ident, body.calendars or {}, (before.calendars if before is not None else None) or {}
        )
        await _hand_off(desk, ident, body.hand_off or HandoffSettings())
        await desk.session.flush()
        desk.changed.add(ident)

    async def _calendars(
        self, desk: Desk, ident: str, wanted: Mapping[str, CalendarInput], before: Mapping[str, CalendarInput]
    ) -> None:
        ids = desk.inside["calendar"]
        query = select(CalendarSourceRow).where(CalendarSourceRow.schedule_id == ident)
        known = {c.id: c for c in (await desk.session.execute(query)).scalars()}
        for row in known.values():
            if row.id not in {ids[key] for key in wanted}:
                await desk.session.delete(row)
        await desk.session.flush()
        for key, calendar in wanted.items():
            if calendar == before.get(key):
                continue
            there = known.get(ids[key])
            if there is None:
                there = CalendarSourceRow(id=ids[key], schedule_id=ident, unknown=[])
                desk.session.add(there)
            there.layer = calendar.layer
            there.sealed = desk.sealer.again(there.sealed, {"url": clean_url(calendar.url.get_secret_value())})
            there.people, there.every_s, there.stale_after_s = calendar.people, calendar.every_s, calendar.stale_after_s
            soon(there)

    async def delete(self, desk: Desk, ident: str) -> None:
        row = await fetch(desk.session, ScheduleRow, ident, "schedule")
        await check_unused(desk.session, "schedule", ident)
        await desk.session.delete(row)
        desk.changed.add(ident)


def _schedule(
    row: ScheduleRow,
    sources: Sequence[CalendarSourceRow],
    handoff: HandoffRow | None,
    known: Collection[str],
    sealer: Sealer,
) -> Stored[ScheduleBody]:
    keys = dict(zip((s.id for s in sources), numbered(s.layer for s in sources), strict=True))
    layers = [wire.Layer.model_validate(layer) for layer in row.layers]
    body = ScheduleBody(
        **columns(row, ("name", "zone", "team_id")),
        layers=[_unread(layer) for layer in layers if _source(layer) in (None, *keys)],
        overrides=[b for b in overrides(row.overrides).values() if _all_known(b, known)],
        temporaries=[b for b in temporaries(row.temporaries).values() if _all_known(b, known)],
        calendars={keys[s.id]: _calendar(s, known, sealer) for s in sources},
        hand_off=_settings(handoff, sealer),
    )
    return Stored(row.id, body, {"calendar": {key: ident for ident, key in keys.items()}})


def _source(layer: wire.Layer) -> str | None:
    return layer.fixed.source if layer.fixed is not None else None


def _unread(layer: wire.Layer) -> wire.Layer:
    """A layer without what its calendar said last: that is the calendar's to say."""
    if layer.fixed is None or layer.fixed.source is None:
        return layer
    return layer.model_copy(update={"fixed": layer.fixed.model_copy(update={"shifts": []})})


def _layers(wanted: Sequence[wire.Layer], stored: Sequence[Any]) -> list[Any]:
    """As they are saved; those of calendars with the shifts that are known of them."""
    known = {x.fixed.source: x.fixed for x in convert(stored, tuple[Layer, ...]) if x.fixed is not None}
    out: list[Any] = []
    for layer in wanted:
        made = layer.to_domain()
        if made.fixed is not None and made.fixed.source is not None:
            fixed = known.get(made.fixed.source, FixedShifts((), made.fixed.source))
            out.append({**msgspec.to_builtins(made), "fixed": msgspec.to_builtins(fixed)})
        else:
            out.append(msgspec.to_builtins(made))
    return out


def _all_known(body: OverrideBody | TemporaryBody, known: Collection[str]) -> bool:
    """False if it names somebody or something that is gone: it is over, or says nothing any more."""
    return all(ident in known for _, ident in references(body))


def _calendar(row: CalendarSourceRow, known: Collection[str], sealer: Sealer) -> CalendarInput:
    plain = {**columns(row, ("layer", *SOURCE)), "url": sealer.open(row.sealed)["url"]}
    plain["people"] = {text: user for text, user in sorted(row.people.items()) if user in known}
    return CalendarInput.model_validate(plain)


def _settings(row: HandoffRow | None, sealer: Sealer) -> HandoffSettings:
    if row is None:
        return HandoffSettings()
    plain = columns(row, ("confirm_within_s", "slack_group"))
    token = sealer.open(row.sealed)["token"] if row.sealed is not None else None
    return HandoffSettings.model_validate({**plain, "slack_token": token})


async def _hand_off(desk: Desk, ident: str, wanted: HandoffSettings) -> None:
    row = await desk.session.get(HandoffRow, ident)
    if row is None:
        if wanted == HandoffSettings():
            return
        row = HandoffRow(schedule_id=ident)
        desk.session.add(row)
    if row.slack_group is None or _settings(row, desk.sealer) != wanted:
        token = wanted.slack_token.get_secret_value().strip() if wanted.slack_token is not None else ""
        row.confirm_within_s, row.slack_group = wanted.confirm_within_s, wanted.slack_group
        row.sealed = desk.sealer.again(row.sealed, {"token": token}) if token else None
