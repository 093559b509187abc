"""Three nodes on one machine: a real Ray cluster of raylets in network namespaces, one host each, and what happens to nodes.

The head runs no host and shares the address of gateway and database; nodes reach these over the bridge only, so a node
that is cut off has lost everything at once.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cli.embedded.valkey import EmbeddedValkey
from runtime.cluster import FAILURE_DOMAIN, RAY_ENVIRONMENT
from tests.chaos import processes
from tests.chaos.faults import Fault, host_killed
from tests.chaos.installation import Installation
from tests.chaos.network import Network
from tests.fakes.ports import free_port
from tests.product import until

NODES = 3
AWAY_S = 15.0
"""How long a killed or cut-off node stays away; longer than leases and Ray's own detection of a killed raylet."""
FEED, STORAGE = 6379, 6380
"""Ports of the feed's Valkey and of Ray's, at the bridge's own address."""
GIVEN_UP_S = 5.0
"""A raylet that Ray has given up while it was cut off ends itself as soon as it hears so."""
ROOT = Path(__file__).parents[2]


class Nodes(Installation):
    """An installation spread over nodes."""

    wanted_hosts = NODES

    def __init__(self, base: Path) -> None:
        self.network = Network(os.getpid() % 200, NODES)
        super().__init__(base, address=self.network.address)
        self.valkey = EmbeddedValkey(base / "vk", (self.network.address, FEED))
        self._ray_store = EmbeddedValkey(base / "rk", (self.network.address, STORAGE))
        self._head: list[str] = []
        self._ray: list[subprocess.Popen[bytes]] = []
        self._later: list[threading.Timer] = []

    def start(self) -> None:
        """The network first: everything listens on it."""
        self.network.start()
        super().start()
        until("a host on every node", lambda: {self.node_of(s) for s in self.hosts()} == set(self.network.nodes), 30)

    def surroundings(self) -> dict[str, str]:
        """Database and feed over the bridge; Ray's head here, a raylet on every node."""
        here = self.network.address
        self._head_port = free_port(here)
        self._open_postgres(here)
        self._ray_store.start()
        head = ["--head", f"--port={self._head_port}", "--num-cpus=0", "--include-dashboard=false"]
        self._head = [*head, f"--temp-dir={self.base}/ray"]
        self.start_head()
        for node in self.network.nodes:
            self.join(node)
        password = (self.base / "pg" / "password").read_text()
        return {
            "DATABASE_URL": f"postgresql://sentinel:{password}@{here}/sentinel",
            "REDIS_URL": f"redis://{here}:{FEED}?protocol=2",
            "RAY_ADDRESS": f"{here}:{self._head_port}",
            "RAY_AUTH_MODE": "disabled",
        }

    def _open_postgres(self, address: str) -> None:
        """To the nodes."""
        with (self.base / "pg" / "data" / "pg_hba.conf").open("a") as rules:
            rules.write(f"\nhost all all {address}/24 scram-sha-256\n")
        self.sql("select pg_reload_conf()")

    def start_head(self) -> None:
        """Ray's head; what it knew before it is in its Redis, as Ray documents for its fault tolerance.

        It would take the other nodes' raylets, which it sees because all share this machine's processes, for a head
        that still runs at the address it remembers; so it is made to forget it, as a new machine would.
        """
        (self.base / "ray" / "ray_current_cluster").unlink(missing_ok=True)
        self._start_ray([], self.network.address, self._head)

    def join(self, node: int) -> None:
        """A raylet that offers room for one host."""
        room = ["--num-cpus=1", f"--resources={json.dumps({'host_slot': 1, 'private_slot': 8})}"]
        room += [f"--labels={FAILURE_DOMAIN}=node-{node}", f"--address={self.network.address}:{self._head_port}"]
        self._start_ray(self.network.inside(node), self.network.address_of(node), room)

    def heal(self, node: int) -> None:
        """Connected again; with a new raylet, as from an init system, if Ray has given the node up meanwhile."""
        self.network.heal(node)
        time.sleep(GIVEN_UP_S)
        here = set(self.network.pids(node))
        if not [pid for pid in self.pids("/raylet/raylet ") if pid in here]:
            self.join(node)

    def _start_ray(self, inside: list[str], address: str, arguments: list[str]) -> None:
        """Ends when Ray says that it runs; on a busy machine it may give up, and is started again."""
        command = [*inside, sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *arguments]
        command += [f"--node-ip-address={address}", "--object-store-memory=80000000", "--disable-usage-stats"]
        environ = {
            **os.environ,
            **RAY_ENVIRONMENT,
            "SENTINEL_HOME": str(self.base / "home"),
            "RAY_AUTH_MODE": "disabled",
            "RAY_REDIS_ADDRESS": f"{self.network.address}:{STORAGE}",
            "RAY_external_storage_namespace": "sentinel",
        }
        environ["PYTHONPATH"] = str(ROOT)
        for attempt in range(3):
            said = self.base / f"ray-{address}-{len(self._ray)}-{attempt}.out"
            with said.open("wb") as out:
                process = subprocess.Popen(command, env=environ, stdout=out, stderr=out, cwd=ROOT)
            self._ray.append(process)
            until("Ray to run or to give up", lambda: _runs(said) or process.poll() is not None, 120)  # noqa: B023
            if process.poll() is None:
                return
        raise AssertionError(f"Ray does not start at {address}: {said.read_text()[-2000:]}")

    def node_of(self, slot: str) -> int | None:
        """Where a host runs."""
        rows = self.sql(
            f"select node from rt.host where slot = '{slot}' and expires_at > now() order by started_at desc"
        )
        return int(rows[0][0].removeprefix("node-")) if rows else None

    def after(self, seconds: float, function: Callable[[int], None], node: int) -> None:
        """Do something later, while recovery is being watched."""
        timer = threading.Timer(seconds, function, (node,))
        timer.start()
        self._later.append(timer)

    def stop(self) -> None:
        """The product, then Ray, then the network."""
        for timer in self._later:
            timer.join()
        super().stop()
        for node in self.network.nodes:
            processes.tell(self.network.pids(node), signal.SIGKILL)
        for process in self._ray:
            process.kill()
            process.wait(10)
        self._ray_store.stop()
        self.network.stop()


