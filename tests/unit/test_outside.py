"""Where an installation connects on somebody's word, and where never."""

from __future__ import annotations

import aiohttp
import pytest

from channels.http import HttpClient
from channels.outside import Guarded, Outside, Refused, networks
from runtime.effects import Rejected
from storage.settings import Settings, SettingsInvalid

INSIDE = (
    "127.0.0.1",
    "10.0.0.5",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.0.1",
    "::1",
    "fd12::1",
    "fe80::1%eth0",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::ffff:192.168.1.1",
)
NEVER = ("169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "224.0.0.1", "ff02::1", "0.0.0.0", "::")


@pytest.mark.parametrize("address", [*INSIDE, *NEVER])
def test_the_default_is_closed_also_for_what_hides_in_another_address(address: str) -> None:
    assert Outside().refusal(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_the_open_internet_is_open(address: str) -> None:
    assert Outside().refusal(address) == ""


def test_what_the_settings_name_is_allowed_and_nothing_beside_it() -> None:
    outside = Outside(networks(["10.1.0.0/16", " fd12::/64 ", "127.0.0.1"]))
    assert [outside.refusal(a) == "" for a in ("10.1.2.3", "fd12::1", "127.0.0.1", "::ffff:10.1.2.3")] == [True] * 4
    assert all(map(outside.refusal, ("10.2.0.1", "127.0.0.2", "fd13::1")))


@pytest.mark.parametrize("address", NEVER)
def test_nothing_allows_metadata_and_multicast(address: str) -> None:
    everything = Outside(networks(["0.0.0.0/0", "::/0"]), all_private=True)
    assert everything.refusal(address)


def test_a_refusal_says_how_to_allow_it() -> None:
    assert "set SENTINEL_ALLOW_ADDRESSES=10.0.0.5 for gateways and hosts" in Outside().refusal("10.0.0.5")


def test_a_wrong_setting_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTINEL_ALLOW_ADDRESSES", "10.0.0.0/8,intranet")
    with pytest.raises(SettingsInvalid, match="SENTINEL_ALLOW_ADDRESSES"):
        Settings.from_env()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "127.1", "2130706433", "0x7f.1"])
async def test_every_way_of_writing_this_machine_is_looked_at_when_saved_and_when_sent_to(host: str) -> None:
    url, http = f"http://{host}:9/secret-part", HttpClient(Outside())
    with pytest.raises(Refused):
        await Outside().check(url)
    outcome = await http.post(url, b"{}", {}, 2.0)
    await http.close()
    assert isinstance(outcome, Rejected) and not outcome.retryable
    refused = "private network" in outcome.reason or "is no http(s) URL" in outcome.reason
    assert refused and "secret-part" not in outcome.reason


async def test_a_name_that_answers_otherwise_the_second_time_leads_nowhere() -> None:
    """The connection goes to the addresses that were looked at; there is no second look-up."""

    class Rebinding(aiohttp.ThreadedResolver):
        answers = ("1.1.1.1", "127.0.0.1")
        asked = 0

        async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[aiohttp.abc.ResolveResult]:
            found = self.answers[self.asked]
            self.asked += 1
            return [{"hostname": host, "host": found, "port": port, "family": 2, "proto": 0, "flags": 0}]

    guarded = Guarded(Outside())
    guarded._inner = Rebinding()
    assert [r["host"] for r in await guarded.resolve("rebound.example", 80)] == ["1.1.1.1"]
    with pytest.raises(Refused):
        await guarded.resolve("rebound.example", 80)


async def test_a_name_that_does_not_resolve_now_may_be_saved() -> None:
    await Outside().check("https://no-such-host.invalid/hook")
