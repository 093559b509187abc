"""From a tree and what is stored: what would be made, changed and deleted. Nothing is written here.

A tree speaks for the sections that are in it, and in them for the items it names. What the tree that was applied last
named and this one does not is deleted; what was made otherwise is left, unless `prune` says that nothing else may be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from gateway.schemas.tree import Managed
from gateway.tree.differences import Difference, differences
from gateway.tree.faults import Faults, Path, tree_name
from gateway.tree.section import Section, Stored, parts_of
from gateway.tree.sections import SECTIONS
from gateway.tree.stored import FORMAT, Everything, Tree, shown, writer_of
from gateway.tree.walk import Names, Reader
from runtime.ids import new_id

BY_NAME = {section.name: section for section in SECTIONS}
HEAD = ("format", "managed", "renamed")
MAX_ITEMS = 20_000


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the tree says. `body` None: it goes. `stored` None: it is new."""

    section: Section[Any]
    name: str
    id: str
    body: Any
    stored: Stored[Any] | None
    stored_name: str
    inside: Names
    given: Collection[str]
    """Parts that the tree says."""

    @property
    def action(self) -> Literal["create", "update", "delete", "keep"]:
        """What becomes of it."""
        if self.body is None:
            return "delete"
        if self.stored is None:
            return "create"
        return "keep" if self.body == self.stored.body and self.name == self.stored_name else "update"

    @property
    def path(self) -> Path:
        """In the tree."""
        return (self.section.name,) if self.section.single else (self.section.name, self.name)


@dataclass(frozen=True, slots=True)
class Proposal:
    """`left`: (section, name) of what is stored in these sections and not in the tree."""

    items: tuple[Item, ...]
    left: tuple[tuple[str, str], ...]
    sections: Collection[str]
    """Sections that the tree speaks for."""
    managed: Managed
    before: Everything

    @property
    def changes(self) -> tuple[Item, ...]:
        """What is not as it shall be."""
        return tuple(item for item in self.items if item.action != "keep")

    def differences(self, item: Item) -> list[Difference]:
        """What changes in an item."""
        names = self.before.names()
        for i in self.items:
            names[i.section.kind, i.id] = i.name
            names |= {(kind, ident): key for kind, inside in i.inside.items() for key, ident in inside.items()}
        writer = writer_of(names, lambda secret: secret)
        before = shown(item.section, item.stored.body, writer) if item.stored is not None else {}
        after = shown(item.section, item.body, writer) if item.body is not None else {}
        renamed = [Difference(("name",), item.stored_name, item.name)] if item.stored_name != item.name else []
        return [*renamed, *differences(before, after)] if item.action == "update" else []


def propose(
    tree: Mapping[str, Any],
    before: Everything,
    owned: Mapping[str, Any],
    prune: bool = False,
    past: Everything | None = None,
) -> Proposal:
    """`owned`: the tree that was applied last. `past`: has the ids of what comes back. Raises TreeInvalid with every

    fault.
    """
    faults = Faults()
    for key in tree:
        if key not in HEAD and key not in BY_NAME:
            known = ", ".join([*HEAD, *BY_NAME])
            faults.add((key,), f"There is no such section; there are: {known}.")
    if tree.get("format", FORMAT) != FORMAT:
        faults.add(("format",), f"This version reads trees of format {FORMAT}.")
    managed = _managed(tree, faults)
    renamed = _renamed(tree, faults)
    wanted = {s.name: _entries(s, tree[s.name], before.now, faults) for s in SECTIONS if s.name in tree}
    faults.check()
    matched = {
        s.name: _matched(s, wanted[s.name], before, renamed.get(s.name, {}), faults)
        for s in SECTIONS
        if s.name in wanted
    }
    gone = {name: _gone(BY_NAME[name], matched[name], before, owned, prune) for name in matched}
    ids = {
        (name, key): there.id if there is not None else _id_of_then(past, BY_NAME[name], key)
        for name in matched
        for key, (_, there) in matched[name].items()
    }
    names = _names(before, matched, gone, ids)
    items: list[Item] = []
    for section in SECTIONS:
        for name, (stored_name, there) in matched.get(section.name, {}).items():
            raw = wanted[section.name][name]
            inside = _inside(section, raw, there, past.items[section.name].get(name) if past is not None else None)
            items += _item(section, name, raw, ids[section.name, name], stored_name, there, names, inside, faults)
        for name in gone.get(section.name, ()):
            there = before.items[section.name][name]
            items.append(Item(section, name, there.id, None, there, name, there.inside, ()))
    faults.check()
    speaks = {(i.section.name, i.stored_name) for i in items}
    left = [(s, n) for s in matched for n in before.items[s] if (s, n) not in speaks]
    return Proposal(tuple(items), tuple(left), frozenset(matched), managed, before)


