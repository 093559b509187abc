"""`sentinel up`: everything on this machine, in order, until Ctrl-C.

Order matters: the gateway comes before Ray, because taking alerts in needs only the database.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import closing
from typing import Any

import httpx
import psycopg

from cli.children import Child
from cli.embedded.postgres import EmbeddedPostgres, PostgresFailed
from cli.embedded.valkey import EmbeddedValkey, ValkeyFailed
from cli.home import Home
from cli.progress import Failed, say, stage
from gateway.ingest import PREFIX
from storage import bootstrap
from storage.access import create_sign_in
from storage.db import make_engine, sessions
from storage.migrate import upgrade
from storage.sealed import Sealer
from storage.settings import Settings

READY_S = 60.0
HOSTS_S = 120.0


class Up:
    """One running installation on this machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._home = Home(settings.home)
        self._stop = threading.Event()
        self._postgres: EmbeddedPostgres | None = None
        self._valkey: EmbeddedValkey | None = None
        self._children: list[Child] = []
        self._environ = dict(os.environ)
        self._ray_address = ""
        self._shown: dict[str, Any] = {}
        """What ready.json says, {} before everything runs."""

    def run(self) -> None:
        """Start, announce, watch, stop. Raises Failed with one line."""
        lock = self._home.prepare()
        if not lock.take():
            raise Failed(
                f"Sentinel already runs from {self._home.path}; stop it, or set SENTINEL_HOME to another directory"
            )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        try:
            self._start()
            while not self._stop.wait(1.0):
                self._watch()
        finally:
            self._end()
            lock.release()

    # -- starting ------------------------------------------------------------------------------------

    def _start(self) -> None:
        say(f"Sentinel starts from {self._home.path.resolve()}")
        self._check_port()
        with stage("database"):
            self._start_database()
        with stage("live feed"):
            self._start_valkey()
        with stage("schema"):
            upgrade(self._environ["DATABASE_URL"])
        keys, sign_in = asyncio.run(self._first_run())
        with stage("gateway"):
            self._start_gateway()
        with stage("console"):
            self._child("console", "ui")
        with stage("watchdog"):
            self._child("watchdog", "watchdog")
        with stage(f"hosts on Ray ({self._settings.hosts}; this takes 10 to 30 seconds)"):
            self._start_hosts()
        self._shown = {**self._ready(keys, sign_in), **self._running()}
        self._home.write(self._home.ready, self._shown)
        self._announce(self._shown)

    def _check_port(self) -> None:
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._settings.bind, self._settings.port))
            except OSError as error:
                address = f"{self._settings.bind}:{self._settings.port}"
                raise Failed(
                    f"{address} cannot be used ({error.strerror}); choose another with make up PORT=…"
                ) from error

    def _start_database(self) -> None:
        dsn = self._settings.database_url
        if not dsn:
            self._postgres = EmbeddedPostgres(self._home.postgres)
            try:
                self._postgres.start()
            except PostgresFailed as error:
                raise Failed(str(error)) from error
            dsn = self._postgres.dsn
        try:
            psycopg.connect(dsn, connect_timeout=5).close()
        except psycopg.Error as error:
            raise Failed(f"the database at DATABASE_URL does not answer: {str(error).splitlines()[0]}") from error
        self._environ["DATABASE_URL"] = dsn

    def _start_valkey(self) -> None:
        url = self._settings.redis_url
        if not url:
            self._valkey = EmbeddedValkey(self._home.valkey)
            try:
                self._valkey.start()
            except ValkeyFailed as error:
                raise Failed(str(error)) from error
            url = self._valkey.url
        self._environ["REDIS_URL"] = url
        self._environ["SENTINEL_HOME"] = str(self._home.path.resolve())
        self._environ["PORT"] = str(self._settings.port)
        self._environ.setdefault("SENTINEL_BIND", self._settings.bind)
        self._environ["SENTINEL_GATEWAY"] = self._settings.local_url
        self._environ["SENTINEL_CONSOLE"] = str(self._settings.console_socket)
        urls = {"database_url": self._environ["DATABASE_URL"], "redis_url": url}
        self._home.write(self._home.urls, urls)

    async def _first_run(self) -> tuple[dict[str, Any], str]:
        """First data if there is none; keys as kept, or new ones; a fresh one-time sign-in."""
        engine = make_engine(self._environ["DATABASE_URL"])
        try:
            factory = sessions(engine)
            await bootstrap.first_run(factory, Sealer.of(self._settings))
            keys = self._home.read(self._home.keys)
            if keys is None:
                made = await bootstrap.make_keys(factory)
                keys = {"admin_key": made.admin_key, "integrations": made.integrations}
                self._home.write(self._home.keys, keys)
            return keys, await create_sign_in(factory, bootstrap.ADMIN)
        finally:
            await engine.dispose()

    def _child(self, name: str, module: str, *arguments: str, piped: bool = False) -> Child:
        command = [sys.executable, "-m", module, *arguments]
        child = Child(name, command, self._environ, self._home.log / f"{name}.log", piped)
        child.start()
        self._children.append(child)
        return child

    def _start_gateway(self) -> None:
        child = self._child("gateway", "gateway")
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and not self._stop.is_set():
            if not child.running():
                raise Failed(f"the gateway ended while starting: {child.tail()}")
            try:
                if httpx.get(f"{self._settings.local_url}/readyz", timeout=2, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                self._stop.wait(0.1)
        self._give_up_if_stopped()
        raise Failed(f"the gateway does not answer; see {self._home.log / 'gateway.log'}")

    def _start_hosts(self) -> None:
        arguments = ("--hosts", str(self._settings.hosts), "--ray-temp", str(self._home.ray))
        child = self._child("hosts", "runtime.hosts", *arguments, piped=True)
        ready = threading.Event()
        threading.Thread(target=self._follow, args=(child, ready), daemon=True).start()
        deadline = time.monotonic() + HOSTS_S
        while not ready.wait(0.1):
            self._give_up_if_stopped()
            if not child.running():
                raise Failed(f"the hosts ended while starting: {child.tail()}")
            if time.monotonic() > deadline:
                raise Failed(f"the hosts do not run after {HOSTS_S:.0f} s; see {self._home.log / 'hosts.log'}")

    def _follow(self, child: Child, ready: threading.Event) -> None:
        """Read what the hosts' supervisor says: one JSON line an event."""
        output = child.output
        if output is None:
            return
        for line in output:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event.get("event") == "hosts_ready":
                self._ray_address = event["ray_address"]
                ready.set()
            elif event.get("event") == "host_restarted":
                say(f"  {event['slot']} was restarted; its work goes on")

    def _give_up_if_stopped(self) -> None:
        if self._stop.is_set():
            raise Failed("stopped while starting")

    # -- ready ---------------------------------------------------------------------------------------

    def _ready(self, keys: dict[str, Any], sign_in: str) -> dict[str, Any]:
        url = self._settings.url
        return {
            "api": f"{url}/api/v1",
            "console": f"{url}/incidents",
            "outbox": f"{url}/api/v1/outbox",
            "admin_key": keys["admin_key"],
            "integrations": {kind: f"{url}{PREFIX}{kind}/{key}" for kind, key in keys["integrations"].items()},
            "sign_in": f"{url}/sign-in/{sign_in}",
            "pid": os.getpid(),
        }

    def _running(self) -> dict[str, Any]:
        """The part of ready.json that changes when something is started again."""
        return {"ray": self._ray_address, "children": {child.name: child.pid for child in self._children}}

    def _announce(self, ready: dict[str, Any]) -> None:
        say()
        say("Sentinel runs.")
        say(f"  Console   {ready['console']}")
        say(f"  Sign in   {ready['sign_in']}   (works once)")
        say(f"  API       {ready['api']}   key in {self._home.ready}")
        say(f"  Alerts to {ready['integrations']['generic']}")
        say()
        say("Page somebody:")
        say(f'  curl -d \'{{"title": "Disk full on db1"}}\' {ready["integrations"]["generic"]}')
        say()
        say(f"Webhooks may point inside your network to: {self._settings.allow_addresses or 'nothing'}.")
        say("  SENTINEL_ALLOW_ADDRESSES=10.1.2.3,192.168.7.0/24 make up   allows these addresses")
        say()
        say("Ctrl-C stops everything; the next start goes on where this one stopped.")

    # -- running and stopping ------------------------------------------------------------------------

    def _watch(self) -> None:
        if self._postgres is not None and self._postgres.ensure():
            say("  the database had ended and was started again")
        if self._valkey is not None and self._valkey.ensure():
            say("  the live feed had ended and was started again")
        for child in self._children:
            if child.ensure():
                say(f"  {child.name} had ended and was started again; see {self._home.log / child.name}.log")
                if child.output is not None:
                    threading.Thread(target=self._follow, args=(child, threading.Event()), daemon=True).start()
        shown = {**self._shown, **self._running()}
        if shown != self._shown:
            self._shown = shown
            self._home.write(self._home.ready, self._shown)

    def _end(self) -> None:
        self._home.ready.unlink(missing_ok=True)
        say("\nStopping …")
        # The watchdog first: it is not to take for lost what is being stopped.
        for child in sorted(self._children, key=lambda child: child.name != "watchdog"):
            with stage(child.name):
                child.stop(25.0)
        if self._valkey is not None:
            self._valkey.stop()
        if self._postgres is not None:
            with stage("database"):
                self._postgres.stop()
        shutil.rmtree(self._home.ray, ignore_errors=True)
        say("Stopped. Nothing is lost; start again with make up.")
