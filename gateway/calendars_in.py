"""Imported calendars, kept up to date: asked for when due, read in a process of their own, saved as a layer.

Whatever goes wrong (no answer, no calendar, an event that cannot be understood, too many of them) changes nothing on
call: the last good copy stays, and its age is shown, measured and, beyond `stale_after_s`, logged as an error. Several
gateways share the work; each calendar is asked for by one of them at a time.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from hashlib import sha256
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain.imported import Imported, People, imported
from gateway.background import Background
from gateway.calendar_fetch import Fetched, FetchFailed, fetch
from gateway.calendar_parser import parsed
from gateway.config_cache import ConfigCache
from gateway.metrics import CALENDAR_AGE, CALENDAR_STALE
from gateway.schedule_news import announce, changed
from integrations.ical import CalendarInvalid
from runtime.poke import Poker
from storage.calendar_sources import (
    Source,
    age_s,
    all_sources,
    note_failure,
    note_good,
    stale,
    take_due,
    with_import,
)
from storage.changes import Sessions, change
from storage.sealed import Sealer
from storage.swaps import database_now
from storage.tables import ScheduleRow

log = structlog.get_logger("sentinel.gateway")
PERIOD_S = 10.0
BACK_S, AHEAD_S = 62 * 86_400.0, 400 * 86_400.0
"""The time around now that is imported. It moves with each look; so a calendar that does not change is read again."""
SHIFTS_MAX = 5_000


class CalendarsIn:
    """One per gateway."""

    def __init__(self, sessions: Sessions, sealer: Sealer, config: ConfigCache, poker: Poker, private: bool) -> None:
        self._sessions = sessions
        self._sealer = sealer
        self._config = config
        self._poker = poker
        self._private = private
        self._shown: set[tuple[str, str]] = set()
        self._stale: set[tuple[str, str]] = set()
        self._wanted = asyncio.Event()
        self._background = Background(self._run, "imported-calendars")

    def start(self) -> None:
        """Begin asking."""
        self._background.start()

    async def stop(self) -> None:
        """End asking."""
        await self._background.stop()

    def look_now(self) -> None:
        """Do not wait for the next period."""
        self._wanted.set()

    async def _run(self) -> None:
        while True:
            try:
                while await self.one():
                    pass
                await self._measure()
            except (SQLAlchemyError, OSError) as error:
                log.warning("imported_calendars_not_looked_at", why=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), PERIOD_S)
            self._wanted.clear()

    async def one(self) -> bool:
        """Ask for one calendar whose time has come; False if there is none."""
        source = await take_due(self._sessions, self._sealer)
        if source is None:
            return False
        try:
            copy, found = await self._read(
                source, await fetch(source.url, source.etag, source.last_modified, self._private)
            )
        except (FetchFailed, CalendarInvalid) as error:
            await note_failure(self._sessions, source.id, f"The calendar cannot be used: {error}.")
            log.warning(
                "calendar_not_imported",
                schedule=source.schedule_id,
                calendar=source.id,
                why=str(error),
                meaning="the last good copy stays in use",
            )
            return True
        await self._save(source, found)
        await note_good(self._sessions, source.id, found, copy)
        return True

    async def _read(self, source: Source, fetched: Fetched) -> tuple[dict[str, Any], Imported]:
        body = fetched.body if fetched.body is not None else source.body
        if body is None:
            raise FetchFailed("its server says that nothing changed, but there is no earlier copy")
        async with self._sessions() as session:
            now = await database_now(session)
        entries = await parsed(body, source.zone, now - BACK_S, now + AHEAD_S, SHIFTS_MAX)
        found = imported(entries, People(self._config.current.users.values(), source.people))
        if len(found.shifts) > SHIFTS_MAX:
            raise CalendarInvalid(f"it holds more than {SHIFTS_MAX} shifts in the time that is imported")
        if fetched.body is None:
            return {}, found
        new = source.body is None or sha256(source.body).digest() != sha256(body).digest()
        validators = {"etag": fetched.etag, "last_modified": fetched.last_modified}
        return {**validators, **({"body": body} if new else {})}, found

    async def _save(self, source: Source, found: Imported) -> None:
        """The layer, if it says anything new."""
        async with self._sessions() as session:
            row = await session.get(ScheduleRow, source.schedule_id)
            if row is None or with_import(row.layers, source, found) is None:
                return
        detail = {"calendar": source.id, "shifts": len(found.shifts)}
        async with change(
            self._sessions, "imported calendar", "import", f"schedule/{source.schedule_id}", detail
        ) as session:
            row = await session.get(ScheduleRow, source.schedule_id, with_for_update=True, populate_existing=True)
            layers = with_import(row.layers, source, found) if row is not None else None
            if row is None or layers is None:
                return
            row.layers = layers
            shards = await changed(session, row.id)
        await announce(self._poker, self._config, shards)

    async def _measure(self) -> None:
        rows = await all_sources(self._sessions)
        async with self._sessions() as session:
            now = await database_now(session)
        seen = set()
        for row in rows:
            key = (row.schedule_id, row.id)
            seen.add(key)
            age = age_s(row, now)
            CALENDAR_AGE.labels(*key).set(age if age is not None else now - row.created_at.timestamp())
            CALENDAR_STALE.labels(*key).set(stale(row, now))
            if stale(row, now) and key not in self._stale:
                log.error(
                    "imported_calendar_stale",
                    schedule=row.schedule_id,
                    calendar=row.id,
                    age_s=age,
                    why=row.problem,
                    meaning="who is on call is what the calendar said then; correct its address or its server",
                )
        self._stale = {(r.schedule_id, r.id) for r in rows if stale(r, now)}
        for gone in self._shown - seen:
            CALENDAR_AGE.remove(*gone)
            CALENDAR_STALE.remove(*gone)
        self._shown = seen
