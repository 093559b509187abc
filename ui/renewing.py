"""One person's page about who is on call: told that something was saved or a shift ended, it loads itself anew."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import reflex as rx

from ui.calendar import next_change
from ui.components.live import rota_watch
from ui.session import Session
from ui.viewer import Viewer, seen_from

BEHIND_S = 1.1
"""By then every gateway knows what one of them was told; the console may ask another than the browser does."""


class Renewing(Viewer, Session, mixin=True):  # type: ignore[call-arg]
    """`next_at`: the next hand-over of any schedule, `next_in` seconds after it was asked for."""

    loaded: bool = False
    next_at: str = ""
    next_in: float = 0.0
    _told: int = 0
    """The version of the configuration that the page was told of; 0: none."""

    if TYPE_CHECKING:
        load: Any

        async def _load_names(self) -> None:
            """Of people and teams."""

        async def _load(self) -> None:
            """Everything else."""

    async def _begin(self) -> None:
        """Everything, as it is now."""
        self._told = 0
        await self._load_all()

    @rx.event
    async def refresh(self, people: bool, version: int) -> Any:
        """This `version` was saved, or a shift ended; what is typed stays. `people`: names may be others, too."""
        self._told = version
        return await self.renew(self._load_all if people else self._load)

    async def _load_all(self) -> None:
        await self._load_names()
        await self._load()

    async def _standing(self) -> Any:
        """Who is on call, as it is in what the page was told of or later. Raises Refused."""
        found = await self.ask("GET", "/on-call")
        if found["version"] < self._told and not self.as_of:
            await asyncio.sleep(BEHIND_S)
            found = await self.ask("GET", "/on-call")
        self.next_at, self.next_in = next_change((d["until"] for d in found["items"]), found["at"])
        return found

    def _moved(self) -> Any:
        return type(self).load if self.loaded else None


def watching(on: Any) -> rx.Component:
    """Shows nothing; keeps a page of `on`, which is Renewing, as it is now."""
    return rx.fragment(
        seen_from(on),
        rota_watch(until=on.next_at, seconds=on.next_in, on_change=on.refresh),
    )
