"""What is wrong with a tree: every fault with its path, gathered so that one look shows all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Fault:
    """`text` says what to do about the value at `path`."""

    path: Path
    text: str

    def __str__(self) -> str:
        return f"{shown(self.path) or 'The tree'}: {self.text}"


class TreeInvalid(Exception):
    """The tree cannot be applied; nothing was changed. Its arguments are the faults, at least one."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that was found."""
        return self.args

    def __str__(self) -> str:
        return "; ".join(str(fault) for fault in self.args)


@dataclass(slots=True)
class Faults:
    """Faults as they are found."""

    found: list[Fault] = field(default_factory=list)

    def add(self, path: Path, text: str) -> None:
        """One more."""
        self.found.append(Fault(path, text))

    def check(self) -> None:
        """Raise TreeInvalid if there is any."""
        if self.found:
            raise TreeInvalid(*self.found)


def shown(path: Path) -> str:
    """As one would look for it: schedules.Primary.layers[0], users["alice@example.org"].zone."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        elif PLAIN.fullmatch(part):
            out += f".{part}" if out else part
        else:
            out += f'["{part}"]'
    return out


def pointer(path: Path) -> str:
    """As a JSON pointer."""
    return "".join(f"/{str(p).replace('~', '~0').replace('/', '~1')}" for p in path)


def tree_path(field_path: str) -> Path:
    """A field as the domain names it ("steps[0].targets[1].id", "team_id") -> its path in the tree."""
    parts: list[str | int] = []
    for name in re.findall(r"[^.\[\]]+", field_path):
        parts.append(int(name) if name.isdigit() else tree_name(name))
    return tuple(parts[:-1] if parts and parts[-1] == "id" else parts)


def tree_name(name: str) -> str:
    """What names others by id is called after them: team_id -> team, member_ids -> members."""
    if name.endswith("_id"):
        return name[:-3]
    return f"{name[:-4]}s" if name.endswith("_ids") else name
