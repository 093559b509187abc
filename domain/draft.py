"""A decision being made: events so far, the state they lead to, and what shall follow from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.configuration import Configuration
from domain.events import Paged
from domain.incident import Line
from domain.line import apply
from domain.notices import Notice
from domain.outage import OutagePage
from domain.people import ContactMethod
from domain.replacing import quick


@quick
@dataclass(frozen=True, slots=True)
class PageOrder:
    """One page to order. `contact` None: the contact method was removed since the rules were frozen.

    `repeats`: the page of an outage, of unknown outcome, that this one perhaps repeats.
    """

    delivery: str
    episode: int
    user_id: str
    contact_method_id: str
    contact: ContactMethod | None
    step: int
    round: int
    rule: int
    repeats: OutagePage | None = None


class Draft:
    """Collects the decision; `line` is always the state after the events so far.

    `new_id(n)` gives the deterministic id number n of this decision.
    """

    def __init__(self, line: Line, now: float, config: Configuration, new_id: Callable[[int | str], str]) -> None:
        self.line = line
        self.now = now
        self.config = config
        self.events: list[Any] = []
        self.timers: dict[str, float | None] = {}
        """Name -> when, or None to disarm."""
        self.pages: list[PageOrder] = []
        self.cancelled: dict[int, None] = {}
        """Episodes whose unsent pages are withdrawn."""
        self.withdrawn: dict[str, None] = {}
        """Deliveries that are withdrawn unless they are out."""
        self.tell: list[tuple[str, Any]] = []
        """Incident line -> what it is told."""
        self.notices: list[Notice] = []
        """To be told, not paged."""
        self.reply: dict[str, Any] | None = None
        self._new_id = new_id
        self._paged = 0

    def add(self, event: Any) -> None:
        """Something happened."""
        self.events.append(event)
        self._paged += isinstance(event, Paged)
        self.line = apply(self.line, event)

    def choice(self) -> str:
        """A seed for what is left to chance, the same whenever this decision is taken again."""
        return self._new_id("choice")

    def arm(self, name: str, at: float) -> None:
        """Have the timer fire at `at`, UTC epoch seconds."""
        self.timers[name] = at

    def disarm(self, name: str) -> None:
        """Have the timer not fire."""
        self.timers[name] = None

    def cancel_pages(self) -> None:
        """Withdraw unsent pages of the open episode, those of this decision included."""
        self.cancelled[self.line.episode] = None
        self.pages = [p for p in self.pages if p.episode != self.line.episode]

    def withdraw(self, delivery: str) -> None:
        """Withdraw one page unless it is out."""
        self.withdrawn[delivery] = None
        self.pages = [p for p in self.pages if p.delivery != delivery]

    def page(
        self,
        user_id: str,
        contact_method_id: str,
        contact: ContactMethod | None,
        rule: int,
        repeats: OutagePage | None = None,
    ) -> str:
        """Order a page; answers its delivery id."""
        delivery = self._new_id(f"page:{self._paged}")
        line = self.line
        self.pages.append(
            PageOrder(delivery, line.episode, user_id, contact_method_id, contact, line.step, line.round, rule, repeats)
        )
        return delivery
