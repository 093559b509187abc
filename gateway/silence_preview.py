"""What a silence would fit, of the incidents that the read model shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.configuration import Silence
from domain.incident import Line
from domain.noise import Silences
from gateway.schemas.base import moment
from gateway.schemas.noise import Fitted, SilencePreview
from gateway.services import Services
from storage import noise

HOURS = 24.0
LOOKED_AT = 2_000
"""Incidents, the newest; each with the first alerts that its view shows."""


async def preview(gateway: Services, silence: Silence) -> SilencePreview:
    """By the alerts' labels as they are known now."""
    views = await noise.recent(gateway.sessions, HOURS, LOOKED_AT + 1)
    asked = Silences([silence])
    found = [f for view in views[:LOOKED_AT] if (f := _fitted(asked, silence, view)) is not None]
    return SilencePreview(
        open=[f for f in found if f.status != "resolved"],
        recent=[f for f in found if f.status == "resolved"],
        complete=len(views) <= LOOKED_AT,
    )


def _fitted(asked: Silences, silence: Silence, view: Mapping[str, Any]) -> Fitted | None:
    """Alerts that fire; of an incident that is over, all of them."""
    is_open = view["status"] != "resolved"
    members = [m for m in view["members"] if m["status"] == "firing" or not is_open]
    scope = Line(integration_id=view["integration_id"], team_id=view["team_id"], service_id=view.get("service_id"))
    fit = sum(bool(asked.fitting(scope, m["labels"], silence.starts_at)) for m in members)
    if not fit:
        return None
    return Fitted.model_validate(
        {
            **{name: view[name] for name in ("id", "title", "status")},
            "opened_at": moment(view["opened_at"]),
            "alerts": fit,
            "whole": fit == len(members) and not view["members_omitted"] and not view["truncated"],
        }
    )
