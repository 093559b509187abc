"""Trees as YAML text. Read as YAML 1.2: only null, true, false and numbers are no strings ("22:00" and NO are).

Refused before anything is built of it: more than 5 MB, nesting without end, keys that are there twice, and aliases that
stand for more than the text could say without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from gateway.tree.faults import Fault, Path, TreeInvalid

MAX_BYTES = 5_000_000
MAX_DEPTH = 40
MAX_NODES = 1_000_000

SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": float,
    "str": str,
}
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Scalars of the YAML 1.2 core schema."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first)


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Without aliases; what a reader of YAML 1.1 would take for something else than text is quoted."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dump(tree: Any) -> str:
    """The tree as text, in its own order."""
    return str(yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def parse(text: bytes | str) -> dict[str, Any]:
    """The tree in the text. Raises TreeInvalid naming line and column, or the path."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if len(raw) > MAX_BYTES:
        raise TreeInvalid(Fault((), f"The tree is larger than {MAX_BYTES // 1_000_000} MB."))
    try:
        _bounded(raw)
        loader = _Loader(raw)
        try:
            node = loader.get_single_node()
            found = _built(node, ()) if node is not None else {}
        finally:
            loader.dispose()
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise TreeInvalid(Fault((), f"This is no YAML: {' '.join(str(error).split())}")) from error
    if not isinstance(found, dict):
        raise TreeInvalid(Fault((), "The tree must be a mapping of sections, like `users:` and `schedules:`."))
    return found


def _bounded(raw: bytes) -> None:
    """Look at the events alone: depth, and how many nodes there are once every alias is written out."""
    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(raw, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, total))
            if len(open_) > MAX_DEPTH:
                line = event.start_mark.line + 1
                raise TreeInvalid(Fault((), f"Line {line}: nested deeper than {MAX_DEPTH} levels."))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_.pop()
            if anchor is not None:
                sizes[anchor] = total - before + 1
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                line = event.start_mark.line + 1
                raise TreeInvalid(Fault((), f"Line {line}: *{event.anchor} stands for nothing before it."))
            total += sizes[event.anchor]
        elif isinstance(event, yaml.ScalarEvent) and event.anchor is not None:
            sizes[event.anchor] = 1
        total += 1
        if total > MAX_NODES:
            raise TreeInvalid(
                [Fault((), f"The tree comes to more than {MAX_NODES} values; aliases count as written out.")]
            )


def _built(node: Any, path: Path) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_built(item, (*path, n)) for n, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path)
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    try:
        return SCALARS[kind](node.value)
    except KeyError:
        text = f"The tag {node.tag} is not understood; write plain values."
    except ValueError:
        text = f"This is no {kind}."
    raise TreeInvalid(Fault(path, f"Line {node.start_mark.line + 1}: {text}"))


def _mapping(node: Any, path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        line = key_node.start_mark.line + 1
        if key is None:
            raise TreeInvalid(Fault(path, f"Line {line}: a key must be text."))
        if key in found:
            raise TreeInvalid(Fault((*path, key), f"Line {line}: this key is there twice."))
        found[key] = _built(value_node, (*path, key))
    return found
