"""`sentinel doctor`: every part, one line each: ok, or what is wrong and what to do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from cli.config_check import database_of
from cli.home import Home
from cli.progress import Failed, say
from storage.migrate import current, newest
from storage.settings import Settings
from storage.watch import SILENT_S

Line = tuple[str, str]
FREE_GB = 2.0

BACKLOG = """
select (select count(*) from rt.host where expires_at > now() and not draining),
       (select coalesce(extract(epoch from now() - min(received_at)), 0)::float8 from rt.inbox where done_at is null),
       (select count(*) from rt.timer where due_at < now() - interval '30 seconds'),
       (select count(*) from rt.outbox where state in ('pending', 'sending', 'unknown')
                                         and due_at < now() - interval '60 seconds')
"""

WATCHED = """
select extract(epoch from now() - (select beat_at from watch.state))::float8,
       extract(epoch from now() - (select max(at) from watch.canary where seconds is not null))::float8,
       coalesce((select detail from watch.canary where seconds is null and at > now() - interval '10 minutes'
                  order by at desc limit 1), '')
"""
BREAKERS = """
select channel, provider, state, min(why), count(*) from watch.breaker where at > now() - interval '1 hour'
group by channel, provider, state order by 1, 2
"""
LATE_S = 180.0


def run(settings: Settings) -> int:
    """Exit status: 1 if anything failed."""
    failed = False
    for verdict, text in _checks(settings):
        failed = failed or verdict == "FAIL"
        say(f"  {verdict:<5} {text}")
    return 1 if failed else 0


def _checks(settings: Settings) -> Iterator[Line]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield ("ok" if sys.version_info >= (3, 11) else "FAIL"), f"Python {version} (3.11 or newer is needed)"
    free = shutil.disk_usage(settings.home if settings.home.exists() else ".").free / 1e9
    yield ("ok" if free > FREE_GB else "warn"), f"{free:.0f} GB free on the disk of {settings.home}"
    yield _channel("e-mail", settings.smtp_url, "SENTINEL_SMTP_URL")
    try:
        dsn = database_of(settings)
    except Failed as error:
        yield "FAIL", str(error)
        return
    yield from _database(dsn)
    yield _valkey(settings)


def _channel(name: str, value: str, variable: str) -> Line:
    return ("ok", f"{name} is configured") if value else ("warn", f"no {name} is sent: set {variable}")


def _valkey(settings: Settings) -> Line:
    home = Home(settings.home)
    url = settings.redis_url or str((home.read(home.urls) or {}).get("redis_url", ""))
    try:
        Redis.from_url(url, socket_timeout=2).ping()
    except (RedisError, OSError, ValueError) as error:
        return "warn", f"Valkey does not answer ({type(error).__name__}): consoles poll, pages are not affected"
    return "ok", "Valkey answers"


def _database(dsn: str) -> Iterator[Line]:
    try:
        with psycopg.connect(dsn, connect_timeout=5, autocommit=True) as connection:
            yield "ok", "the database answers"
            at, wanted = current(dsn), newest()
            yield ("ok" if at == wanted else "FAIL"), f"schema {at}, wanted {wanted}; sentinel migrate brings it there"
            hosts, oldest, overdue, stuck = connection.execute(BACKLOG).fetchone() or (0, 0.0, 0, 0)
            yield (
                ("ok" if hosts else "FAIL"),
                f"{hosts} host(s) alive; without one nobody is paged: look at log/hosts.log",
            )
            yield ("ok" if oldest < 10 else "FAIL"), f"oldest unprocessed message is {oldest:.0f} s old"
            yield ("ok" if not overdue else "FAIL"), f"{overdue} timer(s) more than 30 s late"
            yield ("ok" if not stuck else "warn"), f"{stuck} page(s) waiting for more than a minute"
            yield from _watched(connection)
            for entity, reason in connection.execute("select entity, reason from rt.quarantine"):
                yield "FAIL", f"{entity} is out of service: {reason}. Report it; its last resort was paged"
    except psycopg.Error as error:
        yield "FAIL", f"the database does not answer: {str(error).splitlines()[0]}"


def _watched(connection: psycopg.Connection[tuple[Any, ...]]) -> Iterator[Line]:
    beat, through, why = connection.execute(WATCHED).fetchone() or (None, None, "")
    if beat is None or beat > SILENT_S:
        yield "FAIL", "the watchdog does not run: nobody notices when the hosts stop; look at log/watchdog.log"
    else:
        yield "ok", "the watchdog runs"
    if through is None or through > LATE_S:
        said = "no test alert has come through yet" if through is None else f"the last one came {through:.0f} s ago"
        yield "warn", f"{said}{f' ({why})' if why else ''}: docs/runbook.md#canary-late"
    else:
        yield "ok", f"a test alert came through to its page {through:.0f} s ago"
    for channel, provider, state, reason, hosts in connection.execute(BREAKERS):
        text = f"{provider} ({channel}) is {state} on {hosts} host(s): {reason}; docs/runbook.md#provider-down"
        yield "warn", text
