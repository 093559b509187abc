"""Hosts on Ray: the only file that imports ray.

Ray places, starts and restarts host processes; it never decides who owns an entity. Each host is a named,
detached actor with endless restarts and no task retries (ours are explicit). A restarted one claims the shards of its
slot's previous life at once. Timeouts towards the head are a day: a dead head must not end living hosts.

Where hosts may run is the cluster's to say: a node offers as many `host_slot` as it shall run hosts, and `private_slot`
for entities with a process of their own. A host without a free slot waits until a node with one joins. The node that a
host reports, its failure domain, is the node's label `failure-domain` if it has one, else its machine's name.
"""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray._raylet import Config, GcsClient  # type: ignore[attr-defined]  # its stubs leave them out
from ray.actor import ActorHandle
from ray.core.generated import autoscaler_pb2
from ray.exceptions import RayError
from ray.util import list_named_actors

from runtime.clock import wall_now
from runtime.process import HostProcess, HostSettings

RAY_ENVIRONMENT = {
    "RAY_gcs_rpc_server_reconnect_timeout_s": "86400",
    "RAY_DEDUP_LOGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",  # 15 by default: whoever pages people must not be the last to get the processor
}
DRAIN_S = 12.0
HEAD_S = 1.0
ASKED_S = 3.0
"""A host that does not say within this time where it runs is on a node in trouble, or starting: it is left alone."""
LEAVING_S = 3600.0
"""For so long a node that leaves is offered no host; Ray wants a time by which it is gone."""
NAMESPACE = "sentinel-"
LOCAL_SLOTS = {"host_slot": 256, "private_slot": 4096}
"""A local Ray runs whatever is asked of it."""
FAILURE_DOMAIN = "failure-domain"
"""Label of a Ray node: what fails together (a rack, a zone)."""


@ray.remote(max_restarts=-1, max_task_retries=0, num_cpus=0, max_concurrency=8)
class HostActor:
    """A host process under Ray. Its loop starts with the process, so a restart by Ray is a restart of the host."""

    def __init__(self, settings: HostSettings) -> None:
        self._process = HostProcess(replace(settings, node=_failure_domain()), on_end=lambda: os._exit(1))

    def poke(self, shards: list[int]) -> None:
        """Look into the inboxes of these shards now."""
        self._process.poke(shards)

    def stats(self) -> dict[str, Any]:
        """Figures of the host."""
        return self._process.stats()

    def drain(self) -> bool:
        """Hand everything over."""
        return self._process.drain(DRAIN_S)

    def node(self) -> str:
        """Ray's id of the node that this runs on."""
        return str(ray.get_runtime_context().get_node_id())


class Cluster:
    """The hosts of one installation on a Ray cluster, which may carry others: `installation` names it."""

    def __init__(self, template: HostSettings, installation: str) -> None:
        self._template = template
        self._namespace = f"{NAMESPACE}{installation}"
        self._actors: dict[str, ActorHandle] = {}
        self._head = ""

    def start_ray(self, address: str | None, temp_dir: str) -> str:
        """Join the cluster at `address`, or start a local one below `temp_dir`. Answers its address."""
        os.environ.update(RAY_ENVIRONMENT)
        if address is not None and _has_token():
            os.environ.setdefault("RAY_AUTH_MODE", "token")
        Config.initialize("")  # Ray read its environment when it was imported; this process must go by ours too
        common: dict[str, Any] = {
            "namespace": self._namespace,
            "log_to_driver": False,
            "logging_level": "WARNING",
            "configure_logging": False,
        }
        if address is not None:
            context = ray.init(address=address, **common)
        else:
            context = ray.init(
                address="local",
                num_cpus=max(2, os.cpu_count() or 2),
                resources=LOCAL_SLOTS,
                object_store_memory=80 * 1024 * 1024,
                include_dashboard=False,
                _temp_dir=temp_dir,
                **common,
            )
        self._head = str(context.address_info["gcs_address"])
        return self._head

    def ensure(self, slot: str, shard: int | None = None) -> None:
        """Have a host in this slot, unless there is one."""
        settings = _at(self._template, slot, shard)
        actor: Any = HostActor  # @ray.remote gives the class methods that its types do not know
        self._actors[slot] = actor.options(
            name=slot,
            namespace=self._namespace,
            lifetime="detached",
            get_if_exists=True,
            scheduling_strategy="SPREAD",
            resources={"host_slot" if shard is None else "private_slot": 1},
            runtime_env={"env_vars": {**RAY_ENVIRONMENT, "PYTHONPATH": str(Path(__file__).parents[1])}},
        ).remote(settings)

    def free_slots(self) -> tuple[int, int]:
        """Hosts that the cluster's nodes offer to run, and how many of these are free."""
        name = "host_slot"
        return int(ray.cluster_resources().get(name, 0)), int(ray.available_resources().get(name, 0))

    def renew(self, slot: str) -> None:
        """Let a host hand everything over and end; Ray starts it anew, with the program as it now is on disk."""
        try:
            ray.get(self._actors[slot].drain.remote(), timeout=DRAIN_S + 2)
        except RayError:
            return  # it ended before it could answer, which is what was asked of it

    def stats(self, slot: str, timeout_s: float = 5.0) -> dict[str, Any] | None:
        """Figures of one host, or None while it does not answer (starting, restarting, stuck)."""
        try:
            answer: dict[str, Any] = ray.get(self._actors[slot].stats.remote(), timeout=timeout_s)
        except RayError:
            return None
        return answer

    def head_answers(self) -> bool:
        """False if nothing listens at the head's address: it is gone, and Ray starts no process without it."""
        host, _, port = self._head.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=HEAD_S).close()
        except OSError:
            return False
        return True

    def drain(self, gone: Collection[str]) -> None:
        """Hand over and end all hosts, in parallel; those in the slots `gone` are not waited for."""
        waits = [actor.drain.remote() for slot, actor in self._actors.items() if slot not in gone]
        try:
            if waits:
                ray.wait(waits, num_returns=len(waits), timeout=DRAIN_S + 2)
        finally:
            if self.head_answers():  # else it hangs, and nothing is there that would start them again
                for actor in self._actors.values():
                    ray.kill(actor, no_restart=True)
            self._actors.clear()

    def forget(self, slots: Iterable[str]) -> None:
        """End what Ray still means to restart in these slots, so that `ensure` places new hosts; the others live on."""
        for slot in slots:
            ray.kill(self._actors.pop(slot), no_restart=True)

    def stop(self) -> None:
        """Leave Ray; a local cluster ends with it."""
        ray.shutdown()


