"""A stuck loop ends its process and leaves its stack traces.

Ray does not notice an event loop that stands still (measured: a frozen or looping actor is never
replaced), so the process watches itself from C: `faulthandler` prints every thread's stack and exits unless
it is re-armed in time, even while the GIL is held by a runaway extension.
"""

from __future__ import annotations

import faulthandler
from pathlib import Path

from runtime.clock import Clock

STUCK_S = 5.0
"""A loop silent for this long is dead; its lease ends a second later anyway."""
REARM_S = 1.0


async def watch(clock: Clock, trace_file: Path) -> None:
    """Re-arm for ever; when this coroutine is not run for STUCK_S, the process exits with status 1."""
    trace_file.parent.mkdir(parents=True, exist_ok=True)
    with trace_file.open("w", encoding="utf-8") as traces:
        try:
            while True:
                faulthandler.dump_traceback_later(STUCK_S, exit=True, file=traces)
                await clock.sleep(REARM_S)
        finally:
            faulthandler.cancel_dump_traceback_later()
