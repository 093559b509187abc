"""The processes of one installation, found by the home in their environment: nothing else is ever touched."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def of_home(home: Path) -> dict[int, str]:
    """pid -> command line of every living process started for this SENTINEL_HOME, orphans included."""
    marker = f"SENTINEL_HOME={home}".encode()
    found = {}
    for pid, command in everything().items():
        try:
            environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue  # gone, or not ours
        if marker in environ:
            found[pid] = command
    return found


def everything() -> dict[int, str]:
    """pid -> command line of every other living process."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if command:
            found[int(entry.name)] = command
    return found


def named(home: Path, text: str) -> list[int]:
    """Those whose command line has `text`, oldest first."""
    return sorted(pid for pid, command in of_home(home).items() if text in command)


def family(pid: int) -> list[int]:
    """A process and its direct children."""
    children = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                children.append(int(entry.name))
    return [pid, *children]


def alive(pid: int) -> bool:
    """True for a running process; a zombie or a stopped one does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZXT"
    except OSError:
        return False


def tell(pids: list[int], number: signal.Signals) -> None:
    """Send a signal; who is gone already is gone."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
