"""The whole product as `make up` starts it, driven from outside."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.fakes.ports import free_port

START_S = 150.0


def until(what: str, check: Callable[[], Any], timeout_s: float = 30.0) -> Any:
    """The first true answer of `check`; a failure says what was waited for and what was seen last."""
    deadline, seen = time.monotonic() + timeout_s, None
    while time.monotonic() < deadline:
        seen = check()
        if seen:
            return seen
        time.sleep(0.05)
    raise AssertionError(f"waited {timeout_s:.0f} s for {what}; last seen: {seen!r}")


class Product:
    """One `sentinel up` in a home of its own."""

    def __init__(self, home: Path, **environ: str) -> None:
        self.home = home
        self.environ = {
            **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "RAY_ADDRESS")},
            "SENTINEL_HOME": str(home),
            "PORT": str(free_port()),
            "SENTINEL_ALLOW_ADDRESSES": "127.0.0.0/8",
            **environ,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "up.out").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", "up"],
                env=self.environ,
                stdout=out,
                stderr=out,
                cwd=Path(__file__).parents[1],
                start_new_session=True,
            )
        until("ready.json", self._is_ready, START_S)

    def _is_ready(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"sentinel up ended: {(self.home / 'up.out').read_text()[-2000:]}")
        path = self.home / "ready.json"
        if not path.exists():
            return False
        self.ready = json.loads(path.read_text())
        return True

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    @property
    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.ready['admin_key']}"}
        return httpx.Client(base_url=self.ready["api"], headers=headers, timeout=30, trust_env=False)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        with self.client as client:
            answer = client.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def post(self, url: str, body: bytes | dict[str, Any]) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.post(url, content=content, timeout=30, trust_env=False)

    @property
    def urls(self) -> dict[str, str]:
        urls: dict[str, str] = json.loads((self.home / "urls.json").read_text())
        return urls

    def running(self) -> dict[str, Any]:
        """ready.json as it is now: what was started again has another pid."""
        found: dict[str, Any] = json.loads((self.home / "ready.json").read_text())
        return found

    @property
    def ray(self) -> str:
        """Address of Ray, which may have been started anew."""
        return str(self.running()["ray"])

    @property
    def dsn(self) -> str:
        return self.urls["database_url"]

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(statement.encode(), parameters or None).fetchall()

    def hosts(self) -> dict[str, int]:
        """Slot -> pid of the newest living incarnation, as the lease table says."""
        rows = self.sql("select slot, id from rt.host where expires_at > now() order by started_at")
        return {slot: int(ident.split("/")[1]) for slot, ident in rows}

    def kill_host(self, slot: str) -> int:
        pid = self.hosts()[slot]
        os.kill(pid, signal.SIGKILL)
        return pid

    def person(self, name: str, channel: str, address: str, secret: str = "") -> str:
        """A user with one contact method; answers the user's id."""
        mail = f"{name.lower()}-{secrets.token_hex(4)}@example.org"  # names come again in other files
        user = self.call("POST", "/users", {"name": name, "email": mail})["id"]
        contact = {"channel": channel, "label": name, "address": address, "secret": secret}
        self.call("POST", f"/users/{user}/contact-methods", contact)
        return str(user)

    def integration(self, name: str, kind: str, steps: list[dict[str, Any]], repeat: int = 0) -> str:
        """A policy and an integration that uses it; answers the webhook URL."""
        policy = self.call("POST", "/policies", {"name": name, "steps": steps, "repeat": repeat})["id"]
        made = self.call("POST", "/integrations", {"name": name, "type": kind, "policy_id": policy})["id"]
        return str(self.call("POST", f"/integrations/{made}/keys")["webhook_url"])


def step(user: str, wait_s: float) -> dict[str, Any]:
    """A policy step that calls one user."""
    return {"targets": [{"kind": "user", "id": user}], "wait_s": wait_s}
