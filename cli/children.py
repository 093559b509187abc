"""Child processes: started, watched, restarted with growing pauses, and never left behind."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
HEALTHY_S = 60.0


def _die_with_parent() -> None:
    """On Linux the kernel ends the child when its parent is gone, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One supervised process; its output goes to a log file, or to a pipe if `piped`."""

    def __init__(self, name: str, command: list[str], environ: Mapping[str, str], log: Path, piped: bool = False):
        self.name = name
        self._command = command
        self._environ = dict(environ)
        self._log = log
        self._piped = piped
        self._process: subprocess.Popen[str] | None = None
        self._started = 0.0
        self._failures = 0
        self._next_start = 0.0

    @property
    def pid(self) -> int:
        """Process id, 0 if it does not run."""
        return self._process.pid if self._process is not None else 0

    @property
    def output(self) -> IO[str] | None:
        """Standard output, if piped."""
        return self._process.stdout if self._process is not None else None

    def start(self) -> None:
        """Begin. Standard error, and output unless piped, are appended to the log."""
        self._started = time.monotonic()
        with self._log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self._piped else log,
                stderr=log,
                text=True,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def running(self) -> bool:
        """True while the process lives."""
        return self._process is not None and self._process.poll() is None

    def ensure(self) -> bool:
        """Start it again if it ended, after a pause that grows while it keeps ending; True if it did."""
        if self.running():
            return False
        now = time.monotonic()
        if self._process is not None:
            self._failures = 0 if now - self._started > HEALTHY_S else self._failures + 1
            self._process = None
            self._next_start = now + BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
        if now < self._next_start:
            return False
        self.start()
        return True

    def stop(self, timeout_s: float) -> None:
        """Ask it to end, and insist after the time."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)

    def tail(self) -> str:
        """The last line of the log that says something."""
        try:
            lines = self._log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1][:300] if lines else ""
