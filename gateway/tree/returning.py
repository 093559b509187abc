"""A roll-back: the configuration becomes what it was at a version, by the very apply that a tree goes through.

Things are the same by id: what was renamed gets its old name, what was deleted comes back with its old id. No part of a
version, and so left as they are: secrets, keys, passwords, and silences, which are of their hour and end by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from domain.masking import lost
from domain.roles import allows
from gateway.problems import ProblemError
from gateway.services import Services
from gateway.tree.applying import Outcome, Wish, apply
from gateway.tree.proposal import Proposal
from gateway.tree.sections import SECTIONS
from gateway.tree.stored import Everything, Tree
from gateway.tree.walk import KEEP
from storage.access import Holder
from storage.as_of import session_at
from storage.errors import Conflict
from storage.tables import AppliedRow
from storage.versions import one

OF_ADMINISTRATORS = frozenset({"users", "last_resort"})
"""Sections that the API lets only an administrator change."""
NOT_OF_VERSIONS = frozenset({"silences"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Wish):
    """`past`: everything of then; `administrator`: whether whoever asks is one."""

    number: int
    past: Everything
    administrator: bool
    tree: Mapping[str, Any] = field(default_factory=dict)
    prune: bool = True
    action: ClassVar[str] = "roll-back"
    remembers: ClassVar[bool] = False

    def then(self) -> Everything:
        return self.past

    def seen(self, now: Everything) -> Everything:
        return now.called_as_in(self.past)

    def wanted(self, now: Everything) -> Tree:
        tree = {name: body for name, body in self.past.tree().items() if name not in NOT_OF_VERSIONS}
        if not self.past.items["last_resort"]:
            del tree["last_resort"]
        _keep_secrets(tree, self.past, now)
        return {**tree, "renamed": _renamed(self.past, now)}

    def check(self, proposal: Proposal, row: AppliedRow | None) -> None:
        changed = {item.section.name for item in proposal.changes}
        if not self.administrator and changed & OF_ADMINISTRATORS:
            words = " and ".join(sorted(changed & OF_ADMINISTRATORS)).replace("_", " ")
            raise ProblemError(403, f"This would change {words}, which takes an administrator. Nothing was changed.")
        if row is not None and (locked := sorted(changed & set(row.locked))):
            where = f" They live in {row.lives_in}." if row.lives_in else ""
            text = f"{', '.join(locked)} are managed by code and differ: apply their tree of then instead."
            raise Conflict(f"{text}{where} Nothing was changed.")

    def detail(self) -> dict[str, Any]:
        return {"to": self.number}


async def roll_back(
    services: Services, caller: Holder, number: int, dry: bool = False, if_version: int | None = None
) -> Outcome:
    """Raises NotFound for a version that is not known; TreeInvalid and Conflict if it cannot; nothing changes then."""
    version = await one(services.sessions, number)
    past = await everything_at(services, version.at)
    administrator = allows(caller.role, caller.scopes, "admin")
    wish = Return(number=number, past=past, administrator=administrator, if_version=if_version, dry=dry)
    return await apply(services, caller, wish)


async def everything_at(services: Services, at: datetime) -> Everything:
    """All that was stored at an instant."""
    async with session_at(services.sessions, at) as session:
        return await Everything.load(session, services.sealer)


def _renamed(past: Everything, now: Everything) -> dict[str, dict[str, str]]:
    """Section -> name of now -> name of then. Raises Conflict if that name is another thing's now."""
    found: dict[str, dict[str, str]] = {}
    for section in SECTIONS:
        if section.single or section.name in NOT_OF_VERSIONS:
            continue
        names = {item.id: name for name, item in now.items[section.name].items()}
        taken = {section.same(name): item.id for name, item in now.items[section.name].items()}
        for name, item in past.items[section.name].items():
            current = names.get(item.id)
            if current is None or section.same(current) == section.same(name):
                continue
            if taken.get(section.same(name), item.id) != item.id:
                words = f"{section.name}: {current!r} was called {name!r} then, which is another one's name now."
                raise Conflict(f"{words} Rename or delete that first. Nothing was changed.")
            found.setdefault(section.name, {})[current] = name
    return found


def _keep_secrets(tree: Tree, past: Everything, now: Everything) -> None:
    """What was in a seal that is not known any more stays as it is today, a signing secret too."""
    today = {item.id: item.body for item in now.items["users"].values()}
    for name, item in past.items["users"].items():
        contacts = today[item.id].contacts if item.id in today else {}
        for key, contact in (item.body.contacts or {}).items():
            there = (contacts or {}).get(key)
            if there is not None and lost(contact.address.get_secret_value()) and there.secret.get_secret_value():
                tree["users"][name]["contacts"][key]["secret"] = dict(KEEP)
