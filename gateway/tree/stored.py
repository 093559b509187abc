"""All that is stored, section by section, and the tree that says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.schemas.base import Input
from gateway.tree.section import Section, Stored
from gateway.tree.sections import SECTIONS
from gateway.tree.walk import Writer
from storage.managed import applied
from storage.sealed import Sealer

FORMAT = 1
Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Everything:
    """Section -> name -> item, as one transaction saw it at `now` (UTC epoch seconds)."""

    items: Mapping[str, Mapping[str, Stored[Any]]]
    now: float

    @classmethod
    async def load(cls, session: AsyncSession, sealer: Sealer) -> Everything:
        """Read all sections."""
        now = (await session.execute(select(func.now()))).scalar_one()
        return cls({section.name: await section.load(session, sealer) for section in SECTIONS}, now.timestamp())

    def names(self) -> dict[tuple[str, str], str]:
        """(kind, id) -> name, of everything that is named."""
        found: dict[tuple[str, str], str] = {}
        for section in SECTIONS:
            for name, item in self.items[section.name].items():
                found[section.kind, item.id] = name
                for kind, inside in item.inside.items():
                    found |= {(kind, ident): key for key, ident in inside.items()}
        return found

    def called_as_in(self, past: Everything) -> Everything:
        """The same, with what is named within an item (a contact, a calendar) called as it was in the past."""
        found = dict(self.items)
        for section in SECTIONS:
            if section.inside is not None:
                then = {item.id: item for item in past.items[section.name].values()}
                items = self.items[section.name].items()
                found[section.name] = {
                    n: _called(i, then[i.id], *section.inside) if i.id in then else i for n, i in items
                }
        return Everything(found, self.now)

    def tree(self, secret: Any = None) -> Tree:
        """The tree. `secret`: what stands for one, given its value; by default, that it be kept."""
        writer = writer_of(self.names(), secret)
        found: Tree = {}
        for section in SECTIONS:
            items = self.items[section.name]
            bodies = {name: shown(section, item.body, writer) for name, item in sorted(items.items())}
            found[section.name] = bodies.get("", {}) if section.single else bodies
        return found


def _called(item: Stored[Any], then: Stored[Any], part: str, kind: str) -> Stored[Any]:
    old = {ident: key for key, ident in then.inside.get(kind, {}).items()}
    keys: dict[str, str] = {}
    for key, ident in item.inside.get(kind, {}).items():
        keys[key] = old.get(ident, f"{key} (new)" if key in old.values() else key)
    body = item.body.model_copy(update={part: {keys[key]: x for key, x in (getattr(item.body, part) or {}).items()}})
    return Stored(item.id, body, {**item.inside, kind: {keys[k]: i for k, i in item.inside.get(kind, {}).items()}})


def writer_of(names: Mapping[tuple[str, str], str], secret: Any = None) -> Writer:
    """A writer that names what is there; what is gone stays an id."""

    def name_of(kind: str, ident: str) -> str:
        return names.get((kind, ident), ident)

    return Writer(name_of) if secret is None else Writer(name_of, secret)


def shown(section: Section[Any], body: Input, writer: Writer) -> Tree:
    """One item as it stands in the tree under its name."""
    return writer.body(body, without="" if section.single else section.key)


async def exported(session: AsyncSession, sealer: Sealer) -> Tree:
    """The whole tree as `sentinel export` writes it: the same configuration, the same text."""
    everything = await Everything.load(session, sealer)
    row = await applied(session)
    head: Tree = {"format": FORMAT}
    if row is not None and (row.lives_in or row.locked):
        head["managed"] = {"lives_in": row.lives_in, "locked": row.locked}
    return {**head, **everything.tree()}
