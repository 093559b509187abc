"""Figures over a period, on a real database: what is counted, what is not, and by whose clock."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from storage.canary import CANARY
from tests.contract.conftest import Site, until
from tests.contract.test_api import fired

DAY = datetime.fromisoformat("2026-11-02T00:00:00+00:00")
"""A Monday."""
RANGE = {"start": "2026-11-01T00:00:00Z", "end": "2026-12-01T00:00:00Z"}


def at(text: str) -> float:
    return datetime.fromisoformat(f"2026-11-{text}+00:00").timestamp()


class Past:
    """Writes what hosts would have written."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._n = 0

    def incident(self, opened: float, acked: float | None = None, resolved: float | None = None, **more: Any) -> None:
        """`acked` and `resolved`: seconds after it opened. `old`: from before the facets told of it."""
        self._n += 1
        old, human = more.pop("old", False), more.pop("human", acked is not None)
        times = {
            "acknowledged_at": None if acked is None else opened + acked,
            "resolved_at": None if resolved is None else opened + resolved,
            "merged_into": more.pop("merged", None),
        }
        facets = {"status": "resolved", "severity": "critical", "team_id": None, "service_id": None, "title": "Disk",
                  "integration_id": "i", "opened_at": opened, "open": False, **more}  # fmt: skip
        told = {} if old else {**times, "by_human": human}
        body = {**times, "acknowledged_by": "Ada" if human else None} if old else {}
        self._connection.execute(
            "insert into rt.record values (%s, 'incident', 'incident/x', 1, %s, %s, now())",
            [f"x-{self._n}", Jsonb({**facets, **told}), Jsonb(body)],
        )

    def page(self, user: str, when: float, took_s: float | None = 1.0, state: str = "accepted", **more: Any) -> None:
        self._n += 1
        self._connection.execute(
            "insert into rt.outbox (id, entity, shard, kind, channel, grp, body, state, attempts, due_at, created_at,"
            " sent_at) values (%s, 'incident/x', 0, 'page', %s, '', %s, %s, %s, now(), to_timestamp(%s),"
            " to_timestamp(%s))",
            [
                f"p-{self._n}",
                more.get("channel", "email"),
                Jsonb({"user_id": user, "incident_id": more.get("incident", "x-1")}),
                state,
                more.get("attempts", 1),
                when,
                None if took_s is None else when + took_s,
            ],
        )

    def canary(self, when: float, seconds: float | None) -> None:
        self._connection.execute("insert into watch.canary values (to_timestamp(%s), %s, '')", [when, seconds])


@pytest.fixture
def past(database: str) -> Past:
    return Past(database)


async def answered(site: Site, url: str, params: dict[str, str], headers: dict[str, str] | None = None) -> Any:
    async def tried() -> Any:
        answer = await site.http.get(url, params=params, headers=headers)
        return None if answer.status_code == 503 else answer  # a slow machine looks like a database that is away

    return await until(url, tried)


