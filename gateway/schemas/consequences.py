"""What a change comes to for people, as answered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from domain.consequences import Consequence as DomainConsequence
from gateway.schemas.base import Output, moment


class Consequence(Output):
    """What it comes to for people in the next 60 days."""

    kind: Literal["uncovered", "covered", "on_call_now", "load", "incident"]
    words: str
    subject_id: str
    user_id: str
    start: datetime | None
    end: datetime | None
    hours: float
    nights: int

    @classmethod
    def of(cls, found: DomainConsequence) -> Consequence:
        """From the domain."""
        return cls(
            kind=found.kind,
            words=found.words,
            subject_id=found.subject,
            user_id=found.user,
            start=moment(found.start),
            end=moment(found.end),
            hours=found.hours,
            nights=found.nights,
        )
