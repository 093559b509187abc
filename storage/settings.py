"""The environment as one frozen object, read by gateway, hosts and the command alike."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1024 * 1024


class SettingsInvalid(Exception):
    """The environment holds a value that cannot be used. The message names it and says what to do."""


class Settings(BaseSettings):
    """Every setting has a default that makes one machine work; each default's consequence is beside it."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True)

    database_url: str = Field("", validation_alias="DATABASE_URL")
    """Empty: `sentinel up` starts the embedded Postgres and sets it."""
    redis_url: str = Field("", validation_alias="REDIS_URL")
    """Empty: `sentinel up` starts the embedded Valkey and sets it."""
    ray_address: str = Field("", validation_alias="RAY_ADDRESS")
    """Empty: a local Ray is started; it ends with us."""
    home: Path = Field(Path(".sentinel"), validation_alias="SENTINEL_HOME")
    """Where data, keys and logs live. Lose it and an embedded installation is gone."""
    bind: str = Field("127.0.0.1", validation_alias="SENTINEL_BIND")
    """Loopback by default: nothing is reachable from outside until you say so."""
    port: int = Field(8080, ge=1, le=65535, validation_alias="PORT")
    public_url: str = Field("", validation_alias="SENTINEL_PUBLIC_URL")
    """How people and senders reach us; in links and webhook URLs. Empty: http://bind:port."""
    hosts: int = Field(2, ge=1, le=256, validation_alias="SENTINEL_HOSTS")
    """Host processes. Two, so that one can take over from the other within seconds."""
    secret_key: str = Field("", validation_alias="SENTINEL_SECRET_KEY")
    """Seals secrets at rest. Empty: made once and kept in home/secret.key; all machines need the same."""
    smtp_url: str = Field("", validation_alias="SENTINEL_SMTP_URL")
    """smtp://user:password@host:587?starttls=auto|always|never, or smtps://. Empty: no e-mail is sent."""
    smtp_from: str = Field("sentinel@localhost", validation_alias="SENTINEL_SMTP_FROM")
    max_body_bytes: int = Field(8 * MEBIBYTE, ge=1024, validation_alias="SENTINEL_MAX_BODY_BYTES")
    """A real Alertmanager repeats a long annotation for each alert; smaller limits refuse real groups."""

    @property
    def url(self) -> str:
        """Public base URL without a trailing slash."""
        host = "127.0.0.1" if self.bind in ("0.0.0.0", "::") else self.bind
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @classmethod
    def from_env(cls) -> Settings:
        """Read the environment. Raises SettingsInvalid with one line per wrong value."""
        try:
            return cls()
        except ValidationError as error:
            lines = [f"{e['loc'][0]}: {e['msg']} (is {e.get('input')!r})" for e in error.errors()]
            raise SettingsInvalid("Change these environment variables: " + "; ".join(map(str, lines))) from error