def _runs(said: Path) -> bool:
    return b"Ray runtime started" in said.read_bytes()


def node_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of everything on a node with a host; another node of that name joins later."""
    assert isinstance(it, Nodes)
    node = _pick(it, dice)
    processes.tell(it.network.pids(node), signal.SIGKILL)
    it.after(AWAY_S, it.join, node)
    return f"node-{node}, back after {AWAY_S:.0f} s"


def head_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of Ray's head process, then of a host; the head comes back with what its Redis holds, and the host with it."""
    assert isinstance(it, Nodes)
    processes.tell(it.pids("/gcs/gcs_server "), signal.SIGKILL)
    time.sleep(3)
    killed = host_killed(it, dice)
    time.sleep(AWAY_S - 3)
    it.start_head()
    return f"for {AWAY_S:.0f} s, then {killed}"


def node_raylet_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of the raylet of a node, whose host ends with it or lives on unknown to Ray; a raylet joins there later."""
    assert isinstance(it, Nodes)
    node = _pick(it, dice)
    here = set(it.network.pids(node))
    processes.tell([pid for pid in it.pids("/raylet/raylet ") if pid in here], signal.SIGKILL)
    it.after(AWAY_S, it.join, node)
    return f"node-{node}, back after {AWAY_S:.0f} s"


def node_cut_off(it: Installation, dice: random.Random) -> str:
    """A node with a host is cut off from everything, and healed later: its host lives on and must not act."""
    assert isinstance(it, Nodes)
    node = _pick(it, dice)
    it.network.cut(node)
    it.after(AWAY_S, it.heal, node)
    return f"node-{node} for {AWAY_S:.0f} s"


def node_joined(it: Installation, dice: random.Random) -> str:
    """A node was away for long, and joins: living hosts hand shards over to it."""
    assert isinstance(it, Nodes)
    node = _pick(it, dice)
    processes.tell(it.network.pids(node), signal.SIGKILL)
    until("the others to own every shard", lambda: it.health().flows and len(it.hosts()) == NODES - 1, 60)
    it.sql("select pg_sleep(3)")
    it.join(node)
    return f"node-{node}"


def node_left(it: Installation, dice: random.Random) -> str:
    """A node is shut down in an orderly way: `python -m runtime.leave`, then SIGTERM; another of that name joins later."""
    assert isinstance(it, Nodes)
    node = _pick(it, dice)
    environ = {**os.environ, "RAY_ADDRESS": it.product.environ["RAY_ADDRESS"], "RAY_AUTH_MODE": "disabled"}
    command = [sys.executable, "-m", "runtime.leave", "--node", it.network.address_of(node)]
    told = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0 and json.loads(told.stdout)["hosts"], f"{told.stdout} {told.stderr[-2000:]}"
    processes.tell(it.network.pids(node), signal.SIGTERM)
    it.after(AWAY_S, it.join, node)
    return f"node-{node}, back after {AWAY_S:.0f} s"


def hosts_renewed(it: Installation, dice: random.Random) -> str:
    """One host after the other leaves in order and joins again (SIGHUP)."""
    before = it.hosts()
    processes.tell(it.pids("-m runtime.hosts"), signal.SIGHUP)
    until("new hosts", lambda: len(h := it.hosts()) >= NODES and not set(h.values()) & set(before.values()), 120)
    return ", ".join(sorted(before))


def _pick(it: Nodes, dice: random.Random) -> int:
    node = it.node_of(dice.choice(sorted(it.hosts())))
    assert node is not None
    return node


NODE_FAULTS: dict[str, Fault] = {
    f.__name__: f
    for f in (node_killed, node_raylet_killed, head_killed, node_cut_off, node_joined, node_left, hosts_renewed)
}
