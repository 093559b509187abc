"""Where an installation keeps its files, and what is in them."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.embedded.files import OwnerLock, write_private


@dataclass(frozen=True, slots=True)
class Home:
    """Layout of SENTINEL_HOME."""

    path: Path

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def ready(self) -> Path:
        """Written when everything answers, removed at the stop."""
        return self.path / "ready.json"

    @property
    def keys(self) -> Path:
        """The operator's keys in the clear, mode 0600, so that a second start shows the same URLs."""
        return self.path / "keys.json"

    @property
    def urls(self) -> Path:
        """Where database and feed are, mode 0600, for the other commands of this machine."""
        return self.path / "urls.json"

    @property
    def ray(self) -> Path:
        """Ray's files: a short path, because Ray puts unix sockets deep below it."""
        name = hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:8]
        return Path(tempfile.gettempdir()) / f"snt-{name}"

    def prepare(self) -> OwnerLock:
        """Make the directories; the lock that one `up` holds."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.log.mkdir(exist_ok=True)
        return OwnerLock(self.path / "up.lock")

    def write(self, path: Path, content: dict[str, Any]) -> None:
        """Replace a private JSON file; readers see the old or the new one, never half."""
        temporary = path.with_suffix(".tmp")
        write_private(temporary, json.dumps(content, indent=2) + "\n")
        temporary.rename(path)

    def read(self, path: Path) -> dict[str, Any] | None:
        """Content of a JSON file, or None if there is none."""
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return content
