"""The clock of whoever looks: the zone that their browser says it is in."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from ui.components.person import browser_zone
from ui.session import Session


class Viewer(Session, mixin=True):  # type: ignore[call-arg]
    """A page's state that shows or takes times on that clock. `viewer`: the zone."""

    viewer: str = "UTC"

    def _moved(self) -> Any:
        """What is to happen once another zone is known; nothing."""

    @rx.event
    async def see_from(self, zone: str) -> Any:
        """The zone of the browser; one that is not known here counts as UTC."""
        before = self.viewer
        try:
            self.viewer = ZoneInfo(zone).key
        except (KeyError, ValueError, OSError):
            self.viewer = "UTC"
        return self._moved() if self.viewer != before else None


def seen_from(on: Any) -> rx.Component:
    """Shows nothing; tells a page of `on`, which is a Viewer, where the browser is."""
    return browser_zone(on_zone=on.see_from)
