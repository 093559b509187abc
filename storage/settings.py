"""The environment as one frozen object, read by gateway, hosts and the command alike."""

from __future__ import annotations

import os
import re
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

MEBIBYTE = 1024 * 1024
BASE = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._~-]*)*")
"""A path to be served beneath: it goes into pages, scripts and cookies as it is."""


class SettingsInvalid(Exception):
    """The environment holds a value that cannot be used. The message names it and says what to do."""


class Settings(BaseModel):
    """Every setting has a default that makes one machine work; each default's consequence is beside it.

    The alias is the environment variable. Only `from_env` reads the environment, and only by alias: a field's
    own name (HOME, PORT, BIND) may be another program's variable.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)

    database_url: str = Field("", repr=False, alias="DATABASE_URL")
    """Empty: `sentinel up` starts the embedded Postgres and sets it."""
    redis_url: str = Field("", repr=False, alias="REDIS_URL")
    """Empty: `sentinel up` starts the embedded Valkey and sets it."""
    ray_address: str = Field("", alias="RAY_ADDRESS")
    """Empty: a local Ray is started; it ends with us."""
    home: Path = Field(Path(".sentinel"), alias="SENTINEL_HOME")
    """Where data, keys and logs live. Lose it and an embedded installation is gone."""
    bind: str = Field("127.0.0.1", alias="SENTINEL_BIND")
    """Loopback by default: nothing is reachable from outside until you say so."""
    port: int = Field(8080, ge=1, le=65535, alias="PORT")
    public_url: str = Field("", alias="SENTINEL_PUBLIC_URL")
    """How people and senders reach us; in links and webhook URLs. Empty: http://bind:port. With a path, as in
    https://ops.example/sentinel, everything is served beneath it."""
    trusted_proxies: str = Field("127.0.0.1,::1", alias="SENTINEL_TRUSTED_PROXIES")
    """Addresses and networks, with commas between, whose X-Forwarded-For and X-Forwarded-Proto are believed. A reverse
    proxy that is not among them is taken for the browser: its address slows down everybody who guesses passwords."""
    hosts: int = Field(2, ge=1, le=256, alias="SENTINEL_HOSTS")
    """Host processes. Two, so that one can take over from the other within seconds."""
    secret_key: str = Field("", repr=False, alias="SENTINEL_SECRET_KEY")
    """Seals secrets at rest. Empty: made once and kept in home/secret.key; all machines need the same."""
    smtp_url: str = Field("", repr=False, alias="SENTINEL_SMTP_URL")
    """smtp://user:password@host:587?starttls=auto|always|never, or smtps://. Empty: no e-mail is sent."""
    smtp_from: str = Field("sentinel@localhost", alias="SENTINEL_SMTP_FROM")
    max_body_bytes: int = Field(8 * MEBIBYTE, ge=1024, alias="SENTINEL_MAX_BODY_BYTES")
    """A real Alertmanager repeats a long annotation for each alert; smaller limits refuse real groups."""

    spool: Path | None = Field(None, alias="SENTINEL_SPOOL")
    """Where this gateway keeps what Postgres cannot take. Empty: home/spool/PORT, so that several gateways of one
    machine each have their own. It must outlive a restart: lose it in an outage, and what it holds is lost."""
    spool_bytes: int = Field(256 * MEBIBYTE, ge=MEBIBYTE, alias="SENTINEL_SPOOL_BYTES")
    """About half a million alerts of ordinary size. Full, the gateway answers 503 while Postgres is away."""

    outage_grace_s: float = Field(15.0, ge=1, alias="SENTINEL_OUTAGE_GRACE_S")
    """How long Postgres may be away before people are paged without it. Shorter: a restart of the database pages some
    people twice; longer: a real outage delays pages by as much."""

    bundle_after: int = Field(5, ge=0, le=1000, alias="SENTINEL_BUNDLE_AFTER")
    """After so many pages to one contact method within a minute, further ones share a message (docs/notifications.md).
    0: each page is a message of its own, also the 500th."""
    last_resort_after_s: float = Field(60.0, ge=5, alias="SENTINEL_LAST_RESORT_AFTER_S")
    """The watchdog's setting: no page waits for others for more than half of it."""

    history_days: int = Field(400, ge=1, le=36_500, alias="SENTINEL_HISTORY_DAYS")
    """For how long one can ask what the configuration was. Shorter: less is kept of people who left (name and e-mail
    address); longer: a database that grows with every change. What is still so is kept for ever."""

    calendar_private: bool = Field(False, alias="SENTINEL_CALENDAR_PRIVATE")
    """True: calendars may be imported from private addresses. Who may configure a schedule can then make this machine
    ask any address that it can reach, and learn whether a calendar is there."""
    allow_addresses: str = Field("", alias="SENTINEL_ALLOW_ADDRESSES")
    """Addresses and networks inside, with commas between, that webhooks and Slack URLs may point to: "10.1.2.0/24".
    Empty: none. Who may write down a contact method can make this machine send to these."""
    slack_api: str = Field("https://slack.com/api", alias="SENTINEL_SLACK_API")
    """Where Slack's Web API is; another only for tests or a proxy."""

    console: Path | None = Field(None, alias="SENTINEL_CONSOLE")
    """Socket file of the console's process on this machine, which the gateway puts its pages through to. Empty:
    home/console.sock. The path must be shorter than 100 characters."""

    @field_validator("public_url")
    @classmethod
    def _reachable(cls, text: str) -> str:
        parts = urlsplit(text)
        if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("write it like https://sentinel.example.org or https://ops.example.org/sentinel")
        if BASE.fullmatch(parts.path.rstrip("/")) is None or parts.path.startswith("/api"):
            raise ValueError("its path may have letters, digits, -, _, . and ~ only, and must not begin with /api")
        return text

    @field_validator("allow_addresses", "trusted_proxies")
    @classmethod
    def _addresses(cls, text: str) -> str:
        for one in filter(None, map(str.strip, text.split(","))):
            ip_network(one, strict=False)
        return text

    @property
    def console_socket(self) -> Path:
        """Where the console listens."""
        return (self.console or self.home / "console.sock").absolute()

    @property
    def local_url(self) -> str:
        """How a process on this machine reaches the gateway."""
        host = "127.0.0.1" if self.bind in ("0.0.0.0", "::") else self.bind
        return f"http://{host}:{self.port}"

    @property
    def kept_configuration(self) -> Path:
        """The sealed file with the last known configuration."""
        return self.home / "configuration.sealed"

    @property
    def spool_directory(self) -> Path:
        """Where the spool is."""
        return self.spool or self.home / "spool" / str(self.port)

    @property
    def url(self) -> str:
        """Public base URL without a trailing slash."""
        return (self.public_url or self.local_url).rstrip("/")

    @property
    def base(self) -> str:
        """The path that everything public is beneath, without a trailing slash: "/sentinel"; "" at the root."""
        return urlsplit(self.url).path

    @classmethod
    def from_env(cls) -> Settings:
        """Read the environment; an empty variable counts as unset. Raises SettingsInvalid naming each wrong value."""
        variables = [field.alias for field in cls.model_fields.values() if field.alias]
        try:
            return cls.model_validate({v: os.environ[v] for v in variables if os.environ.get(v)})
        except ValidationError as error:
            lines = [f"{e['loc'][0]}: {e['msg']} (is {e.get('input')!r})" for e in error.errors()]
            raise SettingsInvalid("Change these environment variables: " + "; ".join(map(str, lines))) from error
