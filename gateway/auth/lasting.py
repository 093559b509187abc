"""A websocket lasts no longer than the session or key that opened it."""

from __future__ import annotations

import asyncio

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection

from gateway.auth.principal import Unsure, holder_of
from gateway.services import Services

LOOK_S = 15.0
"""How long an open page goes on being fed after its session was ended elsewhere, or its person deactivated."""
SIGNED_OUT = 4401


async def until_ended(connection: HTTPConnection, services: Services, token: str = "") -> None:
    """Returns once nobody is signed in by it any more. While the database is away nobody is signed out."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            if await holder_of(connection, services, token) is None:
                return
        except (SQLAlchemyError, Unsure):
            continue
