"""A composition root of its own for hosts on real Ray: counters, one kind in processes of its own, and a message that kills."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

from runtime.entity import Ctx, Decision
from runtime.registry import Registry
from tests.contract.test_host import Isolated, NoEnv, Notes, nothing, quarantined
from tests.unit.counter import Add, Counter


@dataclass(frozen=True, slots=True)
class Kill:
    """Its decision ends the process, as a fault in a C library would."""


class Mortal(Counter):
    kind: ClassVar[str] = "mortal"
    messages: ClassVar[tuple[type, ...]] = (Add, Kill)

    def decide(self, state: Any, message: Any, ctx: Ctx) -> Decision:
        if isinstance(message, Kill):
            os._exit(13)
        return super().decide(state, message, ctx)


def registry() -> Registry:
    """What `runtime.hosts --registry` names."""
    return Registry((Counter(), Isolated(), Mortal()), {"note": Notes()}, NoEnv(), quarantined, nothing)
