"""Secrets at rest: sealed with a key that is not in the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from domain.masking import NOT_KEPT
from storage.settings import Settings, SettingsInvalid

GONE = b"gone:"
"""Begins what stands in the past for a sealed value that was replaced or deleted since (storage/versioned.py)."""


class Sealer:
    """Seals small JSON-able values. Every process of an installation needs the same key."""

    def __init__(self, key: str) -> None:
        self._digest = hashlib.sha256(b"sentinel sealing key\0" + key.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(self._digest))

    @classmethod
    def of(cls, settings: Settings) -> Sealer:
        """From SENTINEL_SECRET_KEY, or home/secret.key, made at first use (mode 0600)."""
        return cls(settings.secret_key or _kept_key(settings.home / "secret.key"))

    def seal(self, value: dict[str, Any]) -> bytes:
        """Ciphertext, authenticated."""
        return self._fernet.encrypt(msgspec.json.encode(value))

    def again(self, before: bytes | None, value: dict[str, Any]) -> bytes:
        """Ciphertext of the value: what is sealed already, if it says the same, so that its past is known further."""
        return before if before is not None and self.open(before) == value else self.seal(value)

    def derived(self, purpose: str) -> str:
        """A secret that whoever has the key can compute and nobody else; 43 characters for a URL."""
        digest = hmac.new(self._digest, purpose.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def open(self, sealed: bytes) -> dict[str, Any]:
        """The value; SettingsInvalid if it was sealed with another key.

        Of what is not kept any more words that say so: the same for the same value, so that two that differ still do.
        """
        if sealed.startswith(GONE):
            return dict.fromkeys(("address", "url", "token"), f"{NOT_KEPT}{sealed.removeprefix(GONE).hex()[:16]}")
        try:
            value: dict[str, Any] = msgspec.json.decode(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise SettingsInvalid(
                "The stored contact addresses were sealed with another key: restore secret.key of this home, "
                "or set SENTINEL_SECRET_KEY to the value used before"
            ) from error
        return value


def _kept_key(path: Path) -> str:
    """The key in the file; made whole under another name first, so that nobody who comes second reads half of it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(32)))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(made, path)
        Path(made).unlink()
    key = path.read_text(encoding="ascii").strip()
    if not key:
        raise SettingsInvalid(f"{path} is empty: restore it from a backup, or delete it if nothing was ever sealed")
    return key
