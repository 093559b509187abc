"""Hosts on Ray: the only file that imports ray.

Ray places, starts and restarts host processes; it never decides who owns an entity. Each host is a named,
detached actor with endless restarts and no task retries (ours are explicit). A restarted one claims the shards of its
slot's previous life at once. Timeouts towards the head are a day: a dead head must not end living hosts.

    python -m runtime.cluster --hosts 2 …      # started by `sentinel up`, see main()
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from runtime.process import HostProcess, HostSettings

RAY_ENVIRONMENT = {
    "RAY_gcs_rpc_server_reconnect_timeout_s": "86400",
    "RAY_DEDUP_LOGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",  # 15 by default: whoever pages people must not be the last to get the processor
}
DRAIN_S = 12.0


@ray.remote(max_restarts=-1, max_task_retries=0, num_cpus=0, max_concurrency=8)
class HostActor:
    """A host process under Ray. Its loop starts with the process, so a restart by Ray is a restart of the host."""

    def __init__(self, settings: HostSettings) -> None:
        self._process = HostProcess(settings, on_end=lambda: os._exit(1))

    def poke(self, shards: list[int]) -> None:
        """Look into the inboxes of these shards now."""
        self._process.poke(shards)

    def stats(self) -> dict[str, Any]:
        """Figures of the host."""
        return self._process.stats()

    def drain(self) -> bool:
        """Hand everything over."""
        return self._process.drain(DRAIN_S)


class Cluster:
    """The hosts of one installation on a Ray cluster, which may carry others: `installation` names it."""

    def __init__(self, template: HostSettings, installation: str) -> None:
        self._template = template
        self._namespace = f"sentinel-{installation}"
        self._actors: dict[str, ActorHandle] = {}

    def start_ray(self, address: str | None, temp_dir: str) -> str:
        """Join the cluster at `address`, or start a local one below `temp_dir`. Answers its address."""
        os.environ.update(RAY_ENVIRONMENT)
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
                object_store_memory=80 * 1024 * 1024,
                include_dashboard=False,
                _temp_dir=temp_dir,
                **common,
            )
        return str(context.address_info["gcs_address"])

    def ensure(self, slot: str, shard: int | None = None, node_id: str | None = None) -> None:
        """Have a host in this slot, unless there is one."""
        settings = _at(self._template, slot, shard)
        strategy: Any = "SPREAD" if node_id is None else NodeAffinitySchedulingStrategy(node_id, soft=False)
        actor: Any = HostActor  # @ray.remote gives the class methods that its types do not know
        self._actors[slot] = actor.options(
            name=slot,
            namespace=self._namespace,
            lifetime="detached",
            get_if_exists=True,
            scheduling_strategy=strategy,
            runtime_env={"env_vars": {**RAY_ENVIRONMENT, "PYTHONPATH": str(Path(__file__).parents[1])}},
        ).remote(settings)

    def stats(self, slot: str, timeout_s: float = 5.0) -> dict[str, Any] | None:
        """Figures of one host, or None while it does not answer (starting, restarting, stuck)."""
        try:
            answer: dict[str, Any] = ray.get(self._actors[slot].stats.remote(), timeout=timeout_s)
        except RayError:
            return None
        return answer

    def drain(self) -> None:
        """Hand over and end all hosts, in parallel."""
        waits = [actor.drain.remote() for actor in self._actors.values()]
        try:
            ray.wait(waits, num_returns=len(waits), timeout=DRAIN_S + 2)
        finally:
            for actor in self._actors.values():
                ray.kill(actor, no_restart=True)
            self._actors.clear()

    def stop(self) -> None:
        """Leave Ray; a local cluster ends with it."""
        ray.shutdown()


def _at(template: HostSettings, slot: str, shard: int | None) -> HostSettings:
    return HostSettings(
        slot=slot,
        node=template.node,
        database_url=template.database_url,
        redis_url=template.redis_url,
        registry=template.registry,
        environ=_without_ray(template.environ),
        log_dir=template.log_dir,
        shard=shard,
    )


def _without_ray(environ: Mapping[str, str]) -> dict[str, str]:
    """Settings only: a worker must keep the Ray variables it was started with."""
    return {k: v for k, v in environ.items() if not k.startswith("RAY_")}
