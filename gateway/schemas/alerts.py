"""Alerts: what a responder acts on. One item is one incident, with the senders' alerts grouped in it as members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from domain.configuration import Configuration
from gateway.schemas.base import Ident, Input, Line, Moment, Name, Output, Page, Severity, Status, Text, moment
from gateway.schemas.policies import Target
from gateway.schemas.routing import Related

Labels = Annotated[dict[Annotated[str, Field(max_length=128)], Line], Field(max_length=64)]


class Member(Output):
    """One alert of a sender."""

    key: str
    title: str
    status: Literal["firing", "resolved"]
    severity: Severity
    starts_at: datetime | None
    count: int = Field(description="How often the sender has said so")
    labels: dict[str, str]
    description: str
    links: list[dict[str, str]]
    silenced_by: list[str] = Field(default_factory=list, description="Who keeps it quiet at its source")


class PolicyRef(Output):
    """The policy as frozen at the trigger."""

    id: str
    name: str
    version: int


class Suppression(Output):
    """Why nobody is paged; of a resolved incident: why nobody was. `ids`: of the silences or maintenance."""

    kind: Literal["silence", "maintenance", "wait"]
    ids: list[str]
    by: str = Field(examples=["silenced by Ada"])
    until: datetime
    comment: str


class Acknowledgement(Output):
    """Somebody's acknowledgement that counts. `user_id` null: of a machine."""

    by: str
    user_id: str | None
    at: datetime


class Alert(Output):
    """One incident."""

    id: str
    revision: int = Field(description="Rises with every change; of two answers the one with the higher is newer")
    title: str
    status: Status
    severity: Severity
    major: bool = Field(False, description="A step of its policy declared a major incident")
    team_id: str | None
    team: str | None = Field(description="Its name")
    service_id: str | None = None
    service: str | None = Field(description="Its name")
    integration_id: str
    opened_at: datetime
    updated_at: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    acknowledgements: list[Acknowledgement] = Field(
        default_factory=list, description="Those that count, also while they are fewer than its policy asks for"
    )
    required_acknowledgements: int = Field(1, description="So many people must acknowledge before it stops to page")
    resolved_by: str | None
    resolved_at: datetime | None
    snoozed_until: datetime | None
    suppression: Suppression | None = None
    assignees: list[str] = Field(description="Ids of the users who were called")
    assignee_names: list[str]
    alerts_total: int
    alerts_firing: int
    alerts_silenced_at_source: int = Field(0, description="Of those that fire")
    truncated: int = Field(description="Alerts the sender left out of its list")
    step: int = Field(description="Present step of the policy, from 0; -1 before the first")
    steps_total: int
    round: int
    exhausted: bool = Field(description="True once the policy is through and the last resort was called")
    next_at: datetime | None = Field(description="When something happens by itself")
    merging_into: str | None = Field(None, description="It was asked to be part of that alert, which has not answered")
    merged_into: str | None = Field(None, description="It is part of that alert now, which has its members")
    merged: list[str] = Field(default_factory=list, description="Alerts that were merged into this one")
    attached_to: list[str] = Field(default_factory=list, description="Alerts that it belongs to, as people noted")
    attached: list[str] = Field(default_factory=list, description="Alerts that were attached to this one")
    flapping_since: datetime | None = Field(None, description="It comes and goes, and stays open until it is quiet")
    settles_at: datetime | None = Field(None, description="It flaps and nothing fires: it resolves then")
    next: str = Field(description="What happens next if nobody does anything")
    policy: PolicyRef | None
    members: list[Member]
    members_omitted: int
    related: list[Related] = Field(
        default_factory=list, description="Also open, among the services it needs or that need it; of one alert only"
    )

    @classmethod
    def of(cls, body: dict[str, Any], config: Configuration, related: Sequence[Related] = ()) -> Alert:
        """From the read model; names as they are configured now, the id of what no longer is."""
        times = ("opened_at", "updated_at", "acknowledged_at", "resolved_at", "snoozed_until", "next_at")
        of_flapping = {t: moment(body.get(t)) for t in ("flapping_since", "settles_at")}
        members = [{**m, "starts_at": moment(m["starts_at"])} for m in body["members"]]
        held = body.get("suppression")
        team, service = config.teams.get(body["team_id"]), config.services.get(str(body.get("service_id")))
        more = {
            "team": team.name if team is not None else body["team_id"],
            "service": service.name if service is not None else body.get("service_id"),
            "assignee_names": [config.users[u].name if u in config.users else u for u in body["assignees"]],
            "suppression": {**held, "until": moment(held["until"])} if held else None,
            "members": members,
            "acknowledgements": [{**a, "at": moment(a["at"])} for a in body.get("acknowledgements", ())],
            "related": related,
        }
        return cls.model_validate({**body, **{t: moment(body[t]) for t in times}, **of_flapping, **more})

    def row(self) -> dict[str, Any]:
        """What a list shows, ready for JSON."""
        return self.model_dump(mode="json", exclude={"members", "related"})


