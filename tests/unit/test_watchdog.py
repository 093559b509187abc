"""A stuck loop ends its process and leaves its stack."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STUCK = """
import asyncio, sys, time
from pathlib import Path
from runtime.clock import SystemClock
from runtime.watchdog import watch

async def main():
    task = asyncio.create_task(watch(SystemClock(), Path(sys.argv[1])))
    await asyncio.sleep(0.1)
    time.sleep(60)

asyncio.run(main())
"""


def test_a_loop_that_stands_still_exits_with_its_traceback(tmp_path: Path) -> None:
    trace = tmp_path / "log" / "host.stuck"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", STUCK, str(trace)], cwd=root, timeout=30)
    assert done.returncode == 1
    assert "in main" in trace.read_text()
