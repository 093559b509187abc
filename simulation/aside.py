"""Two pieces of work at once, the second in a copy of this process: on the other core. Only its result comes back.

A fork, because what both work on (a year of journals) is in memory already: to send it to another process takes longer
than the work.
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_context
from typing import TypeVar

H = TypeVar("H")
T = TypeVar("T")


class Aborted(Exception):
    """The copy of the process ended without a result; what went wrong is on stderr."""


def both(here: Callable[[], H], there: Callable[[], T]) -> tuple[H, T]:
    """The results of both. What `there` changes is not seen here. Raises Aborted if it failed."""
    fork = get_context("fork")
    answer, told = fork.Pipe(duplex=False)

    def copied() -> None:
        answer.close()  # else this process would itself wait for the answer that nobody takes
        told.send(there())

    child = fork.Process(target=copied)
    child.start()
    told.close()
    try:
        own = here()
        return own, answer.recv()
    except EOFError:
        raise Aborted from None
    finally:
        answer.close()  # whoever still wants to tell us something ends by that
        child.join()
