"""A tree becomes the configuration, in one transaction; a plan is the same transaction taken back at its end.

So what a plan says is what an apply does: the same rows are written, loaded by what loads every configuration, and
checked by what checks all that the API saves. While a plan is computed, other changes of configuration wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.outside import Outside, Refused
from domain.configuration import Configuration
from domain.consequences import Consequence, consequences
from domain.errors import Invalid
from domain.rota import concerns
from gateway.schedule_news import announce, changed, look_again
from gateway.services import Services
from gateway.tree.faults import Faults, tree_path
from gateway.tree.proposal import Item, Proposal, propose, remembered
from gateway.tree.section import Desk
from gateway.tree.stored import Everything, Tree
from storage.access import Holder
from storage.changes import change
from storage.configuration import load_in
from storage.errors import Conflict
from storage.incidents import at_steps
from storage.managed import applied
from storage.tables import AppliedRow, SettingsRow, UserRow

SUBJECT = "configuration"
NAMED = 100
"""Things that the audit log names of one apply."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`tree`: as parsed. `if_version`: only if this is the stored version. `dry`: plan.

    What gateway/tree/returning.py says otherwise is below: how it is called, and whether later changes drift from it.
    """

    tree: Mapping[str, Any]
    prune: bool = False
    if_version: int | None = None
    dry: bool = False
    action: ClassVar[str] = "apply"
    remembers: ClassVar[bool] = True

    def then(self) -> Everything | None:
        """Has the ids of what comes back; None: nothing does."""
        return None

    def seen(self, now: Everything) -> Everything:
        """What is stored, by the names that the tree has for it."""
        return now

    def wanted(self, now: Everything) -> Mapping[str, Any]:
        """The tree, given what is stored."""
        return self.tree

    def check(self, proposal: Proposal, row: AppliedRow | None) -> None:
        """Raise what keeps this caller from changing that. `row`: the tree applied last."""

    def detail(self) -> dict[str, Any]:
        """For the audit log."""
        return {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`version`: of the configuration before it was (or would be) changed; `applied`: of the one that was saved."""

    version: int
    proposal: Proposal
    consequences: tuple[Consequence, ...] = ()
    applied: int | None = None


class _Ended(Exception):
    """Nothing is to be saved: it is as it shall be, or was only asked for."""


async def apply(services: Services, caller: Holder, wish: Wish) -> Outcome:
    """Raises TreeInvalid with every fault, and Conflict; nothing is changed then."""
    work = _Apply(services, caller, wish)
    async with services.sessions() as session:
        outcome = await work.look(session)
        await _look_outside(services.outside, outcome.proposal)
        if outcome.proposal.changes == () and not wish.dry and wish.remembers:
            await work.remember(session, outcome)
            await session.commit()
    if outcome.proposal.changes:
        outcome = await work.run()
    if not wish.dry:
        await announce(services.poker, services.config, work.shards)
    return outcome


async def _look_outside(outside: Outside, proposal: Proposal) -> None:
    """Raises TreeInvalid for addresses that this installation may not connect to."""
    faults = Faults()
    for item in proposal.changes:
        before = item.stored.body if item.stored is not None else None
        for path, url in item.section.urls(item.body, before) if item.body is not None else ():
            try:
                await outside.check(url)
            except Refused as error:
                faults.add((*item.path, *path), f"Pages cannot be sent there: {error}.")
    faults.check()


