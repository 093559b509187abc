"""Locks, processes and rights of the embedded servers."""

from __future__ import annotations

import fcntl
import os
import pwd
import subprocess
from pathlib import Path
from typing import Any


class OwnerLock:
    """One process owns a server's directory; the lock ends with the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        """True while this process owns the directory."""
        return self._fd is not None

    def take(self) -> bool:
        """Try to become the owner."""
        if self._fd is not None:
            return True
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def release(self) -> None:
        """Let another process own it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def write_private(path: Path, text: str) -> None:
    """A file only its owner can read, from its first byte."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def is_alive(pid: int) -> bool:
    """True for a process that runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return not Path("/proc/self").exists()


def command_of(pid: int) -> str:
    """Command line of a process, "" if it cannot be read."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        done = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
        return done.stdout


def reachable_by(path: Path, uid: int) -> bool:
    """True if that user can walk down to `path`."""
    return all((d.stat().st_mode & 0o001) or d.stat().st_uid == uid for d in [path, *path.parents])


def unprivileged() -> dict[str, Any]:
    """Popen arguments to run as `nobody` when we are root (Postgres refuses uid 0); empty otherwise."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
