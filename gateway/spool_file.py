"""One segment file of the spool: records that prove themselves by length and checksum.

A crash may leave half a record at the end, a bad disk may leave rubbish anywhere: reading passes over it to the next
record that is whole, so that nothing readable is given up for something that is not.
"""

from __future__ import annotations

import os
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"\xf5SNT"
HEAD = struct.Struct("<4sII")
"""Magic, length and CRC-32 of the payload."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a segment holds: (offset, payload) in order, and how many bytes of it are no record."""

    payloads: list[tuple[int, bytes]]
    damaged: int


def framed(payload: bytes) -> bytes:
    """The payload as it lies in the file."""
    return HEAD.pack(MAGIC, len(payload), zlib.crc32(payload)) + payload


def content_of(data: bytes) -> Content:
    """Every whole record of a segment."""
    found: list[tuple[int, bytes]] = []
    at = damaged = 0
    while at < len(data):
        payload = _record_at(data, at)
        if payload is not None:
            found.append((at, payload))
            at += HEAD.size + len(payload)
            continue
        following = data.find(MAGIC, at + 1)
        end = following if following >= 0 else len(data)
        damaged += end - at
        at = end
    return Content(found, damaged)


def _record_at(data: bytes, at: int) -> bytes | None:
    if at + HEAD.size > len(data):
        return None
    magic, length, checksum = HEAD.unpack_from(data, at)
    payload = data[at + HEAD.size : at + HEAD.size + length]
    if magic != MAGIC or len(payload) < length or zlib.crc32(payload) != checksum:
        return None
    return payload


def sync_directory(directory: Path) -> None:
    """Make created and removed names durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class SegmentWriter:
    """Appends to one new file. After `write` returns, what was written survives a power cut."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self.size = 0
        try:
            sync_directory(path.parent)
        except OSError:
            self.close()
            path.unlink(missing_ok=True)
            raise

    def write(self, data: bytes) -> None:
        """All of it, or OSError and (as far as the disk lets us) none of it."""
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._fd, rest) :]
            os.fdatasync(self._fd)
        except OSError:
            # What is left of it is passed over when reading, or replayed: nobody was told that it is kept.
            with suppress(OSError):
                os.ftruncate(self._fd, self.size)
            raise
        self.size += len(data)

    def close(self) -> None:
        """No more is appended."""
        os.close(self._fd)
