"""All that is stored, section by section, and the tree that says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    """Section -> name -> item, as one transaction saw it."""

    items: Mapping[str, Mapping[str, Stored[Any]]]

    @classmethod
    async def load(cls, session: AsyncSession, sealer: Sealer) -> Everything:
        """Read all sections."""
        return cls({section.name: await section.load(session, sealer) for section in SECTIONS})

    def names(self) -> dict[tuple[str, str], str]:
        """(kind, id) -> name, of everything that is named."""
        found: dict[tuple[str, str], str] = {}
        for section in SECTIONS:
            for name, item in self.items[section.name].items():
                found[section.kind, item.id] = name
                for kind, inside in item.inside.items():
                    found |= {(kind, ident): key for key, ident in inside.items()}
        return found

    def tree(self, secret: Any = None) -> Tree:
        """The tree. `secret`: what stands for one, given its value; by default, that it be kept."""
        writer = writer_of(self.names(), secret)
        found: Tree = {}
        for section in SECTIONS:
            items = self.items[section.name]
            bodies = {name: shown(section, item.body, writer) for name, item in sorted(items.items())}
            found[section.name] = bodies.get("", {}) if section.single else bodies
        return found


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
