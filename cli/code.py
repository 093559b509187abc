"""`sentinel export`, `plan` and `apply`: the configuration as one tree of text, through the API like any client.

Secrets that the tree names by an environment variable or a file are read here, where the command runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx

from cli.explain import moment
from cli.progress import Failed, say
from domain.calendar import utc
from gateway.tree.faults import Faults, TreeInvalid, shown
from gateway.tree.faults import Path as TreePath
from gateway.tree.text import parse

SIGNS = {"create": "+", "update": "~", "delete": "-"}
HEADINGS = {
    "uncovered": "Nobody will be on call",
    "on_call_now": "On call at this moment",
    "incident": "Open incidents change owner",
    "load": "Who works more or less",
    "covered": "Somebody will be on call where nobody was",
}
MOST = 15
"""Lines shown of each kind; the API gives all."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where the installation is and who asks."""

    url: str
    key: str

    @classmethod
    def find(cls, url: str, key: str, ready: Path) -> Access:
        """What is given, or the installation that runs here. Raises Failed."""
        if url and key:
            return cls(url.rstrip("/"), key)
        try:
            found = json.loads(ready.read_text())
        except (OSError, ValueError) as error:
            text = (
                f"nothing runs here ({ready} cannot be read): set SENTINEL_URL and SENTINEL_API_KEY of an administrator"
            )
            raise Failed(text) from error
        return cls(url.rstrip("/") or str(found["api"]).removesuffix("/api/v1"), key or str(found["admin_key"]))

    def ask(self, method: str, path: str, tree: Any = None, **query: Any) -> httpx.Response:
        """An answer, whatever it says. Raises Failed if there is none."""
        headers = {"Authorization": f"Bearer {self.key}"}
        query = {name: value for name, value in query.items() if value is not None}
        try:
            with httpx.Client(base_url=self.url, headers=headers, timeout=120, trust_env=False) as http:
                return http.request(method, f"/api/v1/configuration/{path}", json=tree, params=query)
        except httpx.HTTPError as error:
            raise Failed(f"{self.url} does not answer: {error}") from error


def export(access: Access, output: Path | None, as_of: str = "") -> int:
    """Write the tree to a file, or print it. `as_of`: of that time. Raises Failed if it is none."""
    at = moment(as_of)
    answer = access.ask("GET", "export", as_of=utc(at).isoformat() if at is not None else None)
    if refused(answer):
        return 1
    if output is None:
        print(answer.text, end="")
    else:
        output.write_text(answer.text, encoding="utf-8")
        say(f"Written to {output}.")
    return 0


def plan(access: Access, file: Path | None, prune: bool) -> int:
    """0: nothing would change; 2: something would; 1: the tree is faulty. Without a file: what was changed by hand."""
    if file is None:
        return drift(access)
    tree = read(file)
    if tree is None:
        return 1
    answer = access.ask("POST", "plan", tree, prune=prune)
    if refused(answer):
        return 1
    found = answer.json()
    show(found)
    if found["changes"]:
        say(f"\n{_counted(found['changes'], 'would be ')}. `sentinel apply {file}` does it.")
    else:
        say("Nothing would change: the configuration is what the tree says.")
    return 2 if found["changes"] else 0


def drift(access: Access) -> int:
    """0: what is stored is what was applied; 2: it is not."""
    answer = access.ask("GET", "drift")
    if refused(answer):
        return 1
    found = answer.json()
    if found["applied_version"] is None:
        say("No tree was ever applied here, so nothing can have drifted from it.")
        return 0
    for thing in found["things"]:
        name = shown(_path(thing))
        say(f"  ~ {name}" if thing["fields"] else f"  - {name} is gone")
        show_fields(thing["fields"])
    since = f"since {found['applied_by']} applied version {found['applied_version']} at {found['applied_at']}"
    say(
        f"{len(found['things'])} changed by hand {since}."
        if found["drifted"]
        else f"Nothing was changed by hand {since}."
    )
    return 2 if found["drifted"] else 0


def apply(access: Access, file: Path, prune: bool, if_version: int | None) -> int:
    """0: it is as the tree says; 1: the tree is faulty; 2: the stored version is another than was expected."""
    tree = read(file)
    if tree is None:
        return 1
    answer = access.ask("POST", "apply", tree, prune=prune, if_version=if_version)
    if refused(answer):
        return 2 if answer.status_code == 409 else 1
    found = answer.json()
    show(found)
    if found["applied"] is None:
        say("Nothing to do: the configuration is what the tree says.")
    else:
        say(f"\n{_counted(found['changes'], '')}. The configuration is at version {found['applied']}.")
    return 0