def _id_of_then(past: Everything | None, section: Section[Any], name: str) -> str:
    then = past.items[section.name].get(name) if past is not None else None
    return then.id if then is not None else section.fresh_id(name)


def _managed(tree: Mapping[str, Any], faults: Faults) -> Managed:
    try:
        managed = Managed.model_validate(tree.get("managed") or {})
    except ValidationError as error:
        for e in error.errors(include_url=False, include_input=False):
            faults.add(("managed", *e["loc"]), e["msg"])
        return Managed()
    for n, name in enumerate(managed.locked):
        if name not in BY_NAME:
            faults.add(("managed", "locked", n), f"There is no section {name!r}; there are: {', '.join(BY_NAME)}.")
        elif not BY_NAME[name].lockable:
            faults.add(("managed", "locked", n), f"What is under {name} cannot be locked: a night may need it.")
    return managed


def _renamed(tree: Mapping[str, Any], faults: Faults) -> dict[str, dict[str, str]]:
    given = tree.get("renamed") or {}
    if not isinstance(given, dict) or not all(isinstance(names, dict) for names in given.values()):
        faults.add(("renamed",), "Write sections with old and new names: {teams: {Old name: New name}}.")
        return {}
    for name, names in given.items():
        if name not in BY_NAME or BY_NAME[name].single:
            faults.add(("renamed", name), "There is no such section with names.")
        for old, new in names.items():
            if not isinstance(new, str):
                faults.add(("renamed", name, old), "Write the new name.")
    return given


def _entries(section: Section[Any], raw: Any, now: float, faults: Faults) -> dict[str, Any]:
    """Name -> body as it stands in the tree, without what is over."""
    if section.single:
        return {"": raw}
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        faults.add((section.name,), "Write a mapping of names to what they are.")
        return {}
    if len(raw) > MAX_ITEMS:
        faults.add((section.name,), f"There can be at most {MAX_ITEMS} here.")
        return {}
    same: dict[str, str] = {}
    for name in raw:
        twin = same.setdefault(section.same(name), name)
        if twin != name:
            faults.add((section.name, name), f"This is the same as {twin!r}; leave one away.")
        if name != name.strip() or not name:
            faults.add((section.name, name), "A name must not be empty, nor begin or end with a space.")
    return {name: body for name, body in raw.items() if not section.over(body, now)}


Match = dict[str, tuple[str, Stored[Any] | None]]


def _matched(
    section: Section[Any], wanted: Mapping[str, Any], before: Everything, renamed: Mapping[str, str], faults: Faults
) -> Match:
    """Name in the tree -> name and item that it is in the database, if it is."""
    there = {section.same(name): name for name in before.items[section.name]}
    old_of = {section.same(new): section.same(old) for old, new in renamed.items()}
    found: Match = {}
    for name in wanted:
        same = section.same(name)
        if same not in there and old_of.get(same) in there:
            same = old_of[same]
            if there[same] in wanted:
                faults.add(("renamed", section.name, there[same]), "The old name is in the tree too.")
        stored_name = there.get(same, name)
        found[name] = stored_name, before.items[section.name].get(stored_name)
    return found


def _gone(
    section: Section[Any], matched: Match, before: Everything, owned: Mapping[str, Any], prune: bool
) -> list[str]:
    if section.single:
        return []
    kept = {stored_name for stored_name, _ in matched.values()}
    theirs = owned.get(section.name, {})
    return [name for name in before.items[section.name] if name not in kept and (prune or name in theirs)]


