"""Pages on their way: the product's rules of sending (`runtime.sending`) against providers that fail.

A page is claimed only while no acknowledgement of its incident waits; an unknown outcome is cleared up with the
provider before the next attempt; a page given up is told to its incident, which calls the next method.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from domain.configuration import Configuration
from domain.device import DeliveryReported
from domain.notify import contact_of
from domain.replacing import replace
from runtime.effects import Accepted, CannotTell, NotFound, Rejected
from runtime.entity import Decision, Effect, EffectFailed
from runtime.sending import after, failed, may_resend, uncertain
from runtime.store import OutboxRow, SendResult
from simulation.hosts import Hosted, Hosts
from simulation.outcome import Delivery
from simulation.providers import DEDUPES, Providers

POLL_S = 1.0
GONE = "the contact method or its owner was removed or disabled since the page was ordered"


class Paging:
    """Every page of the run. `reached(delivery)` is called at the moment a page reaches its person."""

    def __init__(self, hosts: Hosts, providers: Providers, reached: Callable[[Delivery], None]) -> None:
        self._hosts = hosts
        self._providers = providers
        self._reached = reached
        self._rows: dict[str, OutboxRow] = {}
        """Those that may still be sent."""
        self._open: dict[tuple[str, str], list[str]] = {}
        self._named: dict[tuple[object, ...], int] = {}
        self.trouble: dict[str, tuple[object, ...]] = {}
        """Incident line -> the name of its present trouble, the same in every run of the seed."""
        hosts.on_effect = self.order
        hosts.on_cancel = self.withdraw

    def order(self, hosted: Hosted, effect: Effect, decision: Decision) -> None:
        """A page was decided on. Notices are not played: nobody answers them."""
        if effect.kind != "page":
            return
        clock, body = self._hosts.clock, dict(effect.body)
        entity, user = hosted.name, str(body["user_id"])
        name = (*self.trouble.get(entity, (entity,)), user, str(body["contact_method_id"]))
        count = self._named[name] = self._named.get(name, 0) + 1
        episode = int(str(body["incident_id"]).rpartition("-")[2])
        delivery = Delivery(effect.id, entity, episode, user, effect.channel, clock.now, (*name, str(count)))
        self._hosts.outcome.deliveries[effect.id] = delivery
        self._rows[effect.id] = OutboxRow(
            effect.id, entity, hosted.shard, effect.kind, effect.channel, body, "pending", 0, 0, clock.now
        )
        self._open.setdefault((entity, effect.group), []).append(effect.id)
        clock.at(clock.now, self._attempt, hosted, delivery)

    def withdraw(self, hosted: Hosted, group: str) -> None:
        """Unsent pages of the group, or the one with this id, are taken back."""
        for ident in [group] if group in self._rows else self._open.pop((hosted.name, group), []):
            if ident in self._rows:
                self._settle(ident, "cancelled")

    def _settle(self, ident: str, state: str) -> None:
        self._rows.pop(ident, None)
        self._hosts.outcome.deliveries[ident].state = state

    def _attempt(self, hosted: Hosted, delivery: Delivery) -> None:
        row, clock = self._rows.get(delivery.id), self._hosts.clock
        if row is None:
            return
        if hosted.halting:
            clock.at(clock.now + POLL_S, self._attempt, hosted, delivery)
            return
        result = self._outcome(row, delivery)
        delivery.state, delivery.unknowns = result.state, delivery.unknowns + result.unknown
        if result.due_at is None:
            del self._rows[delivery.id]
        else:
            self._rows[delivery.id] = replace(
                row,
                state=result.state,
                attempts=row.attempts + 1,
                unknowns=row.unknowns + result.unknown,
                due_at=result.due_at,
            )
            clock.at(result.due_at, self._attempt, hosted, delivery)
        self._told(result)

    def _outcome(self, row: OutboxRow, delivery: Delivery) -> SendResult:
        providers, now = self._providers, self._hosts.clock.now
        if not usable(self._hosts.env, row.body):
            return after(row, Rejected(GONE), now, tried=True)
        if uncertain(row):
            answer: Accepted | NotFound | CannotTell = providers.look_up(row.id, row.channel, delivery.name)
            if isinstance(answer, Accepted):
                return after(row, answer, now, tried=False)
            if not may_resend(row, answer, row.channel in DEDUPES):
                return failed(row, "outcome unknown twice")
        take = providers.take(row.id, row.channel, row.attempts + 1, delivery.name, now)
        delivery.attempts.append(now)
        if take.reached_at is not None:
            self._arrives(row, delivery, take.reached_at)
        return after(row, take.outcome, now, tried=True)

    def _arrives(self, row: OutboxRow, delivery: Delivery, at: float) -> None:
        receipt = self._providers.receipt(row.channel, delivery.name, at)
        if receipt is None or receipt.ok:
            self._hosts.clock.at(at, self._reach, delivery)
        if receipt is not None:
            for told_at in receipt.at:
                self._hosts.clock.at(told_at, self._report, row, receipt.ok)

    def _reach(self, delivery: Delivery) -> None:
        delivery.reached.append(self._hosts.clock.now)
        self._reached(delivery)

    def _report(self, row: OutboxRow, ok: bool) -> None:
        """A receipt of the provider: to the device always, to the incident if the page did not arrive."""
        device = f"device/{row.body['contact_method_id']}"
        self._hosts.outcome.deliveries[row.id].receipts.append(self._hosts.clock.now)
        if ok:
            report = DeliveryReported(row.id, True, "", self._hosts.clock.now)
            self._hosts.tell(device, report, f"receipt:{row.id}:ok")
            return
        self._settle(row.id, "failed")
        self._told(failed(row, "the provider reports that it was not delivered"))

    def _told(self, result: SendResult) -> None:
        if result.tell is not None:
            message = msgspec.json.decode(result.tell.body, type=EffectFailed)
            self._hosts.tell(result.tell.entity, message, result.tell.dedup)


def usable(config: Configuration, body: dict[str, Any]) -> bool:
    """True while the page's person and contact method are still there, as at the moment of sending."""
    user = config.called(str(body["user_id"]))
    contact = contact_of(user, str(body["contact_method_id"])) if user is not None else None
    return user is not None and user.active and contact is not None and contact.enabled
