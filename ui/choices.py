"""What one can choose from in forms: [id, name] of policies, services, teams."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ui.session import Session


async def named(session: Session, path: str) -> list[list[str]]:
    """Of a list of the API, in its order. Raises Refused."""
    return [[item["id"], item["name"]] for item in (await session.ask("GET", path))["items"]]


def optional(none: str, options: rx.Var[list[list[str]]], **attributes: Any) -> rx.Component:
    """A select that may stay open. `none`: what that means."""
    items = rx.foreach(options, lambda item: rx.el.option(item[1], value=item[0]))
    return rx.el.select(rx.el.option(none, value=""), items, **attributes)