async def asked(site: Site, what: str, **more: str) -> Any:
    answer = await answered(site, f"/api/v1/analytics/{what}", {**RANGE, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_times_to_acknowledge_and_to_resolve(site: Site, past: Past) -> None:
    team = (await site.call("POST", "/teams", {"name": "Storage", "member_ids": []}))["id"]
    for n in range(10):
        past.incident(at("03T10:00"), acked=60.0 * (n + 1), resolved=600.0, team_id=team)
    past.incident(at("03T10:00"), resolved=1200.0)
    past.incident(at("03T10:00"), severity="warning", old=True, acked=30.0, resolved=90.0)
    past.incident(at("03T10:00"), merged="x-1", resolved=1.0)
    past.incident(at("03T10:00"), integration_id=CANARY, resolved=1.0)
    past.incident(DAY.timestamp() - 90 * 86_400, resolved=1.0)
    report = await asked(site, "response", by="team")
    names = {g["name"]: g for g in report["groups"]}
    assert list(names) == ["Storage", "no team"]
    storage = names["Storage"]
    assert (storage["incidents"], storage["acknowledged"], storage["resolved"]) == (10, 10, 10)
    assert storage["to_acknowledge"] == {"mean": 330.0, "median": 330.0, "p90": pytest.approx(546.0)}
    assert storage["to_resolve"]["median"] == 600.0
    assert report["total"]["incidents"] == 12 and report["total"]["acknowledged"] == 11
    severities = await asked(site, "response")
    assert [(g["key"], g["incidents"]) for g in severities["groups"]] == [("critical", 11), ("warning", 1)]
    empty = await asked(site, "response", start="2020-01-01T00:00:00Z", end="2020-02-01T00:00:00Z")
    assert empty["groups"] == [] and empty["total"]["to_acknowledge"]["mean"] is None


async def test_incidents_fall_on_the_days_of_the_zone_that_is_asked_for(site: Site, past: Past) -> None:
    past.incident(at("02T23:30"))
    past.incident(at("03T12:00"), severity="info")
    utc = await asked(site, "incidents")
    assert utc["unit"] == "day" and len(utc["first_days"]) == 30
    berlin = await asked(site, "incidents", zone="Europe/Berlin")
    for report, day in ((utc, "2026-11-02"), (berlin, "2026-11-03")):
        (critical, info) = report["series"]
        assert (critical["key"], info["key"]) == ("critical", "info")
        assert [d for d, n in zip(report["first_days"], critical["counts"], strict=True) if n] == [day]
    year = await asked(site, "incidents", start="2026-01-15T00:00:00Z")
    assert year["unit"] == "month" and year["first_days"][0] == "2026-01-01" and len(year["first_days"]) == 11


async def test_pages_at_night_and_at_weekends_are_those_of_where_one_sleeps(site: Site, past: Past) -> None:
    body = {"name": "Tokyo", "email": "t@example.org", "zone": "Asia/Tokyo"}
    tokyo = (await site.call("POST", "/users", body))["id"]
    utc = (await site.call("POST", "/users", {"name": "Ute", "email": "u@example.org"}))["id"]
    for user in (tokyo, utc):
        past.page(user, at("04T14:00"))  # Wednesday; 23:00 in Tokyo
        past.page(user, at("06T18:00"), incident="x-2")  # Friday; Saturday 03:00 in Tokyo
        past.page(user, at("04T12:00"), state="failed", took_s=None)
    past.page(CANARY, at("04T12:00"))
    items = {i["name"]: i for i in (await asked(site, "people"))["items"]}
    assert set(items) == {"Tokyo", "Ute"}
    assert {k: items["Tokyo"][k] for k in ("pages", "incidents", "night", "weekend", "off_hours")} == {
        "pages": 2, "incidents": 2, "night": 2, "weekend": 1, "off_hours": 2,
    }  # fmt: skip
    assert (items["Ute"]["pages"], items["Ute"]["off_hours"]) == (2, 0)


async def test_a_holiday_is_one_for_those_who_take_part(site: Site, past: Past) -> None:
    user = (await site.call("POST", "/users", {"name": "Hal", "email": "h@example.org"}))["id"]
    calendar = await site.call("POST", "/holiday-calendars", {"name": "House", "dates": ["2026-11-04"]})
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [user]}
    windows = [{"holidays": calendar["id"], "on_holidays": "only"}]
    layer = {"name": "weekly", "rotation": rotation, "windows": windows}
    made = await site.http.post("/api/v1/schedules", json={"name": "S", "zone": "UTC", "layers": [layer]})
    assert made.status_code == 201, made.text
    past.page(user, at("04T12:00"))
    past.page(user, at("05T12:00"))
    (item,) = (await asked(site, "people"))["items"]
    assert (item["pages"], item["holiday"], item["off_hours"]) == (2, 1, 1)


async def test_what_comes_and_goes_by_itself_is_noise(site: Site, past: Past) -> None:
    for n in range(4):
        past.incident(at("05T10:00"), title="Flappy", resolved=60.0, acked=10.0 if n == 0 else None)
    past.incident(at("05T10:00"), title="Flappy", resolved=60.0, human=True)
    past.incident(at("05T10:00"), title="Rare", resolved=5.0)
    flappy, rare = (await asked(site, "noise"))["items"]
    assert (flappy["title"], flappy["incidents"], flappy["median_s"]) == ("Flappy", 5, 60.0)
    assert (flappy["acknowledged_share"], flappy["never_acted_share"]) == (0.2, 0.6)
    assert rare["never_acted_share"] == 1.0


async def test_delivery_by_channel(site: Site, past: Past) -> None:
    for n in range(10):
        past.page("u", at("05T10:00"), took_s=float(n + 1))
    past.page("u", at("05T10:00"), None, "failed", attempts=4)
    past.page("u", at("05T10:00"), None, "cancelled")
    past.page("u", at("05T10:00"), None, "unknown", channel="webhook")
    email, webhook = (await asked(site, "delivery"))["items"]
    assert (email["ordered"], email["sent"], email["failed"], email["withdrawn"], email["repeated"]) == (
        12,
        10,
        1,
        1,
        1,
    )
    assert email["success"] == pytest.approx(10 / 11) and email["median_s"] == 5.5
    assert webhook["success"] == 0.0 and webhook["median_s"] is None


async def test_the_service_level_of_the_canary(site: Site, past: Past) -> None:
    for n in range(4):
        past.canary(at(f"05T10:0{n}"), 0.5 if n else None)
    past.canary(at("06T10:00"), 0.5)
    report = await asked(site, "canary")
    assert (report["flown"], report["through"], report["success"], report["median_s"]) == (5, 4, 0.8, 0.5)
    assert [(u["first_day"], u["flown"], u["through"]) for u in report["units"]] == [
        ("2026-11-05", 4, 3),
        ("2026-11-06", 1, 1),
    ]
    nothing = await asked(site, "canary", start="2026-11-10T00:00:00Z")
    assert nothing["success"] is None and nothing["since"] is None


@pytest.mark.parametrize("what", ["response", "incidents", "people", "noise", "delivery", "canary"])
async def test_each_is_a_table_that_a_spreadsheet_may_open(site: Site, past: Past, what: str) -> None:
    past.incident(at("05T10:00"), title="=HYPERLINK(1)", resolved=60.0)
    past.page("-2+3", at("05T10:00"))
    past.canary(at("05T10:00"), 0.5)
    url = f"/api/v1/analytics/{what}"
    answer = await answered(site, url, {**RANGE, "format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv") and what in answer.headers["content-disposition"]
    heads, *rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows and all(len(row) == len(heads) for row in rows)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "-", "+", "@"))]
    accepted = await answered(site, url, RANGE, {"Accept": "text/csv"})
    assert accepted.text == answer.text