def leave(address: str, node: str) -> tuple[list[str], list[str]]:
    """Have a Ray node take no more hosts, and every host on it, of any installation, hand over and end.

    `node`: its address as Ray knows it; "" is the node of this machine. Answers the slots of its hosts, and those that
    did not end in time. Raises RayError, or RuntimeError if Ray refuses or does not know the node.
    """
    os.environ.update(RAY_ENVIRONMENT)
    if _has_token():
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    Config.initialize("")
    ray.init(address=address, log_to_driver=False, logging_level="WARNING", configure_logging=False)
    try:
        context = ray.get_runtime_context()
        nodes = {n["NodeManagerAddress"]: n["NodeID"] for n in ray.nodes() if n["Alive"]}
        if node and node not in nodes:
            raise RuntimeError(f"Ray knows no node {node}; there are {', '.join(sorted(nodes))}")
        here = nodes[node] if node else context.get_node_id()
        until_ms = int((wall_now() + LEAVING_S) * 1000)
        reason = autoscaler_pb2.DrainNodeReason.Value("DRAIN_NODE_REASON_PREEMPTION")
        accepted, why = GcsClient(address=context.gcs_address).drain_node(
            here, reason, "its operator ends it", until_ms
        )
        if not accepted:
            raise RuntimeError(f"Ray refuses to drain the node: {why}")
        named = [n for n in list_named_actors(all_namespaces=True) if n["namespace"].startswith(NAMESPACE)]
        hosts = [(n["name"], ray.get_actor(n["name"], n["namespace"])) for n in named]
        places = {actor.node.remote(): (slot, actor) for slot, actor in hosts}
        answered, _ = ray.wait(list(places), num_returns=len(places), timeout=ASKED_S) if places else ([], [])
        going = {places[ref][1].drain.remote(): places[ref][0] for ref in answered if _value(ref) == here}
        _, late = ray.wait(list(going), num_returns=len(going), timeout=DRAIN_S + 2) if going else ([], [])
        return sorted(going.values()), sorted(going[ref] for ref in late)
    finally:
        ray.shutdown()


def _value(ref: Any) -> Any:
    """What a call answered; None if its host was gone."""
    try:
        return ray.get(ref)
    except RayError:
        return None


def _failure_domain() -> str:
    """Of this worker's node. Ray says that labels are lists of strings; 2.60 answers strings."""
    label: Any = ray.get_runtime_context().get_node_labels().get(FAILURE_DOMAIN) or platform.node()
    return label if isinstance(label, str) else str(label[0])


def _has_token() -> bool:
    """True if this user has a Ray token: `ray start` makes one and then lets nobody in without it.

    https://docs.ray.io/en/latest/ray-security/token-auth.html
    """
    given = os.environ.get("RAY_AUTH_TOKEN_PATH")
    path = Path(given) if given else Path.home() / ".ray" / "auth_token"
    return "RAY_AUTH_TOKEN" in os.environ or path.is_file()


def _at(template: HostSettings, slot: str, shard: int | None) -> HostSettings:
    return replace(template, slot=slot, environ=_without_ray(template.environ), shard=shard)


def _without_ray(environ: Mapping[str, str]) -> dict[str, str]:
    """Settings only: a worker must keep the Ray variables it was started with."""
    return {k: v for k, v in environ.items() if not k.startswith("RAY_")}
