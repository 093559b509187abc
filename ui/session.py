"""Who looks at a page, and how its state speaks with the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

import reflex as rx

from ui import then
from ui.gateway import Refused, ask, settings, take

OLD = "What is shown may be old."
RENEWING = asyncio.Semaphore(4)
"""So many pages renew themselves at a time: else neither alerts nor who clicks would get a turn at the gateway, and

no page be done before all of them are.
"""


class Session(rx.State):
    """`problem`: what went wrong last, for a person; "" if nothing did. `faults`: by the field (RFC 6901) that is to
    blame. `done`: what the last action came to. `leave_for`: where the browser is to go, out of the console's pages.

    What was taken to be edited is sent back with its ETag. `overtaken`: who saved in between, for a person, until they
    load anew or overwrite it; `overtaken_in`: in which part of the page. `taken`: counts what the page as a whole took,
    to be part of a form's key.
    """

    name: str = ""
    role: str = ""
    permissions: list[str] = []
    user_id: str = ""
    problem: str = ""
    faults: dict[str, str] = {}
    done: str = ""
    leave_for: str = ""
    overtaken: str = ""
    overtaken_in: str = ""
    taken: int = 0
    _tags: dict[tuple[str, str], str] = {}
    """ETags by part of the page and path."""
    _newer: tuple[tuple[str, str], str] = (("", ""), "")
    """Part and path that were refused, and the ETag of what is there now."""

    lives_in: str = ""
    locked: list[str] = []
    """Sections of the configuration that only a tree may change, and where that is."""
    as_of: str = ""
    """The time as of which the page shows the configuration; "": now."""

    @rx.var
    def then(self) -> str:
        """That time, for a person; "": now."""
        return then.words(self.as_of) if self.as_of else ""

    @rx.var
    def keep_then(self) -> str:
        """At the end of a link to a page of the same time."""
        return f"?as_of={quote(self.as_of, safe='')}" if self.as_of else ""

    @rx.var
    def may_respond(self) -> bool:
        """Whether to offer actions. The gateway decides, whatever is offered."""
        return "respond" in self.permissions

    @rx.var
    def may_configure(self) -> bool:
        """Whether to offer what changes the configuration, and looking after other people."""
        return "configure" in self.permissions

    @rx.var
    def may_admin(self) -> bool:
        """Whether to offer roles and everything else that only administrators do."""
        return "admin" in self.permissions

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """See ui.gateway.ask; with this person's session, and with its ETag what was taken to be edited."""
        return await self._asked("", method, path, body, query)

    async def replace(self, path: str, body: Any, part: str) -> Any:
        """PUT by one part of the page."""
        return await self._asked(part, "PUT", path, body, {})

    async def remove_taken(self, path: str, part: str) -> None:
        """DELETE by one part of the page."""
        await self._asked(part, "DELETE", path, None, {})

    async def _asked(self, part: str, method: str, path: str, body: Any, query: dict[str, Any]) -> Any:
        if self.as_of and then.asks(method, path):
            query = {**query, "as_of": self.as_of}
        here = (part, path)
        tag = self._tags.get(here, "") if method in ("PUT", "DELETE") else ""
        try:
            said = await ask(self.router.headers.cookie, method, path, body, tag, **query)
        except Refused as refused:
            if refused.status == 412:
                self.overtaken, self.overtaken_in = str(refused).partition(" Load it anew")[0], part
                self._newer = (here, refused.tag)
            raise
        if tag:
            await self._moved_on(here, tag)
        return said

    async def take(self, path: str, part: str = "") -> Any:
        """What is there, to be edited: what is sent there next is refused if somebody else saves before.

        `part`: of the page, where it has several that are saved apart.
        """
        if self.as_of:
            return await self.ask("GET", path)
        said, tag = await take(self.router.headers.cookie, path)
        self._tags = {**self._tags, (part, path): tag}
        if not part:
            self.taken += 1
        if self.overtaken_in == part:
            self.overtaken = ""
        return said

    async def _moved_on(self, here: tuple[str, str], tag: str) -> None:
        """Saved. Parts of the page that edit the same and were not overtaken have not been by this either."""
        self.overtaken = ""
        tags = {place: known for place, known in self._tags.items() if place != here}
        others = [place for place, known in tags.items() if known == tag and place[1] == here[1]]
        if others:
            tags |= dict.fromkeys(others, (await take(self.router.headers.cookie, here[1]))[1])
        self._tags = tags

    @rx.event
    def insist(self) -> None:
        """What is sent next overwrites what the person was told of, and nothing newer."""
        here, tag = self._newer
        self._tags = {**self._tags, here: tag}
        self.overtaken = ""

    @rx.event
    async def enter(self) -> Any:
        """Before a page is shown: who is it? The gateway has already turned away who is nobody."""
        self.clear()
        self.leave_for = self.overtaken = ""
        self._tags = {}
        self.as_of = self.router.url.query_parameters.get("as_of", "") if then.shows(self.page_path()) else ""
        try:
            me = await self.ask("GET", "/me")
        except Refused as refused:
            return self.refused(refused)
        await self._look_for_a_lock()
        self.name, self.role, self.user_id = me["name"], me["role"], me["user_id"] or ""
        # What was cannot be changed: the page is shown as to somebody who may only look.
        self.permissions = [p for p in me["permissions"] if p == "read" or not self.as_of]

    async def _look_for_a_lock(self) -> None:
        """Not for incidents, which are looked at while the database is away; nor in the past, where nothing changes."""
        self.lives_in, self.locked = "", []
        if self.as_of or self.page_path().startswith("/incidents"):
            return
        with suppress(Refused):  # what cannot be told now is told when somebody saves
            managed = await self.ask("GET", "/managed")
            self.lives_in, self.locked = managed["lives_in"], managed["locked"]

    @rx.event
    def broken(self) -> None:
        """The console itself failed at what was asked last."""
        self.problem = (
            "The console itself failed at this; incidents and pages go on without it. "
            "Load the page anew and look whether what you did is there."
        )

    def page_path(self) -> str:
        """The page's path as its route has it, without a slash at the end: the browser's may begin with a base."""
        return str(self.router.url.path).removeprefix(settings.base).rstrip("/")

    def clear(self) -> None:
        """Forget what the last action came to."""
        self.problem = self.done = ""
        self.faults = {}

    async def renew(self, load: Callable[[], Awaitable[None]]) -> Any:
        """What the page shows, anew and unasked: what the last action came to stays said."""
        try:
            async with RENEWING:
                await load()
        except Refused as refused:
            if refused.status == 401:
                return self.refused(refused)
            self.problem = f"{OLD} {refused}"
            return None
        if self.problem.startswith(OLD):
            self.problem = ""
        return None

    def refused(self, refused: Refused) -> Any:
        """Show why, or go and sign in."""
        if refused.status == 401:
            self.leave_for = f"/sign-in?next={quote(self.router.url.path, safe='')}"
            return None
        self.problem, self.faults = str(refused), refused.faults
        return None


Here = TypeVar("Here", bound=Session)
P = ParamSpec("P")


def told(handler: Callable[Concatenate[Here, P], Awaitable[Any]]) -> Callable[Concatenate[Here, P], Awaitable[Any]]:
    """Around an event handler (beneath `rx.event`): what the last action came to goes, and a Refused is shown."""

    @wraps(handler)
    async def safe(self: Here, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        self.clear()
        try:
            return await handler(self, *args, **kwargs)
        except Refused as refused:
            return self.refused(refused)

    return safe
