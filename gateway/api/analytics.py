"""How the organisation answers its alerts, over up to 400 days; each as JSON or, by `format` or `Accept`, as CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from domain.configuration import Configuration
from domain.period import Period
from domain.rota import participants
from gateway import table
from gateway.auth.principal import Gateway, Reader
from gateway.schemas.analytics import (
    By,
    CanaryReport,
    ChannelDelivery,
    DeliveryReport,
    NoiseReport,
    Noisy,
    OverTimeReport,
    PeopleReport,
    PersonPages,
    ResponseGroup,
    ResponseReport,
    of_period,
)
from gateway.schemas.base import Moment, Output
from storage import analytics

router = APIRouter(prefix="/analytics", tags=["analytics"])
SEVERITIES = ("critical", "error", "warning", "info")
AS_CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "The figures", "content": {"text/csv": {"schema": {"type": "string"}}}}
}
R = TypeVar("R", bound=Output)
Rows = list[Sequence[object]]


def _period(
    start: Moment, end: Moment, zone: Annotated[str, Query(max_length=100, description="IANA zone")] = "UTC"
) -> Period:
    return Period(start.timestamp(), end.timestamp(), zone).check()


def _form(request: Request, format: Annotated[Literal["json", "csv"] | None, Query()] = None) -> bool:
    """Whether CSV is wanted."""
    return format == "csv" or (format is None and "text/csv" in request.headers.get("accept", ""))


Asked = Annotated[Period, Depends(_period)]
Csv = Annotated[bool, Depends(_form)]
Grouping = Annotated[By, Query(description="What the incidents are told apart by")]


def _answer(report: R, csv: bool, name: str, heads: Sequence[str], rows: Callable[[R], Rows]) -> R | Response:
    if not csv:
        return report
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(table.table(heads, rows(report)), headers=headers, media_type=table.TYPE)


def _namer(config: Configuration, by: By) -> Callable[[str], str]:
    """From a group's key to what people call it; what was deleted keeps its id."""
    known: Mapping[str, Any] = {"severity": {}, "service": config.services, "team": config.teams}[by]

    def name(key: str) -> str:
        return str(known[key].name) if key in known else key or f"no {by}"

    return name


def _ordered(keys: set[str], by: By, name: Callable[[str], str]) -> list[str]:
    if by == "severity":
        return sorted(keys, key=lambda k: SEVERITIES.index(k) if k in SEVERITIES else len(SEVERITIES))
    return sorted(keys, key=lambda k: (k == "", name(k)))


@router.get("/response", operation_id="getResponseTimes", response_model=ResponseReport, responses=AS_CSV)
async def get_response_times(
    _: Reader, gateway: Gateway, period: Asked, csv: Csv, by: Grouping = "severity"
) -> ResponseReport | Response:
    """Time to acknowledge and to resolve (MTTA, MTTR): mean, median, and what nine of ten stayed under."""
    rows = await analytics.response(gateway.sessions, period, by)
    name = _namer(gateway.config.current, by)
    total = next(ResponseGroup.of(row, "all") for row in rows if row["whole"])
    groups = {row["key"]: ResponseGroup.of(row, name(row["key"])) for row in rows if not row["whole"]}
    ordered = [groups[key] for key in _ordered(set(groups), by, name)]
    report = ResponseReport(**of_period(period), by=by, total=total, groups=ordered)
    heads = [by, "incidents", "acknowledged", "resolved"]
    heads += [f"{what}_{how}_s" for what in ("mtta", "mttr") for how in ("mean", "median", "p90")]

    def lines(report: ResponseReport) -> Rows:
        return [
            (g.name, g.incidents, g.acknowledged, g.resolved, *_spread(g.to_acknowledge), *_spread(g.to_resolve))
            for g in (*report.groups, report.total)
        ]

    return _answer(report, csv, "response", heads, lines)


def _spread(spread: Any) -> tuple[object, ...]:
    return (spread.mean, spread.median, spread.p90)


@router.get("/incidents", operation_id="getIncidentsOverTime", response_model=OverTimeReport, responses=AS_CSV)
async def get_incidents_over_time(
    _: Reader, gateway: Gateway, period: Asked, csv: Csv, by: Grouping = "severity"
) -> OverTimeReport | Response:
    """How many opened in each day, week or month, whichever a chart of the period can show."""
    unit = period.unit
    rows = await analytics.over_time(gateway.sessions, period, by, unit)
    name, days = _namer(gateway.config.current, by), period.units(unit)
    counts = {(row["key"], row["first_day"]): row["n"] for row in rows}
    keys = _ordered({row["key"] for row in rows}, by, name)
    series = [{"key": k, "name": name(k), "counts": [counts.get((k, day), 0) for day in days]} for k in keys]
    report = OverTimeReport.model_validate(
        {**of_period(period), "by": by, "unit": unit, "first_days": days, "series": series}
    )

    def lines(report: OverTimeReport) -> Rows:
        return [(day, s.name, s.counts[n]) for n, day in enumerate(report.first_days) for s in report.series]

    return _answer(report, csv, "incidents", [unit, by, "incidents"], lines)


