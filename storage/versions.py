"""Versions of the configuration: each saved change made one; the audit log says who and what. And their retention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.changes import Sessions
from storage.errors import NotFound
from storage.tables import AuditRow, SettingsRow
from storage.versioned import TRACKED

WORDS = {
    "create": "made",
    "update": "changed",
    "delete": "deleted",
    "apply": "applied a tree to",
    "roll-back": "rolled back",
    "replace_key": "gave a new address to",
    "begin": "began",
}
NAMES = 5
"""Things named in the line of an apply."""


@dataclass(frozen=True, slots=True)
class Version:
    """What the configuration was from `at` on. `subject`: kind/id of what was changed; `detail` holds no secret."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]

    @property
    def words(self) -> str:
        """Who did what, in one line."""
        kind = self.subject.partition("/")[0].replace("_", " ").replace("-", " ")
        named = self.detail.get("name") or self.detail.get("label") or ""
        line = f"{self.actor} {WORDS.get(self.action, f'did {self.action} to')} the {kind} {named}".rstrip()
        if "to" in self.detail:
            line += f" to version {self.detail['to']}"
        names = [str(name) for name in self.detail.get("names", ())]
        more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
        return f"{line}: {', '.join(names[:NAMES])}{more}" if names else line


def _version(row: AuditRow) -> Version:
    assert row.config_version is not None  # asked for below
    return Version(row.config_version, row.at, row.actor, row.action, row.subject, row.detail)


_KNOWN = AuditRow.at >= select(SettingsRow.kept_since).scalar_subquery()


async def listed(sessions: Sessions, limit: int, before: int | None) -> list[Version]:
    """The newest first, of numbers below `before`."""
    query = select(AuditRow).where(AuditRow.config_version.is_not(None), _KNOWN)
    query = query.where(AuditRow.config_version < before) if before is not None else query
    async with sessions() as session:
        rows = (await session.execute(query.order_by(AuditRow.config_version.desc()).limit(limit))).scalars()
        return [_version(row) for row in rows]


async def one(sessions: Sessions, number: int) -> Version:
    """Raises NotFound for a number that never was, or of before what is known."""
    async with sessions() as session:
        row = (await session.execute(select(AuditRow).where(AuditRow.config_version == number, _KNOWN))).scalar()
    if row is None:
        raise NotFound("version of the configuration", str(number))
    return _version(row)


async def before(sessions: Sessions, version: Version) -> datetime | None:
    """An instant of the version before it; None if nothing of it is known."""
    newest = select(func.max(AuditRow.at)).where(AuditRow.config_version < version.number)
    async with sessions() as session:
        at: datetime | None = (await session.execute(newest)).scalar()
        since: datetime = (await session.execute(select(SettingsRow.kept_since))).scalar_one()
    return None if at is None or version.at <= since else max(at, since)


# -- what is forgotten -----------------------------------------------------------------------------------

SINCE = text("""
update settings set kept_since = greatest(kept_since, now() - make_interval(secs => :kept_s)) returning kept_since
""")
FORGET = text("""
delete from config_history where ctid = any(array(
    select ctid from config_history where kind = :kind and valid_to < :since limit :limit))
""")
PORTION = 5_000


async def forget(sessions: Sessions, kept_s: float) -> int:
    """Drop what stopped being so more than `kept_s` seconds ago, in portions; what is still so is never touched.

    First nobody may ask any more about a time before that: no answer is made of half of it. Answers how many rows went.
    """
    async with sessions() as session:
        since = (await session.execute(SINCE, {"kept_s": kept_s})).scalar_one()
        await session.commit()
    return sum([await _forget(sessions, tracked.table, since) for tracked in TRACKED])


async def _forget(sessions: Sessions, kind: str, since: datetime) -> int:
    gone = 0
    while True:
        async with sessions() as session:
            found = await _portion(session, kind, since)
            await session.commit()
        gone += found
        if found < PORTION:
            return gone


async def _portion(session: AsyncSession, kind: str, since: datetime) -> int:
    done: Any = await session.execute(FORGET, {"kind": kind, "since": since, "limit": PORTION})
    return int(done.rowcount)
