"""What is to be put into a sender is what that sender reads, and the key is in it once."""

from __future__ import annotations

import json
import shlex

import pytest
import yaml

from gateway.snippets import snippets
from integrations.registry import TYPES

URL = "https://sentinel.example.org/api/v1/webhooks/"


@pytest.mark.parametrize("kind", TYPES)
def test_every_snippet_has_the_address_and_the_key(kind: str) -> None:
    for snippet in snippets(kind, URL + kind, "snt_int_x"):
        assert URL + kind in snippet.text and "snt_int_x" in snippet.text, snippet.name


@pytest.mark.parametrize("kind", TYPES)
def test_what_curl_sends_is_taken_by_the_integration(kind: str) -> None:
    (curl,) = (s for s in snippets(kind, URL + kind, "k") if s.name == "curl")
    words = shlex.split(curl.text.replace("\\\n", " "))
    assert words[:4] == ["curl", "-X", "POST", URL + kind]
    assert "Authorization: Bearer k" in words
    (alert,) = TYPES[kind].parse({}, words[words.index("-d") + 1].encode(), 0.0).events
    assert (alert.title, alert.status) == ("Disk full on db1", "firing")


def test_the_yaml_of_alertmanager_and_grafana() -> None:
    file = yaml.safe_load(snippets("prometheus", URL + "prometheus", "k")[0].text)
    receiver = file["receivers"][0]
    assert file["route"]["receiver"] == receiver["name"] and file["route"]["group_by"] == ["alertname"]
    (webhook,) = receiver["webhook_configs"]
    assert webhook["url"] == URL + "prometheus" and webhook["send_resolved"] is True
    assert webhook["http_config"] == {"authorization": {"type": "Bearer", "credentials": "k"}}
    point = yaml.safe_load(snippets("grafana", URL + "grafana", "k")[1].text)["contactPoints"][0]["receivers"][0]
    assert point["type"] == "webhook" and point["settings"]["url"] == URL + "grafana"
    assert point["settings"]["authorization_credentials"] == "k"


def test_what_any_webhook_is_told_resolves_the_same_alert() -> None:
    text = snippets("generic", URL + "generic", "k")[-1].text
    bodies = [json.loads(line.partition(" ")[2]) for line in text.splitlines() if line.startswith("Body")]
    fires, over = (TYPES["generic"].parse({}, json.dumps(b).encode(), 0.0).events[0] for b in bodies)
    assert (fires.status, over.status, fires.dedup_key) == ("firing", "resolved", over.dedup_key)
