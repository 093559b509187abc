"""The last requests of each integration, to see what a sender really sends: kept in Valkey, out of the hot path.

A request is noted after it was answered, by appending to a list in memory; once a second what was noted is masked,
packed and pushed. It promises nothing: a crash forgets a second, Valkey's loss forgets all, and neither costs an alert
anything. Requests whose key is not known belong to nobody: they are counted, and not kept.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.calendar import utc
from domain.grouping import Group
from domain.masking import header, without_secrets
from gateway.bare import Taken
from gateway.periodic import Periodic

KEPT = 50
"""Requests of an integration; what came before is forgotten."""
KEPT_S = 7 * 86_400
PAYLOAD_MAX = 8_192
"""Bytes of a body that are kept."""
LINES_MAX = 5
"""Incident lines of one request whose fate is shown."""
HEADERS_MAX, VALUE_MAX = 30, 200
PERIOD_S = 1.0
EACH_MAX, ALL_MAX = 10, 100
"""Requests that are masked and packed in one period: of one integration, of all. In a storm only the last are kept."""
LIST, STRANGERS = "sentinel:requests:", "sentinel:strangers:"


@dataclass(slots=True)
class Arrival:
    """A request while it is taken. `headers` and `body` as they came, never to be shown; `at`: UTC epoch seconds."""

    at: float = 0.0
    source: str = ""
    method: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    integration_id: str = ""
    body: bytes = b""
    size: int = 0
    alerts: int = 0
    lines: tuple[tuple[str, str, str], ...] = ()
    inbox_ids: Sequence[int] = ()
    by: str = ""
    """Who made it: "" for a sender, else who pressed the button."""
    taken: Taken | None = None

    def carries(self, body: bytes) -> None:
        """Remember the beginning of the body."""
        self.body, self.size = body[:PAYLOAD_MAX], len(body)

    def went(self, groups: Sequence[Group], alerts: int, inbox_ids: Sequence[int]) -> None:
        """Remember where its alerts went: (line, policy, rule) of the first ones."""
        self.lines = tuple((g.line_key, g.policy_id, g.rule) for g in groups[:LINES_MAX])
        self.alerts, self.inbox_ids = alerts, inbox_ids


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as it is kept: without secrets. `lines`: (line key, policy id, rule); `refused`: why, or ""."""

    at: float
    source: str
    method: str
    headers: dict[str, str]
    status: int
    refused: str
    spooled: bool
    payload: str
    size: int
    alerts: int
    lines: list[tuple[str, str, str]]
    inbox_ids: list[int]
    by: str


@dataclass(frozen=True, slots=True)
class Last:
    """Newest first. `complete` False: Valkey did not answer. `strangers`: refused today (UTC) without a known key."""

    requests: list[Shown]
    strangers: int
    complete: bool


class LastRequests:
    """One per gateway."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # its types say of every answer that it may be one already
        self._noted: dict[str, deque[Arrival]] = {}
        self._strangers = 0
        self._periodic = Periodic(self.flush, "last-requests", PERIOD_S, "the last requests are not shown")

    def note(self, arrival: Arrival, taken: Taken) -> None:
        """It was answered. Never blocks, never raises; of one integration only the last are remembered."""
        arrival.taken = taken
        if not arrival.integration_id:
            self._strangers += 1
        elif (noted := self._noted.get(arrival.integration_id)) is not None:
            noted.append(arrival)
        else:
            self._noted[arrival.integration_id] = deque((arrival,), maxlen=EACH_MAX)

    async def flush(self) -> None:
        """Push what was noted. What cannot be pushed is dropped. Raises RedisError."""
        noted, self._noted = self._noted, {}
        strangers, self._strangers = self._strangers, 0
        each = max(1, ALL_MAX // max(1, len(noted)))
        for ident, arrivals in noted.items():
            packed = [zlib.compress(msgspec.json.encode(_shown(a)), 1) for a in list(arrivals)[-each:]]
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.lpush(LIST + ident, *packed)
                pipe.ltrim(LIST + ident, 0, KEPT - 1)
                pipe.expire(LIST + ident, KEPT_S)
                await pipe.execute()
        if strangers:
            today = await self._today()
            await self._redis.incrby(today, strangers)
            await self._redis.expire(today, KEPT_S)

    async def of(self, integration_id: str) -> Last:
        """The last requests of an integration at any gateway, with what this one has noted just now."""
        try:
            await self.flush()
            packed: list[bytes] = await self._redis.lrange(LIST + integration_id, 0, KEPT - 1)
            strangers = int(await self._redis.get(await self._today()) or 0)
        except (RedisError, OSError):
            return Last([], 0, complete=False)
        shown = [msgspec.json.decode(zlib.decompress(item), type=Shown) for item in packed]
        return Last(sorted(shown, key=lambda s: s.at, reverse=True), strangers, complete=True)

    async def _today(self) -> str:
        seconds, _ = await self._redis.time()
        return f"{STRANGERS}{utc(float(seconds)):%Y-%m-%d}"

    def start(self) -> None:
        """Begin pushing."""
        self._periodic.start()

    async def stop(self) -> None:
        """End."""
        await self._periodic.stop()


def _shown(arrival: Arrival) -> dict[str, Any]:
    taken = arrival.taken or Taken(0, b"")
    refused = ""
    if taken.status >= 400:
        refused = str(msgspec.json.decode(taken.body).get("detail", ""))
    headers = [(name, value) for name, value in arrival.headers.items() if name not in ("host", "content-length")]
    return asdict(
        Shown(
            at=arrival.at,
            source=arrival.source,
            method=arrival.method,
            headers={n[:60]: header(n, v[:VALUE_MAX]) for n, v in headers[:HEADERS_MAX]},
            status=taken.status,
            refused=refused,
            spooled=taken.spooled,
            payload=without_secrets(arrival.body.decode("utf-8", "replace")),
            size=arrival.size,
            alerts=arrival.alerts,
            lines=list(arrival.lines),
            inbox_ids=list(arrival.inbox_ids[:100]),
            by=arrival.by,
        )
    )
