"""Pieces of work on all cores, each in a copy of this process. Only its result comes back.

A fork, because what they work on (a year of alerts) is in memory already: to send it to another process takes long.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

T = TypeVar("T")
Progress = Callable[[float], None]
"""Hears the share done, 0 to 1, now and then."""


class Aborted(Exception):
    """A copy of the process ended without a result; what went wrong is on stderr."""


@dataclass(frozen=True, slots=True)
class _Done:
    result: Any


def cores() -> int:
    """How many there are."""
    return os.cpu_count() or 1


def each(pieces: Sequence[Callable[[Progress], T]], progress: Progress, at_once: int) -> list[T]:
    """The results, in the order of the pieces. What a piece changes is not seen here. Raises Aborted if one failed."""
    fork = get_context("fork")
    results: dict[int, T] = {}
    shares = [0.0] * len(pieces)
    running: dict[Any, tuple[int, Any]] = {}
    heard: Any
    try:
        while len(results) < len(pieces):
            for number in range(len(results) + len(running), min(len(pieces), len(results) + at_once)):
                heard, told = fork.Pipe(duplex=False)
                # Of the pipes of others it keeps no end: it could not tell that this process is gone.
                child = fork.Process(target=_copied, args=(pieces[number], told, [heard, *running]), daemon=True)
                child.start()
                told.close()  # else this process would itself wait for what nobody says
                running[heard] = number, child
            for heard in wait(list(running)):
                number, child = running[heard]
                try:
                    said = heard.recv()
                except EOFError:
                    raise Aborted from None
                shares[number] = 1.0 if isinstance(said, _Done) else said
                if isinstance(said, _Done):
                    results[number] = said.result
                    del running[heard]
                    _ended(heard, child)
            progress(sum(shares) / len(shares))
    finally:
        for heard, (_, child) in running.items():
            child.terminate()
            _ended(heard, child)
    return [results[number] for number in range(len(pieces))]


def _copied(piece: Callable[[Progress], T], told: Connection, others: Sequence[Connection]) -> None:
    for other in others:
        other.close()
    told.send(_Done(piece(told.send)))


def _ended(heard: Any, child: Any) -> None:
    heard.close()
    child.join()
