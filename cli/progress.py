"""What a person sees while things start: one line a stage, with its time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str = "") -> None:
    """One line on standard output, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Say what begins, and how long it took when it is done."""
    began = time.monotonic()
    sys.stdout.write(f"  {name} … ")
    sys.stdout.flush()
    try:
        yield
    except BaseException:  # also Ctrl-C: the line that was begun is ended, and the reason goes on
        say("failed")
        raise
    say(f"{time.monotonic() - began:.1f} s")


class Failed(Exception):
    """A start that cannot go on; the message is one line: what is missing and what to do."""
