"""Merging, splitting and attaching over the API, on real hosts."""

from __future__ import annotations

from typing import Any

from tests.contract.conftest import Site, until


async def raised(site: Site, key: str, status: str = "firing") -> str:
    body = {"title": key, "dedup_key": key, "status": status}
    answer = await site.call("POST", "/alerts", body)
    return str(answer["alert_id"])


async def shown(site: Site, alert_id: str, **wanted: Any) -> Any:
    """The alert, once these fields are so."""

    async def seen() -> Any:
        answer = await site.http.get(f"/api/v1/alerts/{alert_id}")
        found = answer.json()
        return found if answer.status_code == 200 and {k: found[k] for k in wanted} == wanted else None

    return await until(f"{alert_id} with {wanted}", seen)


async def told(site: Site, alert_id: str) -> list[str]:
    return [entry["kind"] for entry in (await site.call("GET", f"/alerts/{alert_id}/timeline"))["items"]]


async def test_an_alert_is_merged_into_another_and_is_its_own_again_when_that_is_over(live_site: Site) -> None:
    site = live_site
    a, b = await raised(site, "a"), await raised(site, "b")
    assert (await site.call("POST", f"/alerts/{b}/merge", {"into": a, "note": "same outage"}))["state"] == "done"
    merged = await shown(site, b, merged_into=a, status="resolved")
    assert merged["next"] == f"Nothing: it is part of {a} now."
    both = await shown(site, a, merged=[b], alerts_firing=2)
    line = b.rpartition("-")[0]
    assert [m["key"] for m in both["members"]] == ["a", f"{line}/b"]
    assert "TookIn" in await told(site, a) and "Merged" in await told(site, b)
    await raised(site, "a", "resolved")
    assert (await site.call("GET", f"/alerts/{a}"))["status"] == "triggered"
    await raised(site, "b", "resolved")
    await shown(site, a, status="resolved")
    await raised(site, "b")
    await shown(site, f"{line}-2", status="triggered", alerts_firing=1)


async def test_what_cannot_be_merged_goes_on_paging(live_site: Site) -> None:
    site = live_site
    a, b = await raised(site, "a"), await raised(site, "b")
    await site.call("POST", f"/alerts/{a}/snooze", {"minutes": 5})
    await site.call("POST", f"/alerts/{b}/merge", {"into": a})

    async def refused() -> bool:
        return "MergeRefused" in await told(site, b)

    await until("the refusal", refused)
    await shown(site, b, status="triggered", merging_into=None, merged_into=None)
    for body, field in (({"into": b}, "/into"), ({"into": "nothing-1"}, "/into")):
        assert (await site.call("POST", f"/alerts/{b}/merge", body, 422))["errors"][0]["pointer"] == field


async def test_members_are_split_off_and_alerts_attached(live_site: Site) -> None:
    site = live_site
    a, b = await raised(site, "a"), await raised(site, "b")
    await site.call("POST", f"/alerts/{b}/merge", {"into": a})
    both = await shown(site, a, alerts_firing=2)
    key = both["members"][1]["key"]
    assert (await site.call("POST", f"/alerts/{a}/split", {"keys": [key]}))["state"] == "done"
    await shown(site, a, alerts_firing=1)

    async def split() -> Any:
        items = (await site.call("GET", "/alerts", None))["items"]
        return next((x for x in items if x["id"] not in (a, b) and x["status"] == "triggered"), None)

    made = await until("the new alert", split)
    assert [m["key"] for m in made["members"]] == [key]
    assert (await site.call("POST", f"/alerts/{a}/split", {"keys": ["a"]}))["state"] == "ignored"
    await site.call("POST", f"/alerts/{made['id']}/attach", {"to": a})
    await shown(site, made["id"], attached_to=[a])
    await shown(site, a, attached=[made["id"]])
