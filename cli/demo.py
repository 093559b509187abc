"""`sentinel demo`: a small team and sample alerts in a running installation, through its API like any client."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx

from cli.demo_team import SAMPLES, load
from cli.progress import Failed, say

WATCH_S = 45.0


class Client:
    """The API with the operator's key."""

    def __init__(self, ready: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {ready['admin_key']}"}
        self._http = httpx.Client(base_url=ready["api"], headers=headers, timeout=10, trust_env=False)

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        """JSON of a GET."""
        return self._json(self._http.get(path, params=parameters))

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """JSON of a POST or PUT."""
        return self._json(self._http.request(method, path, json=body))

    @staticmethod
    def _json(answer: httpx.Response) -> dict[str, Any]:
        if answer.is_error:
            raise Failed(f"{answer.request.method} {answer.request.url.path}: {answer.text[:300]}")
        content: dict[str, Any] = answer.json()
        return content


def run(ready_file: Path) -> None:
    """Load, fire, follow. Raises Failed if nothing runs there."""
    try:
        ready = json.loads(ready_file.read_text())
    except (OSError, ValueError) as error:
        raise Failed(f"nothing runs here: {ready_file} cannot be read; start with make up first") from error
    client = Client(ready)
    integration = team(client)
    key = client.send("POST", f"/integrations/{integration}/keys")
    say("Firing three sample alerts at the demo integration:")
    for sample in SAMPLES:
        httpx.post(key["webhook_url"], json=sample, timeout=10, trust_env=False).raise_for_status()
        say(f"  {sample['severity']:<8} {sample['title']}")
    say("\nPages as they go out (acknowledge them on the outbox page; Ctrl-C ends this view):")
    follow(client)
    say(f"\nThe console: {ready['console']}   sign in: {ready['sign_in']}")


def team(client: Client) -> str:
    """The demo's people and services, if they are not there already; answers the integration's id."""
    for item in client.get("/integrations")["items"]:
        if item["name"] == "Demo":
            say("The demo's teams are there already.")
            return str(item["id"])
    made = load(client.send)
    say("Loaded: five people in two teams, two schedules, two policies, three services, an integration, a heartbeat.")
    return made


def follow(client: Client) -> None:
    """Print new pages for a while."""
    seen: dict[str, str] = {}
    deadline = time.monotonic() + WATCH_S
    try:
        while time.monotonic() < deadline:
            for page in reversed(client.get("/outbox", limit=100)["items"]):
                if seen.get(page["id"]) != page["state"] and page["state"] not in ("pending", "sending"):
                    seen[page["id"]] = page["state"]
                    say(
                        f"  {page['created_at'][11:19]}  {page['person']:<14} {page['channel']:<8} "
                        f"{page['state']:<10} {page['subject']}"
                    )
            time.sleep(0.5)
    except KeyboardInterrupt:
        return