class AlertPage(Page):
    """Newest first."""

    items: list[Alert]


class AlertCounts(Output):
    """How many incidents are open, by status; a status without any is left out."""

    type: Literal["counts"] = "counts"
    open: dict[Status, int]


class Rows(Output):
    """Incidents that changed, as the websocket of lists says it: an Alert without `members` and `related`."""

    type: Literal["rows"] = "rows"
    items: list[dict[str, Any]]


class NewAlert(Input):
    """An alert raised by a person or a script. Without integration it goes to `policy_id`, else to the default one."""

    title: Name = Field(examples=["Checkout is down"])
    severity: Severity = "critical"
    description: Text = ""
    dedup_key: Annotated[Line, Field(description="The same key while the alert is open is the same alert")] = ""
    labels: Labels = Field(default_factory=dict)
    status: Literal["firing", "resolved"] = "firing"
    integration_id: Ident | None = None
    policy_id: Ident | None = None
    team_id: Ident | None = None


class Accepted(Output):
    """Stored. `alert` is there if it was processed within a moment."""

    status: Literal["accepted"] = "accepted"
    receipt: str
    alert_id: str | None
    alert: Alert | None


class Note(Input):
    """Why, for the timeline."""

    note: Text = ""


class NewNote(Input):
    """A note for the timeline."""

    note: Annotated[Text, Field(min_length=1)]


class MergeRequest(Input):
    """Which alert this one is to be part of."""

    into: Ident
    note: Text = ""


class SplitRequest(Input):
    """Members to make an alert of their own: `key` of each."""

    keys: Annotated[list[Annotated[Line, Field(min_length=1)]], Field(min_length=1, max_length=200)]
    note: Text = ""


class AttachRequest(Input):
    """Which alert this one belongs to."""

    to: Ident
    note: Text = ""


class SnoozeRequest(Input):
    """Either `minutes` or `until`."""

    minutes: Annotated[int, Field(ge=1, le=60 * 24 * 30)] | None = None
    until: Moment | None = None
    note: Text = ""


class ReassignRequest(Input):
    """Whom to call instead of the next step."""

    targets: Annotated[list[Target], Field(min_length=1, max_length=50)]
    note: Text = ""


class ActionResult(Output):
    """`recorded`: durable, and no page goes out any more, but not processed within the time we wait."""

    state: Literal["done", "ignored", "recorded"]
    why: str = Field(description="Why it was ignored, or what became of it otherwise than wanted")
    alert: Alert | None = Field(description="Null while the database is away")


class TimelineEntry(Output):
    """One thing that happened."""

    at: datetime
    kind: str
    text: str = Field(description="One sentence for a person")
    data: dict[str, Any]


class Timeline(Output):
    """Oldest first."""

    items: list[TimelineEntry]