# -- the tree --------------------------------------------------------------------------------------------


def read(file: Path) -> dict[str, Any] | None:
    """The tree of a file with its secrets filled in; None if it is faulty, which is said."""
    try:
        tree = parse(file.read_bytes())
        faults = Faults()
        filled: dict[str, Any] = _filled(tree, (), file.parent, faults)
        faults.check()
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from error
    except TreeInvalid as error:
        _faulty((shown(f.path), f.text) for f in error.faults)
        return None
    return filled


def _filled(value: Any, path: TreePath, base: Path, faults: Faults) -> Any:
    if isinstance(value, list):
        return [_filled(v, (*path, n), base, faults) for n, v in enumerate(value)]
    if not isinstance(value, dict):
        return value
    where = value.get("secret")
    if len(value) == 1 and isinstance(where, dict):
        return _secret(where, path, base, faults)
    return {k: _filled(v, (*path, k), base, faults) for k, v in value.items()}


def _secret(where: Mapping[str, Any], path: TreePath, base: Path, faults: Faults) -> str:
    match dict(where):
        case {"env": str(name), **rest} if not rest:
            if name in os.environ:
                return os.environ[name]
            faults.add(path, f"The environment variable {name} is not set.")
        case {"file": str(name), **rest} if not rest:
            try:
                return (base / name).read_text(encoding="utf-8").rstrip("\n")
            except (OSError, UnicodeDecodeError) as error:
                faults.add(path, f"The file {name} cannot be read: {error}")
        case _:
            faults.add(path, "Write {secret: {env: NAME}} or {secret: {file: PATH}}.")
    return ""


# -- what is said ----------------------------------------------------------------------------------------


def refused(answer: httpx.Response) -> bool:
    """True if there is a problem; it is said, with the path of each fault."""
    if answer.is_success:
        return False
    try:
        body = answer.json()
        errors, detail = body.get("errors", []), str(body["detail"])
    except (ValueError, KeyError, AttributeError):
        errors, detail = [], answer.text[:300]
    if errors:
        _faulty((shown(_parts(e["pointer"])), e["detail"]) for e in errors)
    else:
        say(f"sentinel: {detail}")
    return True


def _parts(pointer: str) -> TreePath:
    raw = (p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:])
    return tuple(int(p) if p.isdigit() else p for p in raw)


def _faulty(faults: Iterable[tuple[str, str]]) -> None:
    listed = list(faults)
    for path, text in listed:
        say(f"  {path or 'the tree'}: {text}")
    say(f"{len(listed)} fault{'s' if len(listed) != 1 else ''}; nothing was changed.")


def _path(thing: Mapping[str, Any]) -> TreePath:
    return (thing["section"], thing["name"]) if thing["name"] else (thing["section"],)


def show(found: Mapping[str, Any]) -> None:
    """A plan: what changes, and what that means for people."""
    for change in found["changes"]:
        say(f"  {SIGNS[change['action']]} {shown(_path(change))}")
        show_fields(change["fields"])
    by_kind: Callable[[Any], str] = lambda c: str(c["kind"])  # noqa: E731
    for kind, group in groupby(found["consequences"], by_kind):
        listed = [c["words"] for c in group]
        say(f"\n{HEADINGS[kind]} ({len(listed)})")
        for words in listed[:MOST]:
            say(f"  {words}")
        if len(listed) > MOST:
            say(f"  and {len(listed) - MOST} more")
    left = [shown(_path(thing)) for thing in found["not_in_tree"]]
    if left:
        more = f" and {len(left) - MOST} more" if len(left) > MOST else ""
        say(f"\nNot in the tree, left as they are (--prune deletes them): {', '.join(left[:MOST])}{more}")


def show_fields(fields: Iterable[Mapping[str, Any]]) -> None:
    """What changes in a thing."""
    listed = list(fields)
    for field in listed[:MOST]:
        say(f"      {field['words']}")
    if len(listed) > MOST:
        say(f"      and {len(listed) - MOST} more")


def _counted(changes: Iterable[Mapping[str, Any]], verb: str) -> str:
    actions = [c["action"] for c in changes]
    words = {"create": "made", "update": "changed", "delete": "deleted"}
    parts = [f"{actions.count(action)} {verb}{word}" for action, word in words.items() if action in actions]
    return ", ".join(parts)
