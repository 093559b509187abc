"""A team on a schedule, for the tests of swaps, time off, calendars and notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from storage import access
from tests.contract.conftest import Site

WEEK = timedelta(days=7)


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def monday(weeks: int = 1) -> datetime:
    """09:00 UTC of a Monday to come."""
    today = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    return today + timedelta(days=-today.weekday()) + weeks * WEEK


@dataclass
class Crew:
    """People by name with keys of their own, taking weekly turns in this order from a Monday in the past."""

    site: Site
    ids: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    schedule: str = ""
    team: str = ""

    async def as_(self, who: str, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[who]}"}
        transport = httpx.ASGITransport(app=self.site.app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://sentinel.test", headers=headers) as http:
            answer = await http.request(method, f"/api/v1{path}", json=body)
        if status is None:
            assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        else:
            assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def on_call(self, at: datetime) -> list[str]:
        """Names of those on call."""
        names = {v: k for k, v in self.ids.items()}
        found = (await self.site.http.get("/api/v1/on-call", params={"at": text(at)})).json()
        (entry,) = [e for e in found["items"] if e["schedule_id"] == self.schedule]
        return sorted(names[u] for u in entry["user_ids"])


async def crew(site: Site, *names: str, role: str = "responder") -> Crew:
    made = Crew(site)
    for name in names:
        mail = f"{name}@example.org"
        user = await site.call("POST", "/users", {"name": name.capitalize(), "email": mail, "role": role})
        contact = {"channel": "outbox", "label": name, "address": ""}
        await site.call("POST", f"/users/{user['id']}/contact-methods", contact)
        made.ids[name] = user["id"]
        _, made.keys[name] = await access.create_api_key(site.services.sessions, "test", name, [], user["id"])
    made.team = (await site.call("POST", "/teams", {"name": "Crew", "member_ids": list(made.ids.values())}))["id"]
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": list(made.ids.values())}
    body = {"name": "Primary", "zone": "UTC", "layers": [{"name": "base", "rotation": rotation}], "team_id": made.team}
    made.schedule = (await site.call("POST", "/schedules", body))["id"]
    return made
