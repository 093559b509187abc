"""The hosts' supervisor: `python -m runtime.hosts --hosts 2`, a child of `sentinel up` or a container's command.

Starts or joins Ray, keeps the hosts' actors in being (Ray restarts their processes), says on standard output
in JSON lines what happens. SIGTERM or SIGINT: hand everything over and leave; with `--hosts-live-on`, where nodes
outlive this process, SIGTERM means leave only: the next one finds the hosts as they are, with the settings that they
were made with. SIGHUP: let one host after the other hand over and start anew, which is how a new version on disk takes
over without a gap. A Ray that can no longer start hosts is left with exit status 1: whoever started us starts us again,
with another Ray if it is ours. On a cluster that is not ours the hosts that live go on meanwhile, and are found again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import structlog

from runtime.cluster import Cluster
from runtime.process import HostSettings

log = structlog.get_logger("sentinel.hosts")
CHECK_S = 1.0
RENEW_S = 60.0
"""Longest wait for a renewed host to run, before the next one is renewed all the same."""
LOST_S = 20.0
"""A slot whose host is gone for this long while the database answers: Ray, which needs 2 s, cannot bring it back."""
LEAVE_S = 30.0
"""Longest time for leaving; a Ray without a head may never answer."""
REGISTRY = "actors.registry:from_environment"
INSTALLATION = """
select to_hex((select system_identifier from pg_control_system())) || '-' || oid
from pg_database where datname = current_database()"""


def say(event: str, **fields: Any) -> None:
    """One JSON line for whoever started us."""
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Exit status 0 after an orderly stop."""
    parser = argparse.ArgumentParser(description="Run Sentinel's hosts on Ray.")
    parser.add_argument("--hosts", type=int, default=2, help="number of host slots on this cluster")
    parser.add_argument(
        "--ray-temp", default="/tmp/sentinel-ray", help="where a local Ray keeps its files (short path)"
    )
    parser.add_argument(
        "--hosts-live-on",
        action="store_true",
        help="SIGTERM ends this process without its hosts, SIGINT with them, on a cluster that is not ours",
    )
    parser.add_argument("--registry", default=REGISTRY, help="what the hosts run: package.module:function")
    arguments = parser.parse_args()
    live_on = arguments.hosts_live_on and bool(os.environ.get("RAY_ADDRESS"))
    template = HostSettings(
        slot="",
        node=platform.node(),
        database_url=os.environ["DATABASE_URL"],
        redis_url=os.environ["REDIS_URL"],
        registry=arguments.registry,
        environ=dict(os.environ),
        log_dir=str(Path(os.environ.get("SENTINEL_HOME", ".sentinel")).resolve() / "log"),
    )
    cluster = Cluster(template, _installation(template.database_url))
    stop, alone, renew = threading.Event(), threading.Event(), threading.Event()
    say("ray_starting")
    address = cluster.start_ray(os.environ.get("RAY_ADDRESS") or None, arguments.ray_temp)

    def end(number: int, _: object) -> None:
        if live_on and number == signal.SIGTERM:
            alone.set()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)  # after ray.init, which installs its own
    signal.signal(signal.SIGHUP, lambda *_: renew.set())
    say("ray_started", ray_address=address)
    watch = Watch(cluster, [f"host-{n}" for n in range(arguments.hosts)], address)
    try:
        watch.keep(stop, renew)
    finally:
        deadline = threading.Timer(LEAVE_S, os._exit, (1,))
        deadline.daemon = True
        deadline.start()
        if alone.is_set():
            say("leaving", hosts=sorted(watch.pids))
        elif stop.is_set() or not os.environ.get("RAY_ADDRESS"):
            say("draining")
            cluster.drain(watch.gone)
        else:
            cluster.forget(watch.gone)
        if not cluster.head_answers():
            say("stopped")
            os._exit(1)  # the processes of our own Ray end with this one; asking it to end takes 7 s without its head
        cluster.stop()
        say("stopped")
    return 0 if stop.is_set() else 1


