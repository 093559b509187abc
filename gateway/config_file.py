"""The last known configuration on this machine's disk, sealed: a gateway that starts while Postgres is away has it.

Encrypted and authenticated with the installation's sealing key (storage/sealed.py), mode 0600, replaced whole. It holds
schedules, not a list of shifts: who is on call is computed from it for any instant, however long the outage.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import structlog

from domain.configuration import Configuration
from gateway.spool_file import sync_directory
from storage.access import KnownHolder
from storage.sealed import Sealer
from storage.settings import SettingsInvalid

log = structlog.get_logger("sentinel.gateway")
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """All that a gateway must know to go on alone. `keys`: hash of an integration key -> integration id.

    `holders`: hash of an API key or session -> who it belongs to. `pings`: hash of a ping's key -> heartbeat id.
    """

    configuration: Configuration
    keys: Mapping[str, str] = field(default_factory=dict)
    holders: Mapping[str, KnownHolder] = field(default_factory=dict)
    format: int = FORMAT
    pings: Mapping[str, str] = field(default_factory=dict)


class ConfigFile:
    """One per home; several gateways of one machine may share it."""

    def __init__(self, path: Path, sealer: Sealer) -> None:
        self._path = path
        self._sealer = sealer

    def save(self, kept: Kept) -> None:
        """Replace the file: readers see the old one or the new one. Raises OSError."""
        plain: dict[str, Any] = msgspec.to_builtins(kept)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, made = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._sealer.seal(plain))
                file.flush()
                os.fsync(file.fileno())
            Path(made).replace(self._path)
        except OSError:
            Path(made).unlink(missing_ok=True)
            raise
        sync_directory(self._path.parent)

    def load(self) -> Kept | None:
        """What was saved last; None if there is nothing that can be used, and the log says why."""
        try:
            plain = self._sealer.open(self._path.read_bytes())
            return msgspec.convert(plain, Kept)
        except FileNotFoundError:
            return None
        except (OSError, SettingsInvalid, msgspec.ValidationError) as error:
            log.error(
                "kept_configuration_unusable",
                file=str(self._path),
                why=str(error),
                meaning="until the database answers once, no alert can be taken in",
            )
            return None
