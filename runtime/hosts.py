"""The hosts' supervisor: `python -m runtime.hosts --hosts 2`, a child of `sentinel up` or a container's command.

Starts or joins Ray, keeps the hosts' actors in being (Ray restarts their processes), says on standard output
in JSON lines what happens, and on SIGTERM or SIGINT hands everything over and leaves.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import psycopg
import structlog

from runtime.cluster import Cluster
from runtime.process import HostSettings

log = structlog.get_logger("sentinel.hosts")
CHECK_S = 1.0
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
    parser.add_argument("--registry", default=REGISTRY, help="what the hosts run: package.module:function")
    arguments = parser.parse_args()
    template = HostSettings(
        slot="",
        node=platform.node(),
        database_url=os.environ["DATABASE_URL"],
        redis_url=os.environ["REDIS_URL"],
        registry=arguments.registry,
        environ=dict(os.environ),
        log_dir=str(Path(os.environ.get("SENTINEL_HOME", ".sentinel")).resolve() / "log"),
    )
    cluster, stop = Cluster(template, _installation(template.database_url)), threading.Event()
    say("ray_starting")
    address = cluster.start_ray(os.environ.get("RAY_ADDRESS") or None, arguments.ray_temp)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())  # after ray.init, which installs its own
    say("ray_started", ray_address=address)
    try:
        _keep(cluster, [f"host-{n}" for n in range(arguments.hosts)], address, stop)
    finally:
        say("draining")
        cluster.drain()
        cluster.stop()
        say("stopped")
    return 0


def _installation(dsn: str) -> str:
    """Name of the database, the same for every supervisor of this installation and for no other's."""
    with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
        return str((connection.execute(INSTALLATION).fetchone() or ("",))[0])


def _private(dsn: str) -> dict[str, int]:
    """Slots of the private shards (isolation="process") and their shard."""
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=2) as connection:
            rows = connection.execute("select id from rt.shard where entity is not null").fetchall()
    except psycopg.Error as error:
        log.warning("private_shards_unknown", why=str(error))
        return {}
    return {f"private-{shard}": shard for (shard,) in rows}


def _keep(cluster: Cluster, slots: list[str], address: str, stop: threading.Event) -> None:
    """Watch the hosts until told to stop; say when all run, and when one came back as another process.

    Private shards get their host within a second of being made.
    """
    pids: dict[str, int] = {}
    private: set[str] = set()
    for slot in slots:
        cluster.ensure(slot)
    announced = False
    while not stop.wait(CHECK_S if announced else 0.1):
        for slot, shard in _private(os.environ["DATABASE_URL"]).items():
            if slot not in private:
                private.add(slot)
                cluster.ensure(slot, shard)
        for slot in slots:
            stats = cluster.stats(slot)
            if stats is None or "host" not in stats:
                continue
            pid = int(stats["pid"])
            if pids.get(slot, pid) != pid:
                say("host_restarted", slot=slot, pid=pid)
            pids[slot] = pid
        if not announced and len(pids) == len(slots):
            announced = True
            say("hosts_ready", ray_address=address, pids=pids)


if __name__ == "__main__":
    raise SystemExit(main())
