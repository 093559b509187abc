"""Figures over a period. Durations in seconds; null where there is nothing to measure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from domain.period import Period
from gateway.schemas.base import Output, moment

By = Literal["severity", "service", "team"]
Unit = Literal["day", "week", "month"]


class Report(Output):
    """What every report says of itself."""

    start: datetime
    end: datetime
    zone: str


def of_period(period: Period) -> dict[str, Any]:
    """The fields of Report."""
    return {"start": moment(period.start), "end": moment(period.end), "zone": period.zone}


class Spread(Output):
    """Of durations in seconds."""

    mean: float | None
    median: float | None
    p90: float | None = Field(description="Nine of ten were at most so long")

    @classmethod
    def of(cls, row: Mapping[str, Any], name: str) -> Spread:
        return cls.model_validate({k: row[f"{name}_{k}"] for k in ("mean", "median", "p90")})


class ResponseGroup(Output):
    """Incidents opened in the period. `key` "": of no service, or no team.

    `to_acknowledge`: from opening to the first acknowledgement, of those that were; `to_resolve` likewise.
    """

    key: str
    name: str
    incidents: int
    acknowledged: int
    resolved: int
    to_acknowledge: Spread
    to_resolve: Spread

    @classmethod
    def of(cls, row: Mapping[str, Any], name: str) -> ResponseGroup:
        counts = {k: row[k] for k in ("incidents", "acknowledged", "resolved")}
        spreads = {"to_acknowledge": Spread.of(row, "mtta"), "to_resolve": Spread.of(row, "mttr")}
        return cls.model_validate({"key": row["key"] or "", "name": name, **counts, **spreads})


class ResponseReport(Report):
    """MTTA and MTTR."""

    by: By
    total: ResponseGroup
    groups: list[ResponseGroup]


class Series(Output):
    """How many opened in each unit."""

    key: str
    name: str
    counts: list[int]


class OverTimeReport(Report):
    """Incidents by the unit in which they opened. `first_days`: the first local day of each."""

    by: By
    unit: Unit
    first_days: list[date]
    series: list[Series]


class PersonPages(Output):
    """Pages that went out to somebody, by the wall clock of their own zone.

    `night`: between 22:00 and 07:00. `off_hours`: at night, at a weekend, or on a holiday of one of their schedules.
    """

    user_id: str
    name: str
    pages: int
    incidents: int
    night: int
    weekend: int
    holiday: int
    off_hours: int


class PeopleReport(Report):
    """Who was paged most comes first."""

    items: list[PersonPages]


class Noisy(Output):
    """Incidents with one title from one integration. Shares from 0 to 1.

    `never_acted_share`: nobody acknowledged them and nobody resolved them: they came and went by themselves.
    """

    title: str
    integration_id: str
    integration: str
    incidents: int
    acknowledged_share: float
    never_acted_share: float
    median_s: float | None = Field(description="From opening to resolution")


class NoiseReport(Report):
    """The fifty most frequent."""

    items: list[Noisy]


class ChannelDelivery(Output):
    """Pages ordered in the period. `sent`: the provider said yes; of these `delivered`: the person's device did.

    `success`: sent, of those that were not withdrawn. Seconds from the order to the provider's yes.
    """

    channel: str
    ordered: int
    sent: int
    delivered: int
    failed: int
    unknown: int
    withdrawn: int
    repeated: int = Field(description="Took more than one attempt")
    success: float | None
    median_s: float | None
    p90_s: float | None
    p99_s: float | None


class DeliveryReport(Report):
    """By channel."""

    items: list[ChannelDelivery]


class CanaryUnit(Output):
    """Test alerts of a day, week or month."""

    first_day: date
    flown: int
    through: int
    median_s: float | None


class CanaryReport(Report):
    """The service level: test alerts that came through from the public URL to a page. They are kept for 30 days.

    `since`: when the first of them flew; null: none did.
    """

    unit: Unit
    flown: int
    through: int
    success: float | None
    median_s: float | None
    p99_s: float | None
    since: datetime | None
    units: list[CanaryUnit]