async def test_the_period_is_bounded_and_the_zone_must_exist(site: Site, past: Past) -> None:
    past.incident(at("05T10:00"))
    end = (DAY + timedelta(days=401)).isoformat()
    for more in (
        {"start": DAY.isoformat(), "end": end},
        {"end": RANGE["start"]},
        {"zone": "Mars/Phobos"},
        {"zone": "right/UTC"},
    ):
        answer = await site.http.get("/api/v1/analytics/incidents", params={**RANGE, **more})
        assert answer.status_code == 422, answer.text


async def test_what_hosts_write_is_what_is_counted(live_site: Site) -> None:
    """The first acknowledgement counts, also where it was taken back; a source that resolves is nobody who acts."""
    ident = (await fired(live_site))["id"]
    for action in ("acknowledge", "unacknowledge"):
        await live_site.call("POST", f"/alerts/{ident}/{action}", {})
    now = datetime.fromisoformat((await live_site.call("GET", "/on-call"))["at"])
    wide = {"start": (now - timedelta(days=1)).isoformat(), "end": (now + timedelta(days=1)).isoformat()}
    first = (await asked(live_site, "response", **wide))["total"]
    assert (first["incidents"], first["acknowledged"], first["resolved"]) == (1, 1, 0)
    await live_site.call("POST", f"/alerts/{ident}/resolve", {})

    async def resolved() -> bool:
        return bool((await asked(live_site, "response", **wide))["total"]["resolved"] == 1)

    await until("the resolution", resolved)
    (noisy,) = (await asked(live_site, "noise", **wide))["items"]
    assert noisy["never_acted_share"] == 0.0
