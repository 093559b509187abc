"""`python -m runtime.leave`, before a node of the Ray cluster is shut down: its hosts hand over first.

Run on that node, or with `--node` and its address. Needs Ray's address only (RAY_ADDRESS, else the cluster that this
machine belongs to). From then on the node takes no more hosts, of no installation. Without this its end is a crash
like any other: nothing is lost, but its shards wait for the end of a lease.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading

from runtime.cluster import leave

GIVE_UP_S = 25.0
"""Ray asks a head that is gone for ever, and whoever stops a node waits: Kubernetes 30 s by default."""


def main() -> int:
    """Exit status 1 if a host did not hand over in time: its shards move when its lease ends."""
    parser = argparse.ArgumentParser(description="Have a node's hosts hand over before the node is shut down.")
    parser.add_argument("--node", default="", help="the node's address as Ray knows it; this machine's if not given")
    node = parser.parse_args().node
    deadline = threading.Timer(GIVE_UP_S, give_up)
    deadline.daemon = True
    deadline.start()
    left, late = leave(os.environ.get("RAY_ADDRESS") or "auto", node)
    deadline.cancel()
    sys.stdout.write(json.dumps({"event": "node_left", "hosts": left, "not_in_time": late}) + "\n")
    return 1 if late else 0


def give_up() -> None:
    """End this process: the node goes without a hand-over."""
    told = {"event": "node_not_left", "why": f"Ray does not answer within {GIVE_UP_S:.0f} s"}
    os.write(1, json.dumps(told).encode() + b"\n")
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
