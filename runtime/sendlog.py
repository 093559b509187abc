"""What a host sent while the store was away, on its own disk: each send before it starts, its outcome after.

One file per incarnation of a host, below one directory of the machine, locked by its process for as long as that
lives. When the store is back, whoever comes first on this machine settles what dead processes left (settlement.py).
A send whose outcome is missing may have happened: it counts as unknown.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import msgspec
import structlog

from runtime.store import OutboxRow, SendResult

log = structlog.get_logger("sentinel.runtime")
SUFFIX = ".sends"


@dataclass(frozen=True, slots=True)
class Sent:
    """One send without the store. `began_at`: UTC epoch seconds. `state` as in the outbox; `unknown` until told.

    `tried` False: certainly no provider was ever asked to send it.
    """

    id: str
    entity: str
    shard: int
    kind: str
    channel: str
    body: dict[str, Any]
    began_at: float
    attempts: int = 1
    state: str = "unknown"
    detail: str = ""
    provider_id: str | None = None
    tried: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a send."""

    id: str
    state: str
    detail: str
    provider_id: str | None
    tried: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: either."""

    begun: Sent | None = None
    outcome: Outcome | None = None


@dataclass(slots=True)
class Left:
    """Everything one process sent and nobody has settled yet."""

    name: str
    sends: list[Sent] = field(default_factory=list)


class SendLog(Protocol):
    """Where sends without the store are recorded."""

    async def begin(self, rows: Sequence[OutboxRow], now: float) -> None:
        """These are about to be sent; durable when it returns. A disk that fails stops no page, it is logged."""
        ...

    async def outcomes(self, results: Sequence[SendResult]) -> None:
        """What became of them."""
        ...

    async def left(self) -> list[Left]:
        """What this process and dead ones sent; living processes settle their own."""
        ...

    async def forget(self, name: str, refused: str = "") -> None:
        """It is settled; or it is `refused` by the store and set aside for a human."""
        ...


def begun(row: OutboxRow, now: float) -> Sent:
    """The record of a send about to start."""
    return Sent(row.id, row.entity, row.shard, row.kind, row.channel, row.body, now, row.attempts + 1)


def fold(lines: Iterable[Line]) -> list[Sent]:
    """Sends with their last outcome; a second attempt keeps the time of the first, which the person remembers."""
    found: dict[str, Sent] = {}
    before: dict[str, bool] = {}
    for line in lines:
        if line.begun is not None:
            first = found.get(line.begun.id)
            before[line.begun.id] = first is not None and first.tried
            found[line.begun.id] = replace(line.begun, began_at=first.began_at) if first is not None else line.begun
        elif line.outcome is not None and line.outcome.id in found:
            told, sent = line.outcome, found[line.outcome.id]
            tried = told.tried or before[told.id]
            found[told.id] = replace(
                sent, state=told.state, detail=told.detail, provider_id=told.provider_id, tried=tried
            )
    return list(found.values())


class FileSendLog:
    """Files of JSON lines in `directory`, which survives the process. Readable by their owner only: they hold texts."""

    def __init__(self, directory: Path, host_id: str) -> None:
        self._directory = directory
        self._path = directory / f"{host_id.replace('/', '-')}{SUFFIX}"
        self._fd: int | None = None
        self._others: dict[str, int] = {}
        self._lock = asyncio.Lock()

    async def begin(self, rows: Sequence[OutboxRow], now: float) -> None:
        await self._write([Line(begun=begun(row, now)) for row in rows])

    async def outcomes(self, results: Sequence[SendResult]) -> None:
        await self._write([Line(outcome=Outcome(r.id, r.state, r.detail, r.provider_id, r.tried)) for r in results])

    async def _write(self, lines: Sequence[Line]) -> None:
        text = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        async with self._lock:
            try:
                await asyncio.to_thread(self._append, text)
            except OSError as error:
                meaning = (
                    "pages go out all the same; after the outage people may be paged twice. Free space on the disk"
                )
                log.error("send_not_recorded", path=str(self._path), why=str(error), meaning=meaning)

    def _append(self, text: bytes) -> None:
        if self._fd is None:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sync_directory(self._directory)
        os.write(self._fd, text)
        os.fsync(self._fd)

    async def left(self) -> list[Left]:
        async with self._lock:
            return await asyncio.to_thread(self._read_all)

    def _read_all(self) -> list[Left]:
        found = []
        for path in sorted(self._directory.glob(f"*{SUFFIX}")):
            try:
                if path != self._path and path.name not in self._others:
                    fd = os.open(path, os.O_RDWR)
                    try:
                        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:  # its process lives and settles it
                        os.close(fd)
                        continue
                    self._others[path.name] = fd
                found.append(Left(path.name, fold(_lines(path))))
            except OSError as error:
                log.error("sends_not_read", path=str(path), why=str(error), meaning="people may be paged twice")
        return found

    async def forget(self, name: str, refused: str = "") -> None:
        async with self._lock:
            await asyncio.to_thread(self._forget, name, refused)

    def _forget(self, name: str, refused: str) -> None:
        path = self._directory / name
        try:
            if refused:
                path.rename(path.with_suffix(".refused"))
            else:
                path.unlink(missing_ok=True)
            _sync_directory(self._directory)
        except OSError as error:
            log.error(
                "sends_not_forgotten", path=str(path), why=str(error), meaning="they are settled again, harmlessly"
            )
        fd = self._others.pop(name, None)
        if path == self._path:
            fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def _lines(path: Path) -> Iterable[Line]:
    """Whole lines; the last one may be torn by a crash in the middle of writing."""
    for raw in path.read_bytes().splitlines():
        try:
            yield msgspec.json.decode(raw, type=Line)
        except msgspec.MsgspecError:
            log.warning(
                "torn_line_skipped", path=str(path), meaning="the process ended while it wrote; that send had not begun"
            )


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
