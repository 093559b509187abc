"""A small disk of its own for the gateway's spool, so that filling it hurts nothing else. Needs root."""

from __future__ import annotations

import subprocess
from pathlib import Path

SIZE = "24m"


def mount(at: Path) -> None:
    """An empty one. Raises CalledProcessError."""
    at.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "sentinel-spool", at], check=True)


def unmount(at: Path) -> None:
    """Remove it with all that is on it; nothing if there is none. Lazily: a process may still have files open."""
    if at.is_mount():
        subprocess.run(["umount", "-l", at], check=True)