def _installation(dsn: str) -> str:
    """Name of the database, the same for every supervisor of this installation and for no other's."""
    with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
        return str((connection.execute(INSTALLATION).fetchone() or ("",))[0])


def _private(dsn: str) -> dict[str, int] | None:
    """Slots of the private shards (isolation="process") and their shard; None while the database is away."""
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=2) as connection:
            rows = connection.execute("select id from rt.shard where entity is not null").fetchall()
    except psycopg.Error as error:
        log.warning("private_shards_unknown", why=str(error))
        return None
    return {f"private-{shard}": shard for (shard,) in rows}


@dataclass
class Watch:
    """The hosts that shall run, and what is known of them."""

    cluster: Cluster
    slots: list[str]
    address: str
    pids: dict[str, int] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    gone: dict[str, float] = field(default_factory=dict)
    """Slots that ran and do not answer, since when (monotonic), the database answering all the while."""

    def keep(self, stop: threading.Event, renew: threading.Event) -> None:
        """Watch the hosts until told to stop, or until Ray can no longer do its part."""
        for slot in self.slots:
            self.cluster.ensure(slot)
        announced = waiting = False
        while not stop.wait(CHECK_S if announced else 0.1):
            self._look()
            if not announced and len(self.pids) == len(self.slots):
                announced = True
                say("hosts_ready", ray_address=self.address, pids=self.pids)
            if not announced:
                waiting = self._short_of_slots(waiting)
            if renew.is_set():
                renew.clear()
                self._renew(stop)
            if self._lost():
                log.error("ray_lost", slots=sorted(self.gone), meaning="Ray does not restart these; they begin anew")
                return

    def _lost(self) -> bool:
        """True if Ray cannot bring a host back. The head of our own Ray does not come again; another's may."""
        if self.gone and not os.environ.get("RAY_ADDRESS") and not self.cluster.head_answers():
            return True
        return any(time.monotonic() - since > LOST_S for since in self.gone.values())

    def _look(self) -> None:
        """One round. Private shards get their host within a second of being made."""
        private = _private(os.environ["DATABASE_URL"])
        if private is None:
            self.gone.clear()  # a host cannot start without the database, and a living one must not be disturbed
        for slot, shard in (private or {}).items():
            if slot not in self.private:
                self.private.add(slot)
                self.cluster.ensure(slot, shard)
        for slot in self.slots:
            stats = self.cluster.stats(slot)
            if stats is not None:
                self.gone.pop(slot, None)
            elif private is not None and slot in self.pids and self._must_return(slot):
                self.gone.setdefault(slot, time.monotonic())
            if stats is not None and "host" in stats:
                self._note(slot, int(stats["pid"]))

    def _must_return(self, slot: str) -> bool:
        """False if no node has room for the host: its node left, and it waits for another, as it should."""
        return not os.environ.get("RAY_ADDRESS") or self.cluster.free_slots()[1] > 0

    def _note(self, slot: str, pid: int) -> None:
        if self.pids.get(slot, pid) != pid:
            say("host_restarted", slot=slot, pid=pid)
        self.pids[slot] = pid

    def _short_of_slots(self, told: bool) -> bool:
        """Say once if the nodes offer fewer slots than there are hosts: the others wait."""
        offered = self.cluster.free_slots()[0]
        if offered < len(self.slots) and not told:
            say("hosts_wait", offered=offered, wanted=len(self.slots))
            log.warning(
                "hosts_wait_for_slots",
                offered=offered,
                wanted=len(self.slots),
                hint='start a Ray node with --resources \'{"host_slot": 2, "private_slot": 8}\'',
            )
        return told or offered < len(self.slots)

    def _renew(self, stop: threading.Event) -> None:
        """One host after the other; the next one only when this one works again."""
        for slot in self.slots:
            before, deadline = self.pids.get(slot), time.monotonic() + RENEW_S
            self.cluster.renew(slot)
            while self.pids.get(slot) == before and time.monotonic() < deadline and not stop.wait(0.2):
                self._look()
        say("hosts_renewed", pids=self.pids)


if __name__ == "__main__":
    raise SystemExit(main())
