"""Nodes on one machine: network namespaces on a bridge, each with an address of its own, that can be cut off and healed.

Needs root and iproute2. Names and addresses are made from a number, so that two networks can stand side by side.
"""

from __future__ import annotations

import os
import shutil
import subprocess


def possible() -> bool:
    """Root, and `ip`."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


class Network:
    """Namespaces 1..`count`; this process itself is at `.254`."""

    def __init__(self, number: int, count: int) -> None:
        self._name = f"snt{number}"
        self._prefix = f"10.231.{number}"
        self.nodes = tuple(range(1, count + 1))
        self.address = f"{self._prefix}.254"

    def address_of(self, node: int) -> str:
        """Of a node."""
        return f"{self._prefix}.{node}"

    def inside(self, node: int) -> list[str]:
        """Command prefix that runs something on a node."""
        return ["ip", "netns", "exec", f"{self._name}-{node}"]

    def start(self) -> None:
        """Make bridge and namespaces."""
        self.stop()
        _ip("link", "add", self._name, "type", "bridge")
        _ip("addr", "add", f"{self.address}/24", "dev", self._name)
        _ip("link", "set", self._name, "up")
        for node in self.nodes:
            space, outer = f"{self._name}-{node}", f"{self._name}v{node}"
            _ip("netns", "add", space)
            _ip("link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("link", "set", outer, "master", self._name, "up")
            for command in (
                ("addr", "add", f"{self.address_of(node)}/24", "dev", "eth0"),
                ("link", "set", "lo", "up"),
                ("link", "set", "eth0", "up"),
            ):
                _ip("-n", space, *command)

    def cut(self, node: int) -> None:
        """Nothing goes in or out any more, and nobody is told."""
        _ip("link", "set", f"{self._name}v{node}", "down")

    def heal(self, node: int) -> None:
        """As before; what was under way is sent again by TCP."""
        _ip("link", "set", f"{self._name}v{node}", "up")

    def pids(self, node: int) -> list[int]:
        """Processes of a node."""
        told = subprocess.run(["ip", "netns", "pids", f"{self._name}-{node}"], capture_output=True, text=True)
        return [int(pid) for pid in told.stdout.split()]

    def stop(self) -> None:
        """Remove all of it; what is not there is no error."""
        for node in self.nodes:
            subprocess.run(["ip", "netns", "del", f"{self._name}-{node}"], capture_output=True)
        subprocess.run(["ip", "link", "del", self._name], capture_output=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
