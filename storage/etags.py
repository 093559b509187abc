"""Of two people who edit one thing the second is told: what it says has a tag, and a change may expect one (RFC 9110).

The tag is a digest of what editing it writes, so that nothing has to be counted and nobody who adds a way to change it
can forget to. Two states that say the same have the same tag: then there is nothing to lose. What is beside it (a
schedule's overrides, how a heartbeat stands) is not in it. A further kind of thing is a line here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.errors import Overtaken
from storage.versioned import TRACKED

_TRACKED = {t.table: t for t in TRACKED}
MEMBERS = "(select jsonb_agg(to_jsonb(m) order by m.user_id) from public.team_members m where m.team_id = t.id)"
MEMBERS_AT = """(select max(greatest(valid_from, valid_to)) from config_history
    where kind = 'team_members' and starts_with(row_id, :ident || '/'))"""


RULES = """(select jsonb_agg(to_jsonb(r) order by r.urgency, r.position) from public.notification_rules r
    where r.user_id = t.id)"""
RULES_AT = MEMBERS_AT.replace("team_members", "notification_rules")


@dataclass(frozen=True, slots=True)
class Edited:
    """`without`: columns that editing it does not write; `only`: the one column it is, of the settings or of its row.

    `more`: what else it says; `more_at`: when that changed last; both SQL.
    """

    table: str
    without: str = ""
    only: str = ""
    more: str = ""
    more_at: str = "null"

    def _said(self, row: str) -> str:
        if self.only:
            return f"jsonb_build_object('{self.only}', {row} -> '{self.only}')"
        return f"{row} - string_to_array('{self.without}', ',')"

    def tag(self) -> TextClause:
        """SQL: the digest of what `:ident` says now."""
        kept = _TRACKED[self.table]
        said = self._said(f"config_shown(to_jsonb(t), '{kept.without}', '{kept.sealed}')")
        more = f" || jsonb_build_object('more', {self.more})" if self.more else ""
        which = "cast(:ident as text) is not null" if self.table == "settings" else "t.id = :ident"
        return text(
            f"select encode(sha256(convert_to(({said}{more})::text, 'UTF8')), 'hex')"
            f" from public.{self.table} t where {which}"
        )

    def last(self) -> TextClause:
        """SQL: who changed last what `:ident` says, and when."""
        row_id = "'1'" if self.table == "settings" else ":ident"
        return text(f"""
            with said as (
                select valid_from, {self._said("row")} as said from config_history
                where kind = '{self.table}' and row_id = {row_id} and cast(:ident as text) is not null),
            moved as (
                select valid_from, said is distinct from lag(said) over (order by valid_from) as moved from said),
            newest as (select greatest(max(valid_from) filter (where moved), {self.more_at}) as at from moved)
            select a.actor, a.at from newest join audit a on a.at = newest.at
            where a.config_version is not null order by a.id desc limit 1""")


EDITED = {
    "user": Edited("users", without="quiet_hours"),
    "contact_method": Edited("contact_methods", without="verified_at"),
    "notification_rules": Edited("users", only="id", more=RULES, more_at=RULES_AT),
    "quiet_hours": Edited("users", only="quiet_hours"),
    "team": Edited("teams", more=MEMBERS, more_at=MEMBERS_AT),
    "schedule": Edited("schedules"),
    "calendar": Edited("calendar_sources"),
    "holiday-calendar": Edited("holiday_calendars"),
    "destination": Edited("destinations"),
    "policy": Edited("policies"),
    "last_resort": Edited("settings", only="last_resort"),
    "organisation": Edited("settings", only="vigil"),
    "service": Edited("services"),
    "integration": Edited("integrations"),
    "routing_rules": Edited("settings", only="routes"),
    "heartbeat": Edited("heartbeats", without="hint"),
    "silence": Edited("silences"),
    "maintenance": Edited("maintenance"),
}
"""By the kind in the subject of a change."""
_TAGS = {kind: edited.tag() for kind, edited in EDITED.items()}
_LAST = {kind: edited.last() for kind, edited in EDITED.items()}


@dataclass(frozen=True, slots=True)
class _Expected:
    subject: str
    tags: frozenset[str]


_expected: ContextVar[_Expected | None] = ContextVar("expected", default=None)


@contextmanager
def expecting(subject: str, tags: frozenset[str]) -> Iterator[None]:
    """A change of this subject (kind/id) within raises Overtaken unless the tag of what it says is one of these."""
    token = _expected.set(_Expected(subject, tags))
    try:
        yield
    finally:
        _expected.reset(token)


async def tag(session: AsyncSession, subject: str) -> str | None:
    """Of what this subject says now; None if there is no such thing."""
    kind, _, ident = subject.partition("/")
    found: str | None = (await session.execute(_TAGS[kind], {"ident": ident})).scalar_one_or_none()
    return found


async def check_expected(session: AsyncSession, subject: str) -> None:
    """Within a change, when no other one can come in between. What is gone is left to whoever looks it up."""
    expected = _expected.get()
    if expected is None or expected.subject != subject:
        return
    now = await tag(session, subject)
    if now is None or now in expected.tags:
        return
    kind, _, ident = subject.partition("/")
    last = (await session.execute(_LAST[kind], {"ident": ident})).one_or_none()
    # Nobody is found for what was written past this program.
    by, at = (last.actor, last.at.astimezone(UTC)) if last is not None else ("Somebody", None)
    raise Overtaken(kind.replace("_", " ").replace("-", " "), by, at, now)