def _names(
    before: Everything,
    matched: Mapping[str, Match],
    gone: Mapping[str, Collection[str]],
    ids: Mapping[tuple[str, str], str],
) -> dict[str, dict[str, str]]:
    """Kind -> name -> id, of all that will be there."""
    found: dict[str, dict[str, str]] = {}
    for section in SECTIONS:
        renamed = {stored for name, (stored, _) in matched.get(section.name, {}).items() if stored != name}
        kept = {
            name: item.id
            for name, item in before.items[section.name].items()
            if name not in gone.get(section.name, ()) and name not in renamed
        }
        kept |= {name: ids[section.name, name] for name in matched.get(section.name, {})}
        if section.kind:
            found[section.kind] = {**{section.same(name): ident for name, ident in kept.items()}, **kept}
    return found


def _item(
    section: Section[Any],
    name: str,
    raw: Any,
    ident: str,
    stored_name: str,
    there: Stored[Any] | None,
    names: Names,
    inside: dict[str, dict[str, str]],
    faults: Faults,
) -> list[Item]:
    path: Path = (section.name,) if section.single else (section.name, name)
    raw = {} if raw is None else raw
    if isinstance(raw, dict) and section.key in section.model.model_fields and not section.single:
        if section.key in raw:
            faults.add((*path, section.key), "The key above says it already; to give another name see `renamed`.")
            return []
        raw = {section.key: name, **raw}
    found = len(faults.found)
    body = Reader(names, inside, faults).body(section.model, raw, path, there.body if there is not None else None)
    if body is not None:
        body = section.settle(name, body, there, path, faults)
    if body is None or len(faults.found) > found:
        return []
    given = {tree_name(n) for n in parts_of(section.model) if tree_name(n) in raw}
    return [Item(section, name, ident, body, there, stored_name, inside, given)]


def _inside(
    section: Section[Any], raw: Any, there: Stored[Any] | None, then: Stored[Any] | None
) -> dict[str, dict[str, str]]:
    """Ids of what is named within the item only. `then`: has those of what comes back."""
    if section.inside is None:
        return {}
    part, kind = section.inside
    old = dict(then.inside.get(kind, {})) if then is not None else {}
    stored = dict(there.inside.get(kind, {})) if there is not None else {}
    given = raw.get(part) if isinstance(raw, dict) else None
    if not isinstance(given, dict):
        return {kind: stored}
    return {kind: {key: stored.get(key) or old.get(key) or new_id() for key in given}}


def remembered(proposal: Proposal, after: Tree, owned: Mapping[str, Any]) -> Tree:
    """What is kept of an applied tree: as it is stored now, of the items and parts that it says, and of sections that

    earlier trees said and this one does not.
    """
    found: Tree = {name: dict(section) for name, section in owned.items() if name in BY_NAME}
    for section in SECTIONS:
        items = [i for i in proposal.items if i.section is section and i.body is not None]
        if section.single and section.name in proposal.sections:
            found[section.name] = after[section.name]
        elif section.name in proposal.sections:
            silent = {i.name: {tree_name(p) for p in parts_of(section.model)} - set(i.given) for i in items}
            bodies = after[section.name]
            found[section.name] = {n: {k: v for k, v in bodies[n].items() if k not in silent[n]} for n in silent}
    return found


def drift(owned: Mapping[str, Any], everything: Everything) -> list[tuple[Path, list[Difference]]]:
    """What is not as the tree that was applied last left it: path of an item, and what differs."""
    now = everything.tree()
    found: list[tuple[Path, list[Difference]]] = []
    for name, section in owned.items():
        pairs: list[tuple[Path, Any, Any]]
        if BY_NAME[name].single:
            pairs = [((name,), section, now.get(name, {}))]
        else:
            pairs = [((name, key), body, now.get(name, {}).get(key)) for key, body in section.items()]
            pairs = [pair for pair in pairs if not BY_NAME[name].over(pair[1], everything.now)]
        for path, body, there in pairs:
            if there is None:
                found.append((path, [Difference((), body, None)]))
                continue
            silent = set(there) - set(body)
            parts = {tree_name(p) for p in parts_of(BY_NAME[name].model)}
            said = {k: v for k, v in there.items() if k not in silent & parts}
            if different := differences(body, said):
                found.append((path, different))
    return found
