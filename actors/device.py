"""One contact method: learns from the outcomes of pages whether it can be relied on."""

from __future__ import annotations

from typing import Any, ClassVar

from domain.device import DeliveryFailed, DeliveryReported, DeliverySucceeded, Health, apply
from runtime.entity import Ctx, Decision, Isolation, Record


class Device:
    """Health of one address."""

    kind: ClassVar[str] = "device"
    state_type: ClassVar[type] = Health
    messages: ClassVar[tuple[type, ...]] = (DeliveryReported,)
    events: ClassVar[tuple[type, ...]] = (DeliverySucceeded, DeliveryFailed)
    version: ClassVar[int] = 1
    idle_s: ClassVar[float] = 60.0
    max_pending: ClassVar[int] = 1_000
    isolation: ClassVar[Isolation] = "shared"

    def new(self, key: str) -> Health:
        return Health()

    def apply(self, state: Health, event: Any) -> Health:
        return apply(state, event)

    def closed(self, state: Health) -> bool:
        return False

    def upcast(self, version: int, state: dict[str, Any]) -> dict[str, Any]:
        return state

    def decide(self, state: Health, message: Any, ctx: Ctx) -> Decision:
        match message:
            case DeliveryReported(delivery, True, _, at):
                event: Any = DeliverySucceeded(delivery, at)
            case DeliveryReported(delivery, False, reason, at, gone):
                event = DeliveryFailed(delivery, reason, at, gone)
            case _:
                return Decision()
        after = apply(state, event)
        shown = {
            "failing": after.failing,
            "failures": after.failures,
            "last_success_at": after.last_success_at,
            "last_failure_at": after.last_failure_at,
            "last_reason": after.last_reason,
            "gone_since": after.gone_since,
            "gone_at": after.gone_at,
        }
        facets = {"failing": after.failing, "gone": after.gone_since is not None}
        return Decision(events=[event], records=[Record(str(ctx.entity), facets, shown)])
