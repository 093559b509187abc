"""What is being typed, as a tree of dicts and lists, changed at a path such as "/layers/0/name". Pure.

The paths are those by which the API names a field that it refuses (RFC 6901), so that a fault is shown where it is. A
thing keeps in `raw` (JSON) what the API said of it: what a page cannot edit comes back as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from itertools import count
from typing import Any, TypedDict, TypeVar, cast

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Tree = TypeVar("Tree")


_keys = count()


def key() -> str:
    """A new name for a thing in a list, so that a browser's field stays with its thing when others move."""
    return f"k{next(_keys)}"


class Window(TypedDict):
    """Hours on some weekdays ("0" Monday to "6"; none: every day), perhaps not on holidays, or only then."""

    key: str
    days: list[str]
    start: str
    end: str
    zone: str
    holidays: str
    on_holidays: str


def new_window(zone: str = "") -> Window:
    """Working hours. `zone` "": that of what it belongs to."""
    return {
        "key": key(),
        "days": ["0", "1", "2", "3", "4"],
        "start": "09:00",
        "end": "17:00",
        "zone": zone,
        "holidays": "",
        "on_holidays": "never",
    }


def _at(tree: Any, path: str) -> tuple[Any, Any]:
    """The thing that holds what the path names, and its key there. Raises KeyError, IndexError or ValueError."""
    *way, last = path.strip("/").split("/")
    for part in way:
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    return tree, int(last) if isinstance(tree, list) else last


def got(tree: Any, path: str) -> Any:
    """What is there."""
    holder, key = _at(tree, path)
    return holder[key]


def put(tree: Tree, path: str, value: Any) -> Tree:
    """With another value there."""
    changed = deepcopy(tree)
    holder, key = _at(changed, path)
    holder[key] = value
    return changed


def add(tree: Tree, path: str, item: Any) -> Tree:
    """With one more in the list there."""
    changed = deepcopy(tree)
    holder, key = _at(changed, path)
    holder[key].append(deepcopy(item))
    return changed


def drop(tree: Tree, path: str) -> Tree:
    """Without what is there in its list."""
    changed = deepcopy(tree)
    holder, key = _at(changed, path)
    del holder[key]
    return changed


def move(tree: Tree, path: str, by: int) -> Tree:
    """With what is there so many places later in its list; at its ends nothing changes."""
    changed = deepcopy(tree)
    holder, key = _at(changed, path)
    if 0 <= key + by < len(holder):
        holder.insert(key + by, holder.pop(key))
    return changed


def toggle(tree: Tree, path: str, item: str) -> Tree:
    """With the item in the list there, or without it if it was in it."""
    changed = deepcopy(tree)
    holder, key = _at(changed, path)
    holder[key] = sorted(set(holder[key]) ^ {item})
    return changed


def window(said: Mapping[str, Any]) -> Window:
    """As the API says it."""
    return {
        "key": key(),
        "days": [str(day) for day in said["weekdays"]],
        "start": said["start"],
        "end": said["end"],
        "zone": said["zone"],
        "holidays": said["holidays"],
        "on_holidays": said["on_holidays"],
    }


def window_body(typed: Mapping[str, Any]) -> dict[str, Any]:
    """As the API wants it."""
    kept = {k: typed[k] for k in ("start", "end", "zone", "holidays", "on_holidays")}
    return {**kept, "weekdays": [int(day) for day in typed["days"]]}


def number(text: str, factor: float = 1) -> Any:
    """What was typed as a number, times a factor; what is none is left for the API to refuse."""
    try:
        value = float(text) * factor
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def raw(said: Any) -> str:
    """To be kept beside what can be edited."""
    return json.dumps(said)


def unraw(kept: str) -> dict[str, Any]:
    """What was kept; nothing for what is new."""
    return cast(dict[str, Any], json.loads(kept)) if kept else {}


def faults_of(faults: Mapping[str, str], inside: str, lists: tuple[str, ...]) -> dict[str, str]:
    """Faults by the paths of the draft: without `inside`, which is what the body has it in; of an item of a plain list
    (named in `lists`) at the list.
    """
    found: dict[str, str] = {}
    for pointer, text in faults.items():
        path = pointer.removeprefix(f"/{inside}") if inside else pointer
        head, _, last = path.rpartition("/")
        if last.isdigit() and head.rpartition("/")[2] in lists:
            path = head
        found.setdefault(path, text)
    return found
