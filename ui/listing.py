"""States of pages with a list and one form, which has one thing of the list or makes another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import reflex as rx

from ui.parts import only_look
from ui.session import Session, told

CLOSED, NEW = "", "new"
ANOTHER = ""


class Listing(Session, mixin=True):  # type: ignore[call-arg]
    """The form opens when it is asked for. `editing`: id of what is in it, NEW or CLOSED; `resource`: the API's path
    of the list."""

    resource: ClassVar[str]
    loaded: bool = False
    editing: str = CLOSED

    if TYPE_CHECKING:

        async def _load(self) -> None:
            """The list as it is now."""

    @rx.event
    def close(self) -> None:
        """Keep what was there."""
        self.clear()
        self.editing = CLOSED

    async def _send(self, body: Any, made: str, saved: str) -> None:
        """Another one, or this one with other words; then say so. Raises Refused."""
        if self.editing == NEW:
            await self.ask("POST", self.resource, body)
            said = made
        else:
            await self.ask("PUT", f"{self.resource}/{self.editing}", body)
            said = saved
        self.editing, self.done = CLOSED, said
        await self._load()

    @rx.event
    @told
    async def delete(self) -> None:
        """Refused while something names it."""
        await self.ask("DELETE", f"{self.resource}/{self.editing}")
        self.editing, self.done = CLOSED, "Deleted."
        await self._load()


class Beneath(Session, mixin=True):  # type: ignore[call-arg]
    """The form is always there, beneath the list. `editing`: id of what is in it, or ANOTHER; `nothing`: what it has

    for another one; `form_key`: a new one each time that other things are to be in it.
    """

    nothing: ClassVar[Mapping[str, str]]
    loaded: bool = False
    editing: str = ANOTHER
    form: dict[str, str] = {}
    form_key: int = 0

    def _open(self, ident: str, form: Mapping[str, str]) -> None:
        self.editing, self.form, self.form_key = ident, dict(form), self.form_key + 1

    def _empty(self) -> None:
        self._open(ANOTHER, self.nothing)

    @rx.event
    def close(self) -> None:
        """Keep what was there."""
        self.clear()
        self._empty()


def adding(on: Any, text: str) -> rx.Component:
    """Of a Listing: the button that opens the form empty; why it is not offered to who may only look."""
    return rx.fragment(
        rx.cond(
            on.may_configure & on.loaded & (on.editing == CLOSED),
            rx.el.p(rx.el.button(text, type="button", on_click=on.edit(NEW), class_name="first")),
        ),
        rx.cond(on.loaded, only_look(on.may_configure)),
    )
