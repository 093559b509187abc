"""What `sentinel demo` loads: a shop of three services, the two teams that keep it, and how they are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Send = Callable[..., dict[str, Any]]
"""`send(method, path, body)` asks the API and answers its JSON."""
PEOPLE = ("Alice Adler", "Bob Brandt", "Carol Chen", "Dave Diaz", "Erin Eze")
ZONE = "Europe/Berlin"
SAMPLES: tuple[dict[str, Any], ...] = (
    {
        "title": "Checkout: error rate above 5 %",
        "severity": "critical",
        "description": "5.8 % of the requests of the last five minutes failed, most of them in POST /pay.",
        "labels": {"service": "checkout", "env": "production", "alertname": "ErrorRate"},
    },
    {
        "title": "db1: disk 91 % full",
        "severity": "warning",
        "description": "At this rate it is full in four hours.",
        "labels": {"service": "database", "instance": "db1", "alertname": "DiskFull"},
    },
    {
        "title": "Search: latency p99 above 2 s",
        "severity": "error",
        "labels": {"service": "search", "env": "production", "alertname": "Latency"},
    },
)


def load(send: Send) -> str:
    """Make all of it; answers the integration's id."""
    users = [_person(send, name) for name in PEOPLE]
    shop = send("POST", "/teams", {"name": "Shop", "member_ids": users[:3]})["id"]
    platform = send("POST", "/teams", {"name": "Platform", "member_ids": users[2:]})["id"]
    shop_line = send("POST", "/schedules", _schedule("Shop on call", users[:3], unit="week"))["id"]
    platform_line = send("POST", "/schedules", _schedule("Platform on call", users[2:], unit="day"))["id"]
    policies = [
        send("POST", "/policies", {"name": name, "repeat": 1, "steps": _steps(line, lead)})["id"]
        for name, line, lead in (("Shop", shop_line, users[0]), ("Platform", platform_line, users[4]))
    ]
    database = send("POST", "/services", _service("database", platform, policies[1], tier=1, depends_on=[]))["id"]
    search = send("POST", "/services", _service("search", shop, policies[0], tier=2, depends_on=[database]))["id"]
    checkout = send("POST", "/services", _service("checkout", shop, policies[0], 1, [database, search]))["id"]
    routes = [
        {
            "name": name,
            "matchers": [{"label": "service", "value": name}],
            "service_id": service,
            "team_id": team,
            "policy_id": policy,
        }
        for name, service, team, policy in (
            ("checkout", checkout, shop, policies[0]),
            ("search", search, shop, policies[0]),
            ("database", database, platform, policies[1]),
        )
    ]
    body = {"name": "Demo", "type": "generic", "policy_id": policies[0], "routes": routes}
    send("POST", "/heartbeats", _heartbeat(policies[1], database, platform))
    return str(send("POST", "/integrations", body)["id"])


def _person(send: Send, name: str) -> str:
    first = name.split()[0].lower()
    user = send("POST", "/users", {"name": name, "email": f"{first}@example.org", "zone": ZONE})
    send("POST", f"/users/{user['id']}/contact-methods", {"channel": "outbox", "label": "Outbox page"})
    return str(user["id"])


def _schedule(name: str, users: list[str], unit: str) -> dict[str, Any]:
    rotation = {"unit": unit, "every": 1, "start": "2026-01-05T09:00:00", "users": users}
    return {"name": name, "zone": ZONE, "layers": [{"name": f"by {unit}", "rotation": rotation}]}


def _steps(schedule: str, lead: str) -> list[dict[str, Any]]:
    return [
        {"targets": [{"kind": "schedule", "id": schedule}], "wait_s": 20},
        {"targets": [{"kind": "schedule", "id": schedule, "who": "next"}], "wait_s": 120},
        {"targets": [{"kind": "user", "id": lead}], "wait_s": 300},
    ]


def _service(name: str, team: str, policy: str, tier: int, depends_on: list[str]) -> dict[str, Any]:
    return {"name": name, "team_id": team, "policy_id": policy, "tier": tier, "depends_on": depends_on}


def _heartbeat(policy: str, service: str, team: str) -> dict[str, Any]:
    return {
        "name": "Nightly backup",
        "cron": "0 3 * * *",
        "zone": ZONE,
        "grace_s": 3600,
        "policy_id": policy,
        "service_id": service,
        "team_id": team,
        "severity": "error",
    }
