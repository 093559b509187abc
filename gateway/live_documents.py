"""Documents that many people watch, worked out once for all who watch the same and sent as the same text.

Each is looked at ten times a second, in memory: was another configuration saved, or did its time pass? Then it is
worked out anew, and told to who watches it if it became another one. Two hundred open calendars cost one resolution
and two hundred sends (`test_many_who_watch_the_same_…`). Nothing is worked out that nobody watches.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from pydantic import ValidationError

from domain.errors import Invalid
from domain.standing import standing
from gateway.config_cache import ConfigCache
from gateway.duties import Stands
from gateway.live_rows import LiveRows
from gateway.past import configuration_at
from gateway.periodic import AWAY, Periodic
from gateway.problems import pointer
from gateway.schemas.live import Asked, Refusal
from gateway.standings import Standings
from gateway.time import GatewayTime
from gateway.watched import Query, document, parsed
from storage.as_of import check_known
from storage.changes import Sessions
from storage.sealed import Sealer

PERIOD_S = 0.1
MOST = 8
"""Documents that one socket may watch; a page watches two."""
LONGEST = 4_000
"""Characters of a message."""
Queue = asyncio.Queue[str | None]


@dataclass(slots=True)
class Shared:
    """`text` is so in the configuration of `version` until before `until` (UTC epoch seconds); "": not known yet.

    `joining`: how many wait to be told it for the first time.
    """

    of: str
    query: Query
    watchers: set[Queue] = field(default_factory=set)
    joining: int = 0
    text: str = ""
    version: int = -1
    until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class LiveDocuments:
    """One per gateway. `rows`: where the queues of those who watch come from."""

    def __init__(
        self,
        config: ConfigCache,
        rows: LiveRows,
        standings: Standings,
        time: GatewayTime,
        sessions: Sessions,
        sealer: Sealer,
    ) -> None:
        self._config = config
        self._rows = rows
        self._stands: Stands = standings.at
        self._time = time
        self._sessions = sessions
        self._sealer = sealer
        self._shared: dict[str, Shared] = {}
        self._periodic = Periodic(self.look, "live-documents", PERIOD_S, "open calendars show what was")

    @property
    def watched(self) -> int:
        """Documents that somebody watches now."""
        return len(self._shared)

    def watcher(self, queue: Queue) -> Watcher:
        """Of one socket, whose messages go into `queue`."""
        return Watcher(self, self._rows, queue)

    async def join(self, queue: Queue, of: str) -> None:
        """Tell this queue the document now, and each time that it becomes another. Raises Invalid, ValidationError, and
        what the database raises if it is needed: for what was, and before anything is known."""
        shared = self._shared.get(of) or self._shared.setdefault(of, Shared(of, parsed(of)))
        shared.joining += 1
        try:
            await self._renew(shared)
            shared.watchers.add(queue)
            self._rows.offer(queue, shared.text)
        finally:
            shared.joining -= 1
            self._keep_watched(shared)

    def leave(self, queue: Queue, of: str) -> None:
        """No longer."""
        shared = self._shared.get(of)
        if shared is not None:
            shared.watchers.discard(queue)
            self._keep_watched(shared)

    def _keep_watched(self, shared: Shared) -> None:
        if not shared.watchers and not shared.joining:
            del self._shared[shared.of]

    async def look(self) -> None:
        """Once, at all that is watched."""
        for shared in list(self._shared.values()):
            if shared.text:
                await self._renew(shared)

    async def _renew(self, shared: Shared) -> None:
        """What is no longer so is worked out, and whoever watches is told: whoever found it."""
        async with shared.lock:
            before = shared.text
            if self._is_so(shared):
                return
            try:
                await self._work_out(shared)
            except Invalid as error:
                if not before:
                    raise
                # What it is of is gone; it may come back.
                shared.version, shared.until = self._config.current.version, float("inf")
                shared.text = refusal(shared.of, error)
            if shared.text != before:
                for queue in shared.watchers:
                    self._rows.offer(queue, shared.text)

    def _is_so(self, shared: Shared) -> bool:
        if not shared.text or shared.query.as_of is not None:  # what was stays so
            return bool(shared.text)
        return shared.version == self._config.current.version and self._time.now() < shared.until

    async def _work_out(self, shared: Shared) -> None:
        if not self._config.loaded:  # a gateway that has just started would say that there is no schedule
            await self._config.refresh()
        config, now, stands = self._config.current, self._time.now(), self._stands
        if (at := shared.query.as_of) is not None:
            await check_known(self._sessions, at)
            config = await configuration_at(self._sessions, self._sealer, at)
            now, stands = at.timestamp(), standing
        # In a thread: many schedules take half a second, and alerts must not wait for it.
        shared.text, shared.until = await asyncio.to_thread(document, shared.of, shared.query, config, now, stands)
        shared.version = config.version

    def start(self) -> None:
        """Begin."""
        self._periodic.start()

    async def stop(self) -> None:
        """End."""
        await self._periodic.stop()


class Watcher:
    """What one socket watches. What it says wrongly is answered, and changes nothing."""

    def __init__(self, documents: LiveDocuments, rows: LiveRows, queue: Queue) -> None:
        self._documents = documents
        self._rows = rows
        self._queue = queue
        self._watched: set[str] = set()

    async def hear(self, said: str) -> None:
        """A message of the client."""
        of = None
        try:
            if len(said) > LONGEST:
                raise Invalid("", f"A message has at most {LONGEST} characters.")
            asked = Asked.model_validate_json(said)
            of = asked.of
            if asked.type == "leave":
                self._forget(of)
                return
            if of not in self._watched and len(self._watched) >= MOST:
                raise Invalid("of", f"One connection watches at most {MOST} things; leave one of them first.")
            await self._documents.join(self._queue, of)
            self._watched.add(of)
        except (Invalid, ValidationError, *AWAY) as error:
            self._rows.offer(self._queue, refusal(of, error))

    def _forget(self, of: str) -> None:
        self._watched.discard(of)
        self._documents.leave(self._queue, of)

    def end(self) -> None:
        """It watches nothing any more."""
        for of in list(self._watched):
            self._forget(of)


def refusal(of: str | None, error: Exception) -> str:
    """Why something is not told, for a person, and which parameter is to blame."""
    errors: list[dict[str, str]] = []
    detail = "The database does not answer, and this is not known without it. Load the page again in a moment."
    if isinstance(error, Invalid):
        detail, errors = error.message, [{"pointer": pointer(error.field), "detail": error.message}]
    elif isinstance(error, ValidationError):
        told = {str(e["loc"][0]) if e["loc"] else "": e["msg"] for e in error.errors()}
        errors = [{"pointer": pointer(field), "detail": text} for field, text in told.items()]
        what = "This cannot be watched" if of is not None else "This message is not understood"
        detail = f"{what}: {'; '.join(f'{field} {text}'.strip() for field, text in told.items())}."
    return Refusal(of=of, detail=detail, errors=errors).model_dump_json()
