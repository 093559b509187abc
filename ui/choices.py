"""What one can choose from in forms: [id, name] of policies, services, teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import reflex as rx

from ui.session import Session


async def named(session: Session, path: str) -> list[list[str]]:
    """Of a list of the API, in its order. Raises Refused."""
    return [[item["id"], item["name"]] for item in (await session.ask("GET", path))["items"]]


async def offered(session: Session, path: str) -> list[list[str]]:
    """The same without Sentinel's own, the canary's policy and integration: nobody chooses them. Raises Refused."""
    own = (await session.ask("GET", "/standing"))["built_in"]
    return [choice for choice in await named(session, path) if choice[0] not in own]


async def people(session: Session) -> list[list[str]]:
    """Who can be called or asked: not who has left, nor the canary, where nobody is. Raises Refused."""
    users = (await session.ask("GET", "/users"))["items"]
    return callable_of(users)


def callable_of(users: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The same of users as the API lists them."""
    return [[u["id"], u["name"]] for u in users if u["active"] and not u["synthetic"]]


def optional(none: str, options: rx.Var[list[list[str]]], **attributes: Any) -> rx.Component:
    """A select that may stay open. `none`: what that means."""
    items = rx.foreach(options, lambda item: rx.el.option(item[1], value=item[0]))
    return rx.el.select(rx.el.option(none, value=""), items, **attributes)