class _Apply:
    def __init__(self, services: Services, caller: Holder, wish: Wish) -> None:
        self._services = services
        self._caller = caller
        self._wish = wish
        self._outcome: Outcome | None = None
        self.shards: list[int] = []

    async def look(self, session: AsyncSession) -> Outcome:
        """What would change; nothing is written."""
        version = int((await session.execute(select(SettingsRow.config_version))).scalar_one())
        row = await applied(session)
        everything = self._wish.seen(await Everything.load(session, self._services.sealer))
        tree, owned = self._wish.wanted(everything), row.tree if row is not None else {}
        proposal = propose(tree, everything, owned, self._wish.prune, self._wish.then())
        self._wish.check(proposal, row)
        return Outcome(version, proposal)

    async def run(self) -> Outcome:
        """Change it, and take it back if it was only asked for."""
        detail: dict[str, Any] = {}
        try:
            name, action = self._caller.name, self._wish.action
            async with change(self._services.sessions, name, action, SUBJECT, detail) as session:
                self._outcome = await self._change(session)
                detail |= _detail(self._outcome.proposal) | self._wish.detail()
                if self._wish.dry or self._outcome.applied is None:
                    raise _Ended
        except _Ended:
            pass
        assert self._outcome is not None  # set before either way out
        return self._outcome

    async def _change(self, session: AsyncSession) -> Outcome:
        looked = await self.look(session)
        version, proposal = looked.version - 1, looked.proposal
        if self._wish.if_version is not None and version != self._wish.if_version:
            text = f"The configuration is at version {version}, not {self._wish.if_version}: somebody changed it."
            raise Conflict(f"{text} Plan again. Nothing was changed.")
        if not proposal.changes:
            return Outcome(version, proposal)
        session.expunge_all()
        before = await load_in(session, self._services.sealer)
        session.expunge_all()
        now = (await session.execute(select(func.now()))).scalar_one()
        desk = Desk(session, self._services.sealer, self._caller.name, now)
        await self._write(desk, proposal)
        await session.flush()
        session.expunge_all()
        after = await load_in(session, self._services.sealer)
        _check(proposal, after, await _admins(session), self._caller)
        session.expunge_all()
        coming = consequences(before, after, now.timestamp(), await at_steps(session))
        outcome = Outcome(version, proposal, tuple(coming), looked.version)
        if not self._wish.dry:
            await self._tell(desk, after)
            if self._wish.remembers:
                await self.remember(session, outcome)
        return outcome

    async def _write(self, desk: Desk, proposal: Proposal) -> None:
        faults = Faults()
        for item in proposal.changes:
            if item.body is not None:
                desk.inside = item.inside
                try:
                    await item.section.save(desk, item.id, item.name, item.body, item.stored)
                except Invalid as error:
                    faults.add((*item.path, *tree_path(error.field)), error.message)
        faults.check()
        for item in reversed(proposal.changes):
            if item.body is None:
                try:
                    await item.section.delete(desk, item.id)
                    await desk.session.flush()
                except Conflict as error:
                    faults.add(item.path, f"The tree does not say it any more, but it cannot be deleted. {error}")
        faults.check()

    async def _tell(self, desk: Desk, after: Configuration) -> None:
        concerned = {s.id for s in after.schedules.values() for user in desk.wishes if concerns(s, user)}
        self.shards = desk.shards + await changed(desk.session, *sorted(desk.changed))
        self.shards += await look_again(desk.session, *sorted((concerned | desk.look_again) - desk.changed))

    async def remember(self, session: AsyncSession, outcome: Outcome) -> None:
        """What was applied, so that a later change by hand is seen."""
        await session.flush()
        session.expunge_all()
        after: Tree = (await Everything.load(session, self._services.sealer)).tree()
        row = await applied(session)
        tree = remembered(outcome.proposal, after, row.tree if row is not None else {})
        managed = outcome.proposal.managed
        values = {"tree": tree, "lives_in": managed.lives_in, "locked": managed.locked}
        if row is not None and values == {name: getattr(row, name) for name in values}:
            return
        if row is None:
            row = AppliedRow(id=1)
            session.add(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.config_version = outcome.applied or outcome.version
        row.applied_at, row.applied_by = func.now(), self._caller.name


def _check(proposal: Proposal, after: Configuration, admins: list[str], caller: Holder) -> None:
    """As the API checks what it saves, everything at once."""
    faults = Faults()
    for item in proposal.changes:
        if item.body is not None:
            try:
                item.section.check(item.id, item.body, after)
            except Invalid as error:
                faults.add((*item.path, *tree_path(error.field)), error.message)
        elif item.id == caller.user_id and item.section.kind == "user":
            faults.add(item.path, "This is who applies the tree; it would lock you out.")
    if not admins:
        faults.add(("users",), "Nobody would be left who is active and has the role admin.")
    faults.check()


async def _admins(session: AsyncSession) -> list[str]:
    query = select(UserRow.id).where(UserRow.role == "admin", UserRow.active)
    return list((await session.execute(query)).scalars())


def _detail(proposal: Proposal) -> dict[str, Any]:
    """For the audit log; without values, which may be secret."""
    found: dict[str, int] = dict(Counter(item.action for item in proposal.changes))
    return {**found, "names": [_name(item) for item in proposal.changes[:NAMED]]}


def _name(item: Item) -> str:
    return f"{item.action} {item.section.name}/{item.name}".rstrip("/")
