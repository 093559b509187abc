"""Notices and the Slack user group, carried out by a real host; Slack is a local server that speaks its protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from channels.http import HttpClient
from channels.outside import Outside
from channels.slack_groups import SlackGroups
from runtime.clock import wall_now
from runtime.effects import Accepted, Rejected
from runtime.ids import SHARDS
from tests.contract.conftest import Site, a_host, opened, until
from tests.contract.rota import crew, text
from tests.fakes.slack import SlackServer


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer(groups={"S1": []}) as running:
        yield running


@pytest.fixture
async def groups(slack: SlackServer) -> AsyncIterator[SlackGroups]:
    http = HttpClient(Outside(all_private=True))
    yield SlackGroups(http, slack.url)
    await http.close()


@pytest.fixture
async def hosted(database: str, valkey_url: str, tmp_path: Path, slack: SlackServer) -> AsyncIterator[Site]:
    async with (
        opened(database, valkey_url, tmp_path, slack_api=slack.url) as running,
        a_host(running.services.settings) as host,
    ):

        async def settled() -> bool:
            return len(host.core.ownership.epochs) == SHARDS

        await until("the host's shards", settled)
        yield running


async def test_the_group_holds_whom_it_is_told_and_who_is_not_in_slack_is_named(
    slack: SlackServer, groups: SlackGroups
) -> None:
    slack.users = {"ada@example.org": "U1"}
    people = {"Ada": ("", "ada@example.org"), "Ben": ("U2", "ben@example.org"), "Zoe": ("", "zoe@example.org")}
    done = await groups.set("xoxb-good", "S1", people, 5)
    assert isinstance(done, Accepted) and done.detail == "not in Slack: Zoe"
    assert slack.groups["S1"] == ["U1", "U2"]
    assert isinstance(await groups.set("xoxb-good", "S1", {"Ada": ("", "ada@example.org")}, 5), Accepted)
    assert [m for m, f in slack.calls if f.get("email") == "ada@example.org"] == ["users.lookupByEmail"], "once"


@pytest.mark.parametrize(
    ("wrong", "retryable"), [(429, True), (500, True), ("ratelimited", True), ("invalid_auth", False), (403, False)]
)
async def test_what_slack_refuses_is_tried_again_only_if_it_may_work_later(
    slack: SlackServer, groups: SlackGroups, wrong: int | str, retryable: bool
) -> None:
    slack.fail = [wrong]
    done = await groups.set("xoxb-good", "S1", {"Ada": ("U1", "")}, 5)
    assert isinstance(done, Rejected) and done.retryable is retryable
    assert "xoxb" not in done.reason


async def test_the_group_follows_the_schedule_through_a_failure_of_slack(hosted: Site, slack: SlackServer) -> None:
    found = await crew(hosted, "ada", "ben")
    slack.users = {f"{n}@example.org": f"U{n.upper()}" for n in found.ids}
    slack.fail = [500]
    settings = {"slack_group": "S1", "slack_token": "xoxb-good"}
    saved = await hosted.call("PUT", f"/schedules/{found.schedule}/hand-off", settings)
    assert saved["has_slack_token"] and "xoxb" not in str(saved)
    now = await hosted.call("GET", "/on-call")
    (current,) = [e["users"][0] for e in now["items"] if e["schedule_id"] == found.schedule]
    other = "ben" if current == "Ada" else "ada"

    async def holds(who: str) -> bool:
        return slack.groups["S1"] == [f"U{who.upper()}"]

    await until("the group after Slack's failure", lambda: holds(current))
    soon = now["at"]
    override = {"user_id": found.ids[other], "start": soon, "end": text_in(3600)}
    await hosted.call("POST", f"/schedules/{found.schedule}/overrides", override)
    await until("the group after the override", lambda: holds(other))


def text_in(seconds: float) -> str:
    return text(datetime.fromtimestamp(wall_now() + seconds, UTC))


async def test_who_comes_on_call_is_told_and_confirms(hosted: Site) -> None:
    found = await crew(hosted, "ada", "ben")
    now = await hosted.call("GET", "/on-call")
    (current,) = [e["users"][0] for e in now["items"] if e["schedule_id"] == found.schedule]
    other = "ben" if current == "Ada" else "ada"
    await found.as_(current.lower(), "PUT", f"/users/{found.ids[current.lower()]}/shift-notices", {"at_end": True})
    await found.as_(other, "PUT", f"/users/{found.ids[current.lower()]}/shift-notices", {"at_end": True}, status=403)
    await hosted.call("PUT", f"/schedules/{found.schedule}/hand-off", {"confirm_within_s": 600})
    override = {"user_id": found.ids[other], "start": now["at"], "end": text_in(3600)}
    await hosted.call("POST", f"/schedules/{found.schedule}/overrides", override)

    async def told() -> Any:
        items = (await hosted.call("GET", "/outbox?limit=100"))["items"]
        seen = {(i["person"].lower(), i["subject"]) for i in items if i["state"] == "delivered"}
        wanted = {(other, "You are on call: Primary"), (current.lower(), "Your shift has ended: Primary")}
        return wanted <= seen

    await until("the notices", told)
    path = f"/schedules/{found.schedule}/hand-off"
    assert (await hosted.call("GET", path))["unconfirmed"] == [found.ids[other]]
    await found.as_(other, "POST", f"{path}/confirm", status=202)

    async def confirmed() -> bool:
        return (await hosted.call("GET", path))["unconfirmed"] == []

    await until("the confirmation", confirmed)


async def test_hand_off_settings_that_cannot_work_are_refused(site: Site) -> None:
    found = await crew(site, "ada", "ben")
    path = f"/schedules/{found.schedule}/hand-off"
    refused = await site.call("PUT", path, {"slack_group": "S1"}, 422)
    assert refused["errors"][0]["pointer"] == "/slack_token"
    assert (await site.call("PUT", path, {"confirm_within_s": 1}, 422))["errors"][0]["pointer"] == "/confirm_within_s"
    await found.as_("ada", "PUT", path, {"confirm_within_s": 600}, status=403)
