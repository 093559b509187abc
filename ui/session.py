"""Who looks at a page, and how its state speaks with the gateway."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import reflex as rx

from ui.gateway import Refused, ask

RESPOND = ("responder", "manager", "admin")


class Session(rx.State):
    """`problem`: what went wrong last, for a person; "" if nothing did."""

    name: str = ""
    role: str = ""
    user_id: str = ""
    problem: str = ""

    @rx.var
    def may_respond(self) -> bool:
        """Whether to offer actions. The gateway decides, whatever is offered."""
        return self.role in RESPOND

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """See ui.gateway.ask; with this person's session."""
        return await ask(self.router.headers.cookie, method, path, body, **query)

    @rx.event
    async def enter(self) -> Any:
        """Before a page is shown: who is it? The gateway has already turned away who is nobody."""
        self.problem = ""
        try:
            me = await self.ask("GET", "/me")
        except Refused as refused:
            return self.refused(refused)
        self.name, self.role, self.user_id = me["name"], me["role"], me["user_id"] or ""

    def refused(self, refused: Refused) -> Any:
        """Show why, or go and sign in."""
        if refused.status == 401:
            return rx.redirect(f"/sign-in?next={quote(self.router.url.path, safe='')}", is_external=True)
        self.problem = str(refused)
        return None
