"""The faults. Each is a function of the installation and seeded dice: it hurts, mends what is its to mend, and says what it did.

What the product, Ray or an init system must mend is left to them; the run measures how long that takes.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.chaos import processes
from tests.chaos.installation import Installation
from tests.product import until

Fault = Callable[[Installation, random.Random], str]
FOLLOW_S = 60.0
"""How long hosts are waited for to end after what they depend on."""
ROOT = Path(__file__).parents[2]


def host_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of one host."""
    slot, pid = dice.choice(sorted(it.hosts().items()))
    processes.tell([pid], signal.SIGKILL)
    return slot


def hosts_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of every host at once."""
    hosts = it.hosts()
    processes.tell(list(hosts.values()), signal.SIGKILL)
    return ", ".join(sorted(hosts))


def host_frozen(it: Installation, dice: random.Random) -> str:
    """SIGSTOP of a host for longer than its lease; then it goes on with its old memory."""
    slot, pid = dice.choice(sorted(it.hosts().items()))
    frozen_s = dice.uniform(8, 14)
    processes.tell([pid], signal.SIGSTOP)
    time.sleep(frozen_s)
    processes.tell([pid], signal.SIGCONT)
    return f"{slot} for {frozen_s:.0f} s"


def gateway_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of the gateway."""
    return _kill(it, "-m gateway")


def console_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of the console, which people look at and which nothing waits for."""
    killed = _kill(it, " -m ui")
    until("a new console", lambda: it.pids(" -m ui"), 30)
    return killed


def supervisor_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of the hosts' supervisor, who owns the local Ray: its hosts end with it."""
    return _kill_with_hosts(it, "-m runtime.hosts")


def raylet_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of the raylet: for Ray this node is dead, and its hosts end."""
    return _kill_with_hosts(it, "/raylet/raylet ")


def _kill_with_hosts(it: Installation, command: str) -> str:
    """kill -9 of what hosts depend on; they end seconds later, and only then has recovery anything to mend."""
    hosts, killed, began = list(it.hosts().values()), _kill(it, command), time.monotonic()
    while any(map(processes.alive, hosts)) and time.monotonic() - began < FOLLOW_S:
        time.sleep(0.1)
    left = sum(map(processes.alive, hosts))
    return f"{killed}, hosts " + (f"that live on: {left}" if left else f"ended {time.monotonic() - began:.1f} s later")


def gcs_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of Ray's head process, and then of a host, which Ray can no longer replace."""
    head = _kill(it, "/gcs/gcs_server ")
    time.sleep(3)
    return f"{head}, then {host_killed(it, dice)}"


def postgres_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of Postgres, started again at once."""
    pid = it.postgres_pid()
    processes.tell([pid], signal.SIGKILL)
    until("Postgres' end", lambda: not processes.alive(pid), 10)  # else it is found running and left alone
    it.revive_postgres()
    return f"pid {pid}"


def postgres_down(it: Installation, dice: random.Random) -> str:
    """Postgres shut down for a while: connections are refused."""
    away_s = dice.uniform(20, 60)
    it.postgres.stop()
    time.sleep(away_s)
    it.postgres.start()
    return f"for {away_s:.0f} s"


def postgres_frozen(it: Installation, dice: random.Random) -> str:
    """Every process of Postgres stopped for a while: connections hang."""
    away_s = dice.uniform(20, 40)
    pids = processes.family(it.postgres_pid())
    processes.tell(pids, signal.SIGSTOP)
    time.sleep(away_s)
    processes.tell(pids, signal.SIGCONT)
    return f"for {away_s:.0f} s"


def valkey_killed(it: Installation, dice: random.Random) -> str:
    """kill -9 of Valkey; back after some seconds."""
    away_s = dice.uniform(3, 10)
    processes.tell([it.valkey_pid()], signal.SIGKILL)
    time.sleep(away_s)
    until("Valkey after its kill", it.valkey.ensure, 30)
    return f"for {away_s:.0f} s"


def provider_brown_out(it: Installation, dice: random.Random) -> str:
    """The telephone provider answers 500, or late, or hangs up without an answer."""
    how, lasts_s = dice.choice(("status 500", "holds 8 s", "hangs up")), dice.uniform(6, 12)
    sink = it.sink
    sink.status = 500 if how == "status 500" else 200
    sink.hold_s = 8.0 if how == "holds 8 s" else 0.0
    sink.drop_after_reading = how == "hangs up"
    time.sleep(lasts_s)
    sink.status, sink.hold_s, sink.drop_after_reading = 200, 0.0, False
    return f"{how} for {lasts_s:.0f} s"


def shards_taken(it: Installation, dice: random.Random) -> str:
    """One host's shards are given to the other while it works on: what a jump of the database's clock would do."""
    slot, pid = dice.choice(sorted(it.hosts().items()))
    it.execute(
        "update rt.shard s set epoch = epoch + 1, owner = (select h.id from rt.host h where h.slot <> "
        f"'{slot}' and h.expires_at > now() order by h.started_at desc limit 1) where s.owner like '{slot}/{pid}/%'"
    )
    return f"of {slot}"


def rolling_restart(it: Installation, dice: random.Random) -> str:
    """What an upgrade does: the schema grows under load, `sentinel migrate`, the gateway, then one host after the other."""
    column = f"chaos_{dice.getrandbits(32)}"
    for table in ("rt.outbox", "rt.inbox", "rt.journal"):
        it.execute(f"set lock_timeout = '2s'; alter table {table} add column {column} text")
    environ = it.product.environ
    subprocess.run([sys.executable, "-m", "cli", "migrate"], env=environ, cwd=ROOT, check=True, capture_output=True)
    old = it.pids("-m gateway")
    processes.tell(old, signal.SIGTERM)
    until("the new gateway", lambda: not set(old) & set(it.pids("-m gateway")) and _answers(it), 60)
    before = it.hosts()
    processes.tell(it.pids("-m runtime.hosts"), signal.SIGHUP)
    until("new hosts", lambda: len(h := it.hosts()) >= len(before) and not set(h.values()) & set(before.values()), 90)
    return f"gateway, {', '.join(sorted(before))}"


def _kill(it: Installation, command: str) -> str:
    """kill -9 of our processes with this in their command line; there must be one."""
    pids = it.pids(command)
    if not pids:
        raise AssertionError(f"no process {command!r} to kill")
    processes.tell(pids, signal.SIGKILL)
    return f"pid {', '.join(map(str, pids))}"


def _answers(it: Installation) -> bool:
    try:
        return httpx.get(f"{it.root_url}/readyz", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        host_killed,
        hosts_killed,
        host_frozen,
        gateway_killed,
        console_killed,
        supervisor_killed,
        raylet_killed,
        gcs_killed,
        postgres_killed,
        postgres_down,
        postgres_frozen,
        valkey_killed,
        provider_brown_out,
        shards_taken,
        rolling_restart,
    )
}
