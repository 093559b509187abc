"""The environment as one frozen object, read here once more: the watchdog shares no code with what it watches."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet


class SettingsInvalid(Exception):
    """The environment holds a value that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`url`: public base URL; the canary goes in there. Secrets are never shown."""

    database_url: str
    url: str
    smtp_url: str
    smtp_from: str
    deadman_url: str
    secret: bytes
    last_resort_after_s: float
    """How late a page must be, and be seen to be, before the watchdog sends one. Shorter than a restart of the hosts
    (10 to 30 s) means needless pages at each upgrade."""
    canary_s: float
    """Pause between two canaries. The dead man's ping comes as often."""

    def __repr__(self) -> str:
        return f"Settings(url={self.url!r})"

    @property
    def fernet(self) -> Fernet:
        """Opens what storage/sealed.py sealed."""
        return Fernet(base64.urlsafe_b64encode(self.secret))

    @property
    def canary_key(self) -> str:
        """The canary integration's key, which the first start has put into the tables (storage/canary.py)."""
        digest = hmac.new(self.secret, b"canary", hashlib.sha256).digest()
        return "snt_int_" + base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @classmethod
    def from_env(cls) -> Settings:
        """Raises SettingsInvalid with what to change."""
        env = {name: value for name, value in os.environ.items() if value}
        if "DATABASE_URL" not in env:
            raise SettingsInvalid("Set DATABASE_URL to the database of the installation to be watched")
        bind = env.get("SENTINEL_BIND", "127.0.0.1")
        host = "127.0.0.1" if bind in ("0.0.0.0", "::") else bind
        return cls(
            database_url=env["DATABASE_URL"],
            url=env.get("SENTINEL_PUBLIC_URL", f"http://{host}:{env.get('PORT', '8080')}").rstrip("/"),
            smtp_url=env.get("SENTINEL_SMTP_URL", ""),
            smtp_from=env.get("SENTINEL_SMTP_FROM", "sentinel@localhost"),
            deadman_url=env.get("SENTINEL_DEADMAN_URL", ""),
            secret=_secret(env),
            last_resort_after_s=_seconds(env, "SENTINEL_LAST_RESORT_AFTER_S", 60.0, 5.0),
            canary_s=_seconds(env, "SENTINEL_CANARY_S", 60.0, 2.0),
        )


def _seconds(env: dict[str, str], name: str, default: float, least: float) -> float:
    try:
        value = float(env.get(name, default))
    except ValueError:
        value = 0.0
    if not least <= value <= 86_400.0:
        raise SettingsInvalid(f"{name} must be a number of seconds between {least:.0f} and 86400")
    return value


def _secret(env: dict[str, str]) -> bytes:
    path = Path(env.get("SENTINEL_HOME", ".sentinel")) / "secret.key"
    try:
        key = env.get("SENTINEL_SECRET_KEY") or path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsInvalid(f"Set SENTINEL_SECRET_KEY: there is no key at {path}") from error
    return hashlib.sha256(b"sentinel sealing key\0" + key.encode()).digest()
