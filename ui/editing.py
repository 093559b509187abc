"""Events of a page on which something is being typed: its draft changes at a path, and what it comes to is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import reflex as rx

from ui import drafts
from ui.session import Session, told


class Editing(Session, mixin=True):  # type: ignore[call-arg]
    """A page's state that is one of these has a `draft` (see ui/drafts.py) and says in `look` what it comes to."""

    if TYPE_CHECKING:
        draft: Any

    @rx.event
    @told
    async def put(self, path: str, value: Any) -> None:
        """Another value there."""
        self.draft = drafts.put(self.draft, path, value)
        await self.look()

    @rx.event
    @told
    async def drop(self, path: str) -> None:
        """Without what is there in its list."""
        self.draft = drafts.drop(self.draft, path)
        await self.look()

    @rx.event
    @told
    async def shift(self, path: str, by: int) -> None:
        """What is there, so many places later in its list."""
        self.draft = drafts.move(self.draft, path, by)
        await self.look()

    @rx.event
    @told
    async def toggle(self, path: str, item: str) -> None:
        """The item in the list there, or out of it."""
        self.draft = drafts.toggle(self.draft, path, item)
        await self.look()

    @rx.event
    @told
    async def add_window(self, path: str, zone: str) -> None:
        """One more window in the list there."""
        self.draft = drafts.add(self.draft, path, drafts.new_window(zone))
        await self.look()
