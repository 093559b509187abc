"""`python -m gateway.calendar_parser`: a feed in on stdin, its events out on stdout, in a process of its own.

A feed comes from outside, and one line of it ("FREQ=SECONDLY") can ask for millions of events. Here it can take no more
than CPU_S of processor time and MEMORY bytes, and the gateway goes on taking alerts meanwhile.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

import msgspec

from integrations.ical import CalendarInvalid, Entry, entries

CPU_S = 10
"""Five thousand events take two."""
MEMORY = 1024 * 1024 * 1024
WAIT_S = 60.0
"""For the whole, on a machine that is busy."""


class Work(msgspec.Struct, frozen=True):
    """What the process is asked."""

    body: bytes
    zone: str
    start: float
    end: float
    limit: int


class Result(msgspec.Struct, frozen=True):
    """What it answers: events, or why there are none."""

    entries: list[Entry] = []
    problem: str = ""


async def parsed(body: bytes, zone: str, start: float, end: float, limit: int) -> list[Entry]:
    """Events of a feed in [start, end), UTC epoch seconds. Raises CalendarInvalid."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.calendar_parser",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
    )
    try:
        async with asyncio.timeout(WAIT_S):
            out, _ = await process.communicate(msgspec.msgpack.encode(Work(body, zone, start, end, limit)))
    except TimeoutError as error:
        raise CalendarInvalid("it takes too long to read; does an event recur every second?") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise CalendarInvalid("it takes too much time or memory to read; does an event recur every second?")
    result = msgspec.msgpack.decode(out, type=Result)
    if result.problem:
        raise CalendarInvalid(result.problem)
    return result.entries


def main() -> int:
    """One feed."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    work = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Work)
    try:
        result = Result(entries(work.body, work.zone, work.start, work.end, work.limit))
    except CalendarInvalid as error:
        result = Result(problem=str(error))
    sys.stdout.buffer.write(msgspec.msgpack.encode(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
