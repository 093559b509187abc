"""What commands that ask the database share: its configuration, its clock, and what people mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from cli.config_check import database_of
from cli.progress import Failed
from domain.calendar import utc
from domain.configuration import Configuration
from domain.errors import Invalid
from storage import configuration
from storage.as_of import check_known, session_at
from storage.db import make_engine, sessions
from storage.sealed import Sealer
from storage.settings import Settings


class Named(Protocol):
    """Anything of the configuration that people call by its name."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


async def asked(settings: Settings, as_of: float | None = None) -> tuple[Configuration, float]:
    """The saved configuration, and now by the database's clock; with `as_of` (UTC epoch seconds) of that time.

    Raises Failed if there is no database, or nothing is known of that time.
    """
    engine = make_engine(database_of(settings))
    try:
        if as_of is None:
            return await configuration.load(engine, Sealer.of(settings)), await now_of(engine)
        return await known_then(engine, Sealer.of(settings), as_of), as_of
    finally:
        await engine.dispose()


async def known_then(engine: AsyncEngine, sealer: Sealer, at: float) -> Configuration:
    """The configuration of a time, UTC epoch seconds. Raises Failed if nothing is known of it."""
    try:
        await check_known(sessions(engine), utc(at))
    except Invalid as error:
        raise Failed(f"--as-of: {error.message}") from error
    async with session_at(sessions(engine), utc(at)) as session:
        return await configuration.load_in(session, sealer)


async def now_of(engine: AsyncEngine) -> float:
    """UTC epoch seconds."""
    async with engine.connect() as connection:
        return float((await connection.exec_driver_sql("select extract(epoch from now())")).scalar_one())


def found(what: str, things: Mapping[str, T], text: str) -> T:
    """By id, else by its only bearer's name. Raises Failed, saying what there is."""
    if text in things:
        return things[text]
    named = [thing for thing in things.values() if thing.name.lower() == text.lower()]
    if len(named) == 1:
        return named[0]
    known = ", ".join(sorted(repr(thing.name) for thing in things.values())) or "none"
    raise Failed(f"no {what}, or more than one, has the id or name {text!r}; there is {known}")
