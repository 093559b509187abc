"""What differs between the configurations of two times. Things are the same by id, whatever their name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gateway.tree.differences import Difference, differences
from gateway.tree.section import Section, Stored
from gateway.tree.sections import SECTIONS
from gateway.tree.stored import Everything, shown, writer_of
from gateway.tree.walk import Writer


@dataclass(frozen=True, slots=True)
class Compared:
    """A thing that was made, changed or deleted in between. `name`: its later one."""

    section: str
    name: str
    action: Literal["create", "update", "delete"]
    differences: tuple[Difference, ...]


def compared(before: Everything, after: Everything) -> list[Compared]:
    """Section by section. Secrets that differ are said to; they are not shown."""
    writer = writer_of({**before.names(), **after.names()}, lambda secret: secret)
    found: list[Compared] = []
    for section in SECTIONS:
        old = {item.id: (name, item) for name, item in before.items[section.name].items()}
        new = {item.id: (name, item) for name, item in after.items[section.name].items()}
        for ident in dict.fromkeys([*old, *new]):
            change = _change(section, writer, old.get(ident), new.get(ident))
            found += [change] if change is not None else []
    return found


def _change(
    section: Section[Any],
    writer: Writer,
    old: tuple[str, Stored[Any]] | None,
    new: tuple[str, Stored[Any]] | None,
) -> Compared | None:
    if old is None or new is None:
        name, _ = old or new or ("", None)
        return Compared(section.name, name, "create" if old is None else "delete", ())
    (was, before), (name, after) = old, new
    renamed = [Difference(("name",), was, name)] if was != name else []
    found = differences(shown(section, before.body, writer), shown(section, after.body, writer))
    return Compared(section.name, name, "update", (*renamed, *found)) if renamed or found else None
