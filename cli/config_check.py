"""`sentinel config check`: what in the configuration would keep a page from reaching a human."""

from __future__ import annotations

import asyncio

from cli.home import Home
from cli.progress import Failed, say
from domain.configuration import Configuration
from domain.notify import last_resort, people, reachable, unverified
from storage import configuration
from storage.db import make_engine
from storage.sealed import Sealer
from storage.settings import Settings


def database_of(settings: Settings) -> str:
    """DATABASE_URL, or the embedded database of a running home. Raises Failed."""
    if settings.database_url:
        return settings.database_url
    home = Home(settings.home)
    urls = home.read(home.urls)
    if home.read(home.ready) is None or urls is None:
        raise Failed(f"nothing runs from {home.path}; start with make up, or set DATABASE_URL")
    return str(urls["database_url"])


def check(settings: Settings) -> int:
    """Exit status: 1 if there is a problem."""
    problems = asyncio.run(_problems(settings))
    for problem in problems:
        say(f"  problem: {problem}")
    say("No problem found." if not problems else f"{len(problems)} problem(s).")
    return 1 if problems else 0


async def _problems(settings: Settings) -> list[str]:
    engine = make_engine(database_of(settings))
    try:
        config = await configuration.load(engine, Sealer.of(settings))
        now = 0.0
        async with engine.connect() as connection:
            now = float((await connection.exec_driver_sql("select extract(epoch from now())")).scalar_one())
    finally:
        await engine.dispose()
    return lint(config, now)


def lint(config: Configuration, now: float) -> list[str]:
    """One line per problem, with what to do."""
    found: list[str] = []
    if not config.last_resort:
        found.append("no last resort is set: set one with PUT /api/v1/last-resort")
    elif not last_resort(config, now):
        found.append("nobody can be reached at all: give a user an enabled contact method")
    for user in config.users.values():
        if user.active and not reachable(user):
            found.append(f"{user.name} has no enabled contact method: pages to them are passed over")
        elif user.active and unverified(user):
            found.append(f"{user.name} has no verified contact method: nobody knows whether pages reach them")
    for policy in config.policies.values():
        for n, step in enumerate(policy.steps):
            if step.targets and not any(reachable(config.users.get(u)) for u in people(config, step.targets, now)):
                found.append(f"step {n + 1} of policy {policy.name!r} reaches nobody now: it would be passed over")
    return found
