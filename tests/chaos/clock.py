"""Wall clocks that can be stepped: of the processes that are started with `environ`, and of no others.

The library is compiled at the start of a run (clock.c). The run itself, its telephones and its verdict go by this machine's
own clock.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


def possible() -> bool:
    """There is a compiler."""
    return shutil.which("cc") is not None


def compiled(directory: Path) -> Path:
    """The library, made in `directory`. Raises CalledProcessError with what the compiler says."""
    library = directory / "clock.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return library


class SteppedClock:
    """One clock, at first as the machine's. Whoever shall go by it needs to be able to read `library` and `offset`."""

    def __init__(self, library: Path, offset: Path) -> None:
        self._offset = offset
        self.environ = {"LD_PRELOAD": str(library), "SENTINEL_CHAOS_CLOCK": str(offset)}
        self.step(0)

    def step(self, seconds: int) -> None:
        """Set it so far from the machine's clock, for every process at once."""
        with self._offset.open("r+b" if self._offset.exists() else "wb", buffering=0) as file:
            file.write(struct.pack("=q", seconds))
