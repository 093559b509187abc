"""What all wire models share. Times are RFC 3339, UTC; lengths are characters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


def _printable(text: str) -> str:
    if any((c < " " and c not in "\n\t") or c == "\x7f" or "\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("must not contain control characters")
    return text


Clean = AfterValidator(_printable)
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), Clean]
Ident = Annotated[str, StringConstraints(min_length=1, max_length=100), Clean]
Line = Annotated[str, StringConstraints(max_length=300), Clean]


@dataclass(frozen=True, slots=True)
class Ref:
    """Marks an id by the kind of thing it names; the configuration as code says it by name (gateway/tree)."""

    kind: str


@dataclass(frozen=True, slots=True)
class KeyedBy:
    """Marks a mapping whose keys stand for this field of its values, which need not repeat it."""

    field: str


@dataclass(frozen=True, slots=True)
class Unordered:
    """Marks a list whose order says nothing: a tree has it sorted."""


@dataclass(frozen=True, slots=True)
class Part:
    """Marks what a tree of configuration may leave away to have it stay as it is."""


UserId = Annotated[Ident, Ref("user")]
TeamId = Annotated[Ident, Ref("team")]
ScheduleId = Annotated[Ident, Ref("schedule")]
PolicyId = Annotated[Ident, Ref("policy")]
IntegrationId = Annotated[Ident, Ref("integration")]
ServiceId = Annotated[Ident, Ref("service")]
ContactId = Annotated[Ident, Ref("contact method")]
CalendarId = Annotated[Ident, Ref("calendar")]
Text = Annotated[str, StringConstraints(max_length=8192), Clean]
Clock = Annotated[str, Field(max_length=5, examples=["09:00"], description="Wall clock, HH:MM")]
Weekday = Annotated[int, Field(ge=0, le=6, description="0 Monday to 6 Sunday")]
Severity = Literal["critical", "error", "warning", "info"]
Status = Literal["triggered", "acknowledged", "snoozed", "suppressed", "resolved"]


def _real(moment: datetime) -> datetime:
    if not 1980 <= moment.year <= 2200:
        raise ValueError("the year must be between 1980 and 2200")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_real)]


class Input(BaseModel):
    """What clients send: unknown fields are refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(BaseModel):
    """What we answer."""

    model_config = ConfigDict(frozen=True)


class Page(Output):
    """Part of a list. Send `next_cursor` as `cursor` for what follows; null at the end."""

    next_cursor: str | None = None


class Problem(BaseModel):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = Field(default_factory=list, description="{pointer, detail} for each wrong field")
    changed_by: str | None = Field(None, description="With 412: who saved in between")
    changed_at: datetime | None = Field(None, description="With 412: when")


def moment(seconds: float | None) -> datetime | None:
    """RFC 3339 time of epoch seconds."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Documentation of a route's errors; 400, 401, 403, 422 and 503 can always happen."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        s: {"description": "Problem details", "content": content} for s in sorted({400, 401, 403, 422, 503, *statuses})
    }
