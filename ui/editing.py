"""Events of a page on which something is being typed: its draft changes at a path, and what it comes to is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import reflex as rx

from ui import drafts
from ui.gateway import Refused
from ui.session import Session, told


class Editing(Session, mixin=True):  # type: ignore[call-arg]
    """A page's state that is one of these has a `draft` (see ui/drafts.py) and says in `look` what it comes to.

    `saved`: the id of what it is of; "": it is new.
    """

    if TYPE_CHECKING:
        draft: Any
        saved: str

    async def send(self, method: str, path: str, body: Any, inside: str, lists: tuple[str, ...]) -> Any:
        """What is typed, to the API. Raises Refused, with the faults where they are; see drafts.faults_of."""
        try:
            return await self.ask(method, path, body)
        except Refused as refused:
            raise refused.at(drafts.faults_of(refused.faults, inside, lists)) from refused

    async def keep(
        self,
        resource: str,
        missing: Callable[[Any], dict[str, str]],
        body: Callable[[Any], Any],
        lists: tuple[str, ...],
    ) -> Any:
        """Save it, all of it or nothing, once nothing is missing. Answers it as saved, or None. Raises Refused."""
        self.faults = missing(self.draft)
        if self.faults:
            self.problem = "Nothing was saved: fill in what is marked."
            return None
        method, path = ("PUT", f"{resource}/{quote(self.saved, safe='')}") if self.saved else ("POST", resource)
        return await self.send(method, path, body(self.draft), "", lists)

    async def _change(self, how: Callable[..., Any], path: str, *more: Any) -> None:
        """The draft changed there by a function of ui/drafts.py. Of a field that has gone meanwhile nothing is left."""
        try:
            self.draft = how(self.draft, path, *more)
        except (LookupError, ValueError, TypeError):
            return
        await self.look()

    @rx.event
    @told
    async def put(self, path: str, value: Any) -> None:
        """Another value there."""
        await self._change(drafts.put, path, value)

    @rx.event
    @told
    async def drop(self, path: str) -> None:
        """Without what is there in its list."""
        await self._change(drafts.drop, path)

    @rx.event
    @told
    async def shift(self, path: str, by: int) -> None:
        """What is there, so many places later in its list."""
        await self._change(drafts.move, path, by)

    @rx.event
    @told
    async def toggle(self, path: str, item: str) -> None:
        """The item in the list there, or out of it."""
        await self._change(drafts.toggle, path, item)

    @rx.event
    @told
    async def add_window(self, path: str, zone: str) -> None:
        """One more window in the list there."""
        await self._change(drafts.add, path, drafts.new_window(zone))
