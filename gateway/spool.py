"""Durable local place for messages while Postgres is away: segment files below one directory.

What `keep` and `append` have answered survives kill -9 and a power cut: everything that waits goes into one write and
one fsync. One process owns the directory. Bounded: beyond the limit, or when the disk refuses, the caller is told so.
Nothing is removed before the database has it (gateway/replay.py).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.background import Background
from gateway.spool_file import SegmentWriter, content_of, framed, sync_directory
from gateway.spool_records import Arrived, Record, Strange, check_storable, decoded, encoded
from runtime.errors import RuntimeFault
from runtime.store import Inbound

log = structlog.get_logger("sentinel.gateway")

SEGMENT_BYTES = 4 * 1024 * 1024
"""A segment is read, replayed and removed as a whole: larger ones take more memory, smaller ones more files."""
PAGER_SHARE = 1 / 8
"""Part of the limit that alerts may not fill, so that what break-glass does can still be written down."""
OPEN_AGAIN_S = 1.0
BEGINNING = 64 * 1024
"""Bytes read of each segment at the start, to know its age."""


class SpoolFull(RuntimeFault):
    """The local spool cannot take more: it has reached its limit, the disk is full, or another process owns it."""

    code = "spool_full"
    retryable = True


@dataclass(slots=True)
class Segment:
    """One file. `first_at`: UTC epoch seconds of its first record."""

    path: Path
    size: int
    first_at: float


Placed = tuple[int, Record]
"""A record and its place: ascending in the order of the spool."""


@dataclass(slots=True)
class _Waiting:
    records: Sequence[Record]
    data: list[bytes]
    future: asyncio.Future[None]

    @property
    def size(self) -> int:
        return sum(map(len, self.data))


@dataclass(frozen=True, slots=True)
class Contents:
    """Records of a segment, in order. `whole` False: something in it could not be read."""

    records: list[Placed]
    whole: bool

    @property
    def messages(self) -> list[Inbound]:
        """What came in, in order."""
        return [r.message for _, r in self.records if isinstance(r, Arrived)]


class Spool:
    """One per gateway. `now`: UTC epoch seconds of this machine. `limit`: bytes."""

    def __init__(self, directory: Path, limit: int, now: Callable[[], float]) -> None:
        self._directory = directory
        self._limit = limit
        self._now = now
        self._lock_fd: int | None = None
        self._segments: list[Segment] = []
        self._writer: SegmentWriter | None = None
        self._next = 1
        self._queue: list[_Waiting] = []
        self._under_way = 0
        self._lock = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._refusing = ""
        self._settled = asyncio.Event()
        self._settled.set()
        self._background = Background(self._run, "spool")
        self.filled = asyncio.Event()
        """Set when something is kept; the replay waits for it."""
        self.on_kept: list[Callable[[Sequence[Placed]], None]] = []
        """Told of every record as soon as it is durable, before its sender is answered."""

    # -- state ---------------------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """True while anything here is not in the database: what comes now must queue behind it."""
        return bool(self._segments) or self._under_way > 0

    @property
    def usable(self) -> bool:
        """True if alerts can be kept here."""
        return self.problem == ""

    @property
    def problem(self) -> str:
        """Why alerts cannot be kept here, or ""."""
        if self._lock_fd is None:
            return f"the spool {self._directory} is not open: another process owns it, or it cannot be written"
        if self.size >= self._alert_limit:
            return f"the spool is full ({self.size} bytes; SENTINEL_SPOOL_BYTES)"
        return self._refusing

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(s.size for s in self._segments)

    @property
    def age_s(self) -> float:
        """Age of the oldest thing kept; 0 if there is nothing."""
        return max(0.0, self._now() - self._segments[0].first_at) if self._segments else 0.0

    @property
    def _alert_limit(self) -> float:
        return self._limit * (1 - PAGER_SHARE)

    # -- writing -------------------------------------------------------------------------------------

    async def keep(self, messages: Sequence[Inbound]) -> None:
        """Returns when they are durable. Raises SpoolFull, or StatementRejected for what no database would take."""
        for message in messages:
            check_storable(message)
        await self._append([Arrived(self._now(), m) for m in messages], self._alert_limit)

    async def append(self, records: Sequence[Record]) -> None:
        """What break-glass writes down; may use all of the limit. Raises SpoolFull."""
        await self._append(records, self._limit)

    async def _append(self, records: Sequence[Record], limit: float) -> None:
        if self._lock_fd is None:
            raise SpoolFull(self.problem)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(records, [framed(encoded(r)) for r in records], future)
        if self.size + sum(w.size for w in self._queue) + waiting.size > limit:
            self._refuse(f"it has reached its limit of {self._limit} bytes (SENTINEL_SPOOL_BYTES)")
            raise SpoolFull()
        self._queue.append(waiting)
        self._under_way += 1
        self._wanted.set()
        try:
            await waiting.future
        finally:
            self._under_way -= 1

    def hold(self, held: bool) -> None:
        """While the last few messages go into the database, new ones wait for it instead of queueing behind them.

        Else a steady stream would keep the spool from ever being empty.
        """
        if held:
            self._settled.clear()
        else:
            self._settled.set()

    async def settled(self, patience_s: float) -> None:
        """Wait while held, but not longer than this."""
        if not self._settled.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._settled.wait()

    async def _run(self) -> None:
        while True:
            if not self._open():
                await asyncio.sleep(OPEN_AGAIN_S)
                continue
            await self._wanted.wait()
            self._wanted.clear()
            while self._queue:
                async with self._lock:
                    await self._flush()

    async def _flush(self) -> None:
        """Everything that waits, in one fsync. Whatever goes wrong, everybody who waits is answered."""
        batch, self._queue = self._queue, []
        error: Exception | None = None
        placed: list[Placed] = []
        try:
            placed = await self._write(batch)
        except OSError as refused:
            self._refuse(f"the disk refuses: {refused.strerror}")
            error = SpoolFull(f"the disk of the spool refuses: {refused.strerror}")
        except BaseException:  # a cancellation: who waits is told that nothing is kept
            error = SpoolFull("the gateway is ending")
            raise
        finally:
            if error is None:
                self._refusing = ""
                for told in self.on_kept:
                    told(placed)
                self.filled.set()
            for item in batch:
                if item.future.done():
                    continue
                if error is None:
                    item.future.set_result(None)
                else:
                    item.future.set_exception(error)

    async def _write(self, batch: Sequence[_Waiting]) -> list[Placed]:
        if self._writer is None:
            path = self._directory / f"{self._next:012d}.seg"
            self._next += 1
            self._writer = await asyncio.to_thread(SegmentWriter, path)
            self._segments.append(Segment(path, 0, self._now()))
        segment, writer = self._segments[-1], self._writer
        placed, at = [], writer.size
        for item in batch:
            for record, data in zip(item.records, item.data, strict=True):
                placed.append((_place(segment.path, at), record))
                at += len(data)
        try:
            await asyncio.to_thread(writer.write, b"".join(d for item in batch for d in item.data))
        except OSError:
            self._end_segment()  # after a failed fsync nothing is known about this file's end
            if segment.size == 0:
                segment.path.unlink(missing_ok=True)
                self._segments.remove(segment)
            raise
        segment.size = writer.size
        if writer.size >= SEGMENT_BYTES:
            self._end_segment()
        return placed

    def _end_segment(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _refuse(self, why: str) -> None:
        if not self._refusing:
            log.error(
                "spool_refuses",
                why=why,
                meaning="senders are answered 503 while the database is away",
                todo="bring the database back, or give the spool more room",
            )
        self._refusing = f"the spool takes nothing: {why}"

    # -- opening, reading, removing ------------------------------------------------------------------

    def _open(self) -> bool:
        """Become the owner and find what an earlier process left. False if that is not possible now."""
        if self._lock_fd is not None:
            return True
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._find()
            except OSError:
                os.close(descriptor)
                raise
        except OSError as error:
            if not self._refusing:
                self._refuse(f"{self._directory} cannot be used: {error.strerror}")
            return False
        self._lock_fd, self._refusing = descriptor, ""
        if self._segments:
            log.warning("spool_found", bytes=self.size, age_s=round(self.age_s), meaning="kept by an earlier process")
            self.filled.set()
        return True

    def _find(self) -> None:
        self._segments = []
        for path in sorted(self._directory.glob("*.seg")):
            status = path.stat()
            self._segments.append(Segment(path, status.st_size, _began(path) or status.st_mtime))
            self._next = int(path.stem) + 1

    async def seal(self) -> list[Segment]:
        """Every segment there is, oldest first; what comes from now on goes into others."""
        async with self._lock:
            self._end_segment()
            return list(self._segments)

    async def read(self, segment: Segment) -> Contents:
        """Every record that is whole."""
        return await asyncio.to_thread(_contents, segment.path)

    async def drop(self, segment: Segment, whole: bool) -> None:
        """The database has all that could be read of it. A file that was not whole is kept aside for a human."""
        async with self._lock:
            remove = segment.path.unlink if whole else lambda: segment.path.rename(segment.path.with_suffix(".damaged"))
            await asyncio.to_thread(remove)
            await asyncio.to_thread(sync_directory, self._directory)
            self._segments.remove(segment)

    async def set_aside(self, message: Inbound, why: str) -> None:
        """What the database refuses for its content, although it was accepted: kept for a human, never dropped."""
        path = self._directory / "refused.records"
        log.error("spooled_message_refused", entity=message.entity, why=why, kept_in=str(path))
        data = framed(encoded(Arrived(self._now(), message)))
        await asyncio.to_thread(_append_durably, path, data)

    def start(self) -> None:
        """Begin; opens the directory, again and again until it can."""
        self._background.start()

    async def stop(self) -> None:
        """Write what waits, then let another process own the directory."""
        await asyncio.gather(*(item.future for item in self._queue), return_exceptions=True)
        async with self._lock:
            self._end_segment()
        await self._background.stop()
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None


def _contents(path: Path) -> Contents:
    content = content_of(path.read_bytes())
    records = [(_place(path, offset), decoded(payload)) for offset, payload in content.payloads]
    strange = sorted({r.kind for _, r in records if isinstance(r, Strange)})
    if content.damaged or strange:
        log.error(
            "spool_damaged",
            segment=path.name,
            bytes=content.damaged,
            not_understood=strange,
            meaning="a torn end after a crash, promised to nobody; else a bad disk, or a newer version wrote it",
            todo="the file is kept beside the spool as *.damaged; look at it, then remove it",
        )
    known = [(place, r) for place, r in records if not isinstance(r, Strange)]
    return Contents(known, whole=not content.damaged and not strange)


def _place(path: Path, offset: int) -> int:
    return (int(path.stem) << 32) + offset


def _began(path: Path) -> float | None:
    """When the first record of a segment was made; None if it is not in the segment's beginning."""
    with path.open("rb") as file:
        content = content_of(file.read(BEGINNING))
    records = [decoded(payload) for _, payload in content.payloads[:1]]
    return next((r.at for r in records if not isinstance(r, Strange)), None)


def _append_durably(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
