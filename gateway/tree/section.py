"""What a section of the tree must say of itself.

To add one: a class like those beside this file, and a line in sections.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Configuration
from gateway.schemas.base import Input, Part
from gateway.tree.faults import Faults, Path
from gateway.tree.walk import Names, fields
from runtime.ids import new_id
from storage.sealed import Sealer
from storage.tables.base import Base

B = TypeVar("B", bound=Input)
R = TypeVar("R", bound=Base)


@dataclass(frozen=True, slots=True)
class Stored(Generic[B]):
    """An item as the database has it. `inside`: kind -> name -> id of what is named within it only."""

    id: str
    body: B
    inside: Names = field(default_factory=dict)


@dataclass(slots=True)
class Desk:
    """A transaction in which a tree is applied, and which schedules have to hear of it."""

    session: AsyncSession
    sealer: Sealer
    actor: str
    now: datetime
    inside: Names = field(default_factory=dict)
    """Of the item that is being saved."""
    changed: set[str] = field(default_factory=set)
    """Schedules that say something else now."""
    look_again: set[str] = field(default_factory=set)
    """Schedules beside which something changed."""
    wishes: set[str] = field(default_factory=set)
    """People who wish to hear something else of their shifts."""
    shards: list[int] = field(default_factory=list)
    """Shards of live entities that were told, to be poked after the commit."""

    async def row(self, table: type[R], ident: str, **fresh: Any) -> R:
        """The row with this id, or a new one, which begins with the values `fresh`."""
        found = await self.session.get(table, ident)
        if found is None:
            found = table(id=ident, **fresh)
            self.session.add(found)
        return found

    async def put(self, table: type[R], ident: str, values: Mapping[str, Any]) -> None:
        """Write a row whose columns are called as the fields of its model."""
        row = await self.row(table, ident)
        for column, value in values.items():
            setattr(row, column, value)
        await self.session.flush()


class Section(ABC, Generic[B]):
    """One kind of thing. Names are unique in it."""

    name: ClassVar[str]
    """Key in the tree."""
    kind: ClassVar[str] = ""
    """What references to its items are marked with (gateway/schemas/base.Ref); "" if there are none."""
    model: type[B]
    key: ClassVar[str] = "name"
    """The field of the model that the key in the tree says, if it has it."""
    single: ClassVar[bool] = False
    """True: there is one, and the section is its body."""
    inside: ClassVar[tuple[str, str] | None] = None
    """(part, kind): the keys of this part are names of that kind within an item."""
    lockable: ClassVar[bool] = True
    """False: a night needs them, so changes by hand are never refused."""

    @abstractmethod
    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[B]]:
        """All items by name; of a single one by ""."""

    @abstractmethod
    async def save(self, desk: Desk, ident: str, name: str, body: B, stored: Stored[B] | None) -> None:
        """Write it; `stored` is what was there."""

    async def delete(self, desk: Desk, ident: str) -> None:
        """Remove it. Raises Conflict while it is in use."""
        raise AssertionError(f"{self.name} cannot be deleted")

    def fresh_id(self, name: str) -> str:
        """Of a new item."""
        return new_id()

    def over(self, raw: Any, now: float) -> bool:
        """True for what a tree says of a time that is over, and that so says nothing. `now`: UTC epoch seconds."""
        return False

    def check(self, ident: str, body: B, config: Configuration) -> None:
        """Raise Invalid naming the field, as the API would. `config`: all that will be there, this included."""

    def urls(self, body: B, stored: B | None) -> Iterator[tuple[Path, str]]:
        """(path within the item, URL) of all that is new and that pages would be sent to."""
        return iter(())

    def settle(self, name: str, body: B, stored: Stored[B] | None, path: Path, faults: Faults) -> B:
        """The body in its normal form, with what is stored in the parts that the tree leaves away."""
        return filled(body, stored.body) if stored is not None else body

    def same(self, name: str) -> str:
        """Names that differ but give the same here are the same item's."""
        return name


def filled(body: B, stored: B) -> B:
    """With the parts of `stored` that `body` does not say."""
    parts = {n: getattr(stored, n) for n in parts_of(type(body)) if getattr(body, n) is None}
    return body.model_copy(update=parts) if parts else body


def parts_of(model: type[Input]) -> list[str]:
    """Fields that a tree may leave away to have them stay as they are."""
    return [name for name, _, _, hint in fields(model) if hint.mark(Part) is not None]


def numbered(labels: Iterable[str], fallback: str = "unnamed") -> list[str]:
    """Keys for things whose labels may be the same or empty: the second "phone" is "phone 2"."""
    seen: dict[str, int] = {}
    out = []
    for label in labels:
        label = label or fallback
        seen[label] = seen.get(label, 0) + 1
        out.append(label if seen[label] == 1 else f"{label} {seen[label]}")
    return out


def columns(row: Any, names: Iterable[str]) -> Mapping[str, Any]:
    """Attributes of a row."""
    return {name: getattr(row, name) for name in names}