@router.get("/people", operation_id="getPagesPerPerson", response_model=PeopleReport, responses=AS_CSV)
async def get_pages_per_person(_: Reader, gateway: Gateway, period: Asked, csv: Csv) -> PeopleReport | Response:
    """Pages that went out to each person, and how many of them at night, at weekends, on holidays."""
    config = gateway.config.current
    free = {
        (user, day)
        for schedule in config.schedules.values()
        for calendar in schedule.holidays
        for day in calendar.dates
        for user in participants(schedule)
    }
    zones = {user.id: user.zone for user in config.users.values()}
    rows = await analytics.people(gateway.sessions, period, zones, free)
    items = [
        PersonPages.model_validate({**row, "user_id": row["id"] or "", "name": _person(config, row["id"] or "")})
        for row in rows
    ]
    report = PeopleReport(**of_period(period), items=items)
    heads = ["person", "pages", "incidents", "night", "weekend", "holiday", "off_hours"]

    def lines(report: PeopleReport) -> Rows:
        return [(i.name, i.pages, i.incidents, i.night, i.weekend, i.holiday, i.off_hours) for i in report.items]

    return _answer(report, csv, "people", heads, lines)


def _person(config: Configuration, ident: str) -> str:
    return config.users[ident].name if ident in config.users else ident or "nobody"


@router.get("/noise", operation_id="getNoisiestAlerts", response_model=NoiseReport, responses=AS_CSV)
async def get_noisiest_alerts(_: Reader, gateway: Gateway, period: Asked, csv: Csv) -> NoiseReport | Response:
    """What comes most often, and whether anybody ever does anything about it."""
    known = gateway.config.current.integrations
    items = [
        Noisy(
            title=row["title"],
            integration_id=row["integration"] or "",
            integration=known[row["integration"]].name if row["integration"] in known else row["integration"] or "",
            incidents=row["incidents"],
            acknowledged_share=row["acknowledged"] / row["incidents"],
            never_acted_share=row["never_acted"] / row["incidents"],
            median_s=row["median_s"],
        )
        for row in await analytics.noise(gateway.sessions, period)
    ]
    report = NoiseReport(**of_period(period), items=items)
    heads = ["title", "integration", "incidents", "acknowledged_share", "never_acted_share", "median_s"]

    def lines(report: NoiseReport) -> Rows:
        return [
            (i.title, i.integration, i.incidents, i.acknowledged_share, i.never_acted_share, i.median_s)
            for i in report.items
        ]

    return _answer(report, csv, "noise", heads, lines)


@router.get("/delivery", operation_id="getDelivery", response_model=DeliveryReport, responses=AS_CSV)
async def get_delivery(_: Reader, gateway: Gateway, period: Asked, csv: Csv) -> DeliveryReport | Response:
    """By channel: how many pages got through, and how fast."""
    items = [
        ChannelDelivery.model_validate(
            {**row, "success": row["sent"] / tried if (tried := row["ordered"] - row["withdrawn"]) else None}
        )
        for row in await analytics.delivery(gateway.sessions, period)
    ]
    report = DeliveryReport(**of_period(period), items=items)
    heads = list(ChannelDelivery.model_fields)

    def lines(report: DeliveryReport) -> Rows:
        return [[getattr(i, head) for head in heads] for i in report.items]

    return _answer(report, csv, "delivery", heads, lines)


@router.get("/canary", operation_id="getCanaryLevel", response_model=CanaryReport, responses=AS_CSV)
async def get_canary_level(_: Reader, gateway: Gateway, period: Asked, csv: Csv) -> CanaryReport | Response:
    """The service level of Sentinel itself, measured by its own test alerts."""
    unit = period.unit
    rows = await analytics.canary(gateway.sessions, period, unit)
    whole = next(row for row in rows if row["whole"])
    report = CanaryReport.model_validate(
        {
            **whole,
            **of_period(period),
            "unit": unit,
            "success": whole["through"] / whole["flown"] if whole["flown"] else None,
            "since": whole["since"],
            "units": [row for row in rows if not row["whole"]],
        }
    )

    def lines(report: CanaryReport) -> Rows:
        return [(u.first_day, u.flown, u.through, u.median_s) for u in report.units]

    return _answer(report, csv, "canary", [unit, "flown", "through", "median_s"], lines)
