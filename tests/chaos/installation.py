"""An installation to be hurt: the product as `make up` starts it, with a Postgres and a Valkey of ours beside it.

Database and feed are ours and not `sentinel up`'s so that they can be kept down; the product repairs its own.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from cli.embedded.postgres import EmbeddedPostgres, PostgresFailed
from cli.embedded.valkey import EmbeddedValkey
from tests.chaos import disk, processes
from tests.chaos.clock import SteppedClock, compiled
from tests.fakes.http_sink import HttpSink
from tests.fakes.smtp import SmtpServer
from tests.product import Product, step, until

WAITS_S = (6.0, 6.0, 600.0)
"""How long each step of the policy waits. The last person always answers."""

LATE = """
select (select count(*) from rt.inbox where done_at is null and received_at < now() - interval '2 seconds'),
       (select count(*) from rt.timer where due_at < now() - interval '2 seconds'),
       (select count(*) from rt.outbox where state in ('pending', 'unknown') and due_at < now() - interval '2 seconds'
            or state = 'sending' and claim_until < now() - interval '2 seconds'),
       (select count(*) from rt.shard s where s.id < 256
            and not exists (select from rt.host h where h.id = s.owner and h.expires_at > now()))"""


@dataclass(frozen=True, slots=True)
class Health:
    """`flows`: alerts are taken and nothing is late. `whole`: besides, every host runs and every shard has one."""

    flows: bool
    whole: bool
    why: str = ""


class Installation:
    """One product, its servers, the people's telephones (an HTTP sink) and mailboxes (an SMTP sink)."""

    wanted_hosts = 2
    keep = False
    """Whether logs and database stay in `base` at the end: of a run that broke a rule they are the only evidence."""

    def __init__(
        self, base: Path, *, stepped_clocks: bool = False, small_disk: bool = False, address: str = "127.0.0.1"
    ) -> None:
        self.base = base
        self.spool_disk = base / "spool"
        self._small_disk = small_disk
        self.sink, self.mail = HttpSink(address=address), SmtpServer(address=address)
        self.clocks: list[SteppedClock] = []
        """Of the product, and of the database; none if this run steps no clock."""
        if stepped_clocks:
            library = compiled(base)
            self.clocks = [SteppedClock(library, base / f"clock-{of}") for of in ("product", "database")]
        listens = "" if address == "127.0.0.1" else address
        self.postgres = EmbeddedPostgres(base / "pg", self.clocks[1].environ if self.clocks else {}, listens)
        self.valkey = EmbeddedValkey(base / "vk")
        self.product = Product(base / "home")
        self.webhook = ""

    def start(self) -> None:
        """Servers, product, three people, a policy of three steps."""
        if self._small_disk:
            disk.mount(self.spool_disk)
        self.sink.__enter__()
        self.mail.__enter__()
        self.postgres.start()
        self.valkey.start()
        environ = {
            "SENTINEL_SMTP_URL": self.mail.url,
            "SENTINEL_SMTP_FROM": "sentinel@example.org",
            "SENTINEL_HOSTS": str(self.wanted_hosts),
            "SENTINEL_ALLOW_ADDRESSES": self.sink.address,
            **(self.clocks[0].environ if self.clocks else {}),
            **({"SENTINEL_SPOOL": str(self.spool_disk / "gateway")} if self._small_disk else {}),
            **self.surroundings(),
        }
        self.product = Product(self.base / "home", **environ)
        self.product.start()
        people = [self._person(n) for n in range(len(WAITS_S))]
        steps = [step(user, wait) for user, wait in zip(people, WAITS_S, strict=True)]
        self.webhook = self.product.integration("chaos", "generic", steps)
        until("a whole installation", lambda: self.health().whole, 60)

    def surroundings(self) -> dict[str, str]:
        """Where the product finds its servers; whatever else it needs is started here."""
        return {"DATABASE_URL": self.postgres.dsn, "REDIS_URL": self.valkey.url}

    def _person(self, n: int) -> str:
        """Paged by webhook, and by mail if that has failed or nothing was heard for a minute."""
        user = self.product.person(f"Person{n}", "webhook", f"{self.sink.url}/{n}")
        mail = {"channel": "email", "label": "mail", "address": f"person{n}@example.org"}
        self.product.call("POST", f"/users/{user}/contact-methods", mail)
        contacts = self.product.call("GET", f"/users/{user}/contact-methods")["items"]
        delays = {"webhook": 0, "email": 60}
        rules = [{"contact_method_id": c["id"], "delay_s": delays[c["channel"]]} for c in contacts]
        self.product.call("PUT", f"/users/{user}/notification-rules", {"urgent": rules, "normal": rules})
        return user

    def stop(self) -> None:
        """End everything, orphans too."""
        with contextlib.suppress(Exception):
            self.product.stop()
        processes.tell(list(processes.of_home(self.product.home)), signal.SIGKILL)
        self.valkey.stop()
        self.postgres.stop()
        self.mail.__exit__()
        self.sink.__exit__()
        disk.unmount(self.spool_disk)

    # -- looking -------------------------------------------------------------------------------------

    @property
    def root_url(self) -> str:
        """Without a path."""
        return str(self.product.ready["api"]).removesuffix("/api/v1")

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows, or a psycopg.Error within seconds."""
        options = "-c statement_timeout=20s"
        with psycopg.connect(self.postgres.dsn, autocommit=True, connect_timeout=3, options=options) as connection:
            return connection.execute(statement.encode()).fetchall()

    def execute(self, statement: str) -> None:
        """Carry out statements that answer nothing."""
        with psycopg.connect(self.postgres.dsn, autocommit=True, connect_timeout=3) as connection:
            connection.execute(statement.encode())

    def health(self) -> Health:
        """Seen from outside: the gateway answers, nothing is late, every shard has a living owner, all hosts run."""
        try:
            answer = httpx.get(f"{self.root_url}/readyz", timeout=3, trust_env=False)
            if answer.status_code != 200:
                return Health(False, False, f"readyz {answer.status_code}")
            ((mail, timers, sends, orphaned),) = self.sql(LATE)
        except (httpx.HTTPError, psycopg.Error) as error:
            return Health(False, False, type(error).__name__)
        if mail or timers or sends:
            return Health(False, False, f"late: {mail} mail, {timers} timers, {sends} sends")
        living = [slot for slot, pid in self.hosts().items() if processes.alive(pid)]
        whole = len(living) >= self.wanted_hosts and not orphaned
        return Health(True, whole, "" if whole else f"hosts: {living}, {orphaned} shards without")

    def hosts(self) -> dict[str, int]:
        """Slot -> pid by the lease table, {} while the database is away."""
        try:
            rows = self.sql("select slot, id from rt.host where expires_at > now() order by started_at")
        except psycopg.Error:
            return {}
        return {slot: int(ident.split("/")[1]) for slot, ident in rows}

    def longest_wait(self, first: float, last: float) -> float:
        """Longest stay in the inbox of what came between two monotonic moments, seconds."""
        now = time.monotonic()
        ((seconds,),) = self.sql(
            "select coalesce(max(extract(epoch from done_at - received_at)), 0)::float8 from rt.inbox where received_at"
            f" between now() - interval '{now - first} s' and now() - interval '{max(0.0, now - last)} s'"
        )
        return float(seconds)

    def fenced(self) -> int:
        """Commits refused because their host no longer owned the shard, as the hosts logged them."""
        logs = self.product.home.joinpath("log").glob("host-*.log")
        return sum(log.read_text(errors="replace").count('"event": "fenced"') for log in logs)

    def pids(self, text: str) -> list[int]:
        """Our processes with `text` in the command line."""
        return processes.named(self.product.home, text)

    # -- the database --------------------------------------------------------------------------------

    def postgres_pid(self) -> int:
        """Of the postmaster."""
        return int((self.base / "pg" / "data" / "postmaster.pid").read_text().split()[0])

    def valkey_pid(self) -> int:
        """Of the server, found by its directory."""
        socket = str(self.base / "vk" / "vk.sock")
        return next(pid for pid, command in processes.everything().items() if "valkey" in command and socket in command)

    def revive_postgres(self) -> None:
        """Start again after a kill -9, as an init system would."""

        def again() -> bool:
            try:
                return self.postgres.ensure() or True
            except PostgresFailed:
                return False  # children of the killed one still hold its memory

        until("Postgres after its kill", again, 60)


@contextlib.contextmanager
def running(make: Callable[[Path], Installation]) -> Iterator[Installation]:
    """One that runs, in a directory of its own; removed at the end unless it is to be kept."""
    base = Path(tempfile.mkdtemp(prefix="snt-chaos-", dir="/tmp"))
    base.chmod(0o755)
    made = make(base)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        if not made.keep:
            shutil.rmtree(base, ignore_errors=True)
