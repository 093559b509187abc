"""Between what the API takes, where things are named by ids, and a tree, where they are named by their names.

It goes along the wire models themselves (gateway/schemas), by the marks on their fields, so a field that is added there
is in the tree with nothing more to be written. What still is at its default is left out of the text.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from gateway.schemas.base import Input, KeyedBy, Part, Ref, Unordered
from gateway.schemas.people import ContactInput
from gateway.tree.faults import Faults, Path, tree_name

KEEP = {"secret": "keep"}
"""Written in the place of a secret; read as: what is stored stays."""
Names = Mapping[str, Mapping[str, str]]
"""Kind -> name -> id."""


@dataclass(frozen=True, slots=True)
class Hint:
    """The type of a value: what is left of an annotation without its wrapping, and the marks on it."""

    of: Any
    marks: tuple[Any, ...]
    words: tuple[Any, ...] = ()
    """What may stand in the place of a model."""

    def mark(self, kind: type[Any]) -> Any:
        return next((m for m in self.marks if isinstance(m, kind)), None)

    @classmethod
    def read(cls, annotation: Any, marks: Sequence[Any] = ()) -> Hint:
        """Annotated and "or None" taken off; of several models the first, and the words that may stand for it."""
        if get_origin(annotation) is Annotated:
            inner, *more = get_args(annotation)
            return cls.read(inner, (*marks, *more, *(m for x in more if isinstance(x, FieldInfo) for m in x.metadata)))
        if get_origin(annotation) in (Union, types.UnionType):
            given = [a for a in get_args(annotation) if a is not type(None)]
            words = [w for a in given[1:] if get_origin(a) is Literal for w in get_args(a)]
            return replace(cls.read(given[0], marks), words=tuple(words))
        return cls(annotation, tuple(marks))

    @property
    def model(self) -> type[Input] | None:
        return self.of if isinstance(self.of, type) and issubclass(self.of, Input) else None

    def inner(self) -> Hint:
        """Of the values of a list or mapping."""
        return Hint.read(get_args(self.of)[-1])

    @property
    def is_list(self) -> bool:
        return get_origin(self.of) is list

    @property
    def is_mapping(self) -> bool:
        return get_origin(self.of) is dict


def fields(model: type[BaseModel]) -> Iterator[tuple[str, str, FieldInfo, Hint]]:
    """(name, name in the tree, field, type) of each."""
    for name, info in model.model_fields.items():
        hint = Hint.read(info.annotation, info.metadata)
        inner = hint.inner() if hint.is_list else hint
        yield name, info.alias or (tree_name(name) if inner.mark(Ref) is not None else name), info, hint


# -- to the tree -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Writer:
    """`name_of`: (kind, id) -> name. `secret`: what is written for one."""

    name_of: Callable[[str, str], str]
    secret: Callable[[SecretStr], Any] = lambda secret: dict(KEEP)

    def body(self, body: BaseModel, without: str = "") -> dict[str, Any]:
        """A model as it stands in the tree, `without` a field that the key says."""
        refers = getattr(body, "REFERS", "")
        found: dict[str, Any] = {}
        for name, shown, info, hint in fields(type(body)):
            value = getattr(body, name)
            if name == without or (refers and name in ("kind", refers)):
                continue
            if (
                hint.mark(Part) is None
                and not info.is_required()
                and value == info.get_default(call_default_factory=True)
            ):
                continue
            if value is not None:
                found[shown] = self._value(value, hint, body, name)
            elif hint.mark(Part) is None and not info.is_required():
                found[shown] = None  # said, because leaving it out means something else
        if refers:
            kind: str = getattr(body, "kind")  # noqa: B009
            return {kind: self.name_of(kind, getattr(body, refers)), **found}
        return found

    def _value(self, value: Any, hint: Hint, owner: BaseModel, name: str) -> Any:
        ref = hint.mark(Ref)
        if ref is not None:
            return self.name_of(ref.kind, value) if value else value
        if isinstance(value, SecretStr):
            in_clear = owner.in_clear() if isinstance(owner, ContactInput) else frozenset[str]()
            return value.get_secret_value() if name in in_clear else self.secret(value)
        if isinstance(value, BaseModel):
            return self.body(value)
        if isinstance(value, Mapping):
            keyed = hint.mark(KeyedBy)
            inner = hint.inner()
            return {k: self._item(v, k, keyed, inner, owner, name) for k, v in value.items()}
        if isinstance(value, list | tuple):
            found = [self._value(v, hint.inner(), owner, name) for v in value]
            return sorted(found) if hint.mark(Unordered) is not None else found
        return _plain(value)

    def _item(self, value: Any, key: str, keyed: KeyedBy | None, inner: Hint, owner: BaseModel, name: str) -> Any:
        if keyed is None:
            return self._value(value, inner, owner, name)
        return self.body(value, keyed.field if getattr(value, keyed.field) == key else "")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


# -- from the tree ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reader:
    """`id_of`: kind -> name -> id, of everything that will be there. `local`: the same within one item."""

    names: Names
    local: Names
    faults: Faults

    def body(self, model: type[Input], raw: Any, path: Path, stored: BaseModel | None) -> Input | None:
        """The model that a part of the tree says; None if it is faulty, which is noted. `stored`: has the secrets."""
        before = len(self.faults.found)
        plain = self._model(model, raw, path, stored)
        if len(self.faults.found) > before:
            return None
        try:
            return model.model_validate(plain)
        except ValidationError as error:
            for e in error.errors(include_url=False, include_input=False):
                where = tuple(p if isinstance(p, int) else tree_name(p) for p in e["loc"])
                self.faults.add((*path, *where), e["msg"])
            return None

    def _model(self, model: type[Input], raw: Any, path: Path, stored: Any) -> Any:
        if not isinstance(raw, dict):
            self.faults.add(path, "Write a mapping of fields here.")
            return raw
        if hasattr(model, "REFERS"):
            raw = self._target(model, raw, path)
        known = {shown: (name, info, hint) for name, shown, info, hint in fields(model)}
        found: dict[str, Any] = {}
        for shown, value in raw.items():
            if shown not in known:
                self.faults.add((*path, shown), _unknown(shown, known, "field"))
                continue
            name, info, hint = known[shown]
            found[info.alias or name] = self._value(value, hint, (*path, shown), getattr(stored, name, None))
        return found

    def _target(self, model: type[Input], raw: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """{user: NAME} as {kind: user, id: ID}."""
        kinds = [k for k in get_args(Hint.read(model.model_fields["kind"].annotation).of) if k in raw]
        if len(kinds) != 1:
            known = ", ".join(get_args(Hint.read(model.model_fields["kind"].annotation).of))
            self.faults.add(path, f"Name exactly one thing here, by its kind: {known}.")
            return {}
        (kind,) = kinds
        ident = self._ref(kind, raw[kind], (*path, kind))
        shown = next(s for name, s, _, _ in fields(model) if name == model.REFERS)  # type: ignore[attr-defined]
        return {**{k: v for k, v in raw.items() if k != kind}, "kind": kind, shown: ident}

    def _value(self, raw: Any, hint: Hint, path: Path, stored: Any) -> Any:
        if raw is None:
            return None
        ref = hint.mark(Ref)
        if ref is not None:
            return self._ref(ref.kind, raw, path)
        if hint.of is SecretStr:
            return self._secret(raw, path, stored)
        if hint.model is not None and isinstance(raw, str) and raw in hint.words:
            return raw
        if hint.model is not None:
            return self._model(hint.model, raw, path, stored)
        if hint.is_list and isinstance(raw, list):
            return [self._value(v, hint.inner(), (*path, n), None) for n, v in enumerate(raw)]
        if hint.is_mapping and isinstance(raw, dict):
            keyed, inner, there = hint.mark(KeyedBy), hint.inner(), stored if isinstance(stored, Mapping) else {}
            found = {}
            for key, value in raw.items():
                if keyed is not None and isinstance(value, dict):
                    value = {keyed.field: key, **value}
                found[key] = self._value(value, inner, (*path, key), there.get(key))
            return found
        return raw

    def _ref(self, kind: str, raw: Any, path: Path) -> Any:
        if raw == "":
            return raw
        if not isinstance(raw, str):
            self.faults.add(path, f"Write the name of a {kind}.")
            return ""
        names = {**self.names.get(kind, {}), **self.local.get(kind, {})}
        found = names.get(raw, names.get(raw.lower()))
        if found is None:
            self.faults.add(path, f"{_unknown(raw, names, kind)}")
        return found

    def _secret(self, raw: Any, path: Path, stored: Any) -> Any:
        if raw == KEEP:
            if isinstance(stored, SecretStr) and stored.get_secret_value():
                return stored
            text = "Nothing is stored here that could be kept: write {secret: {env: NAME}} or {secret: {file: PATH}}."
            self.faults.add(path, text)
        elif isinstance(raw, str):
            return raw
        elif isinstance(raw, dict) and set(raw) == {"secret"} and isinstance(raw["secret"], dict):
            self.faults.add(
                path, "References to the environment and to files are filled in by `sentinel apply`, where it runs."
            )
        else:
            self.faults.add(
                path, "Write {secret: keep}, {secret: {env: NAME}}, {secret: {file: PATH}} or the text itself."
            )
        return ""


def _unknown(name: str, known: Mapping[str, Any], what: str) -> str:
    close = get_close_matches(name, known, 1)
    return f"There is no {what} {name!r}{f'; do you mean {close[0]!r}?' if close else '.'}"


def references(value: Any, hint: Hint | None = None) -> Iterator[tuple[str, str]]:
    """(kind, id) of everything that a model names."""
    if isinstance(value, BaseModel):
        refers = getattr(value, "REFERS", "")
        for name, _, _, inner in fields(type(value)):
            if refers and name == refers:
                yield getattr(value, "kind"), getattr(value, name)  # noqa: B009
            else:
                yield from references(getattr(value, name), inner)
    elif hint is not None and value:
        ref = hint.mark(Ref)
        if ref is not None:
            yield ref.kind, value
        elif isinstance(value, Mapping):
            for inside in value.values():
                yield from references(inside, hint.inner())
        elif isinstance(value, list | tuple):
            for inside in value:
                yield from references(inside, hint.inner())
