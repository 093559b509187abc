"""Slack's Web API, as far as user groups go: https://docs.slack.dev/reference/methods/usergroups.users.update"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.listening import Listening, Quiet


@dataclass
class SlackServer(Listening):
    """`users`: e-mail -> Slack id; `groups`: id -> members; `fail`: answers still to come, instead of doing it:
    a status (429, 500), or an error of Slack's."""

    token: str = "xoxb-good"
    users: dict[str, str] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    fail: list[int | str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answer(self, method: str, authorization: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.calls.append((method, form))
        if self.fail:
            wrong = self.fail.pop(0)
            return (wrong, {}) if isinstance(wrong, int) else (200, {"ok": False, "error": wrong})
        if authorization != f"Bearer {self.token}":
            return 200, {"ok": False, "error": "invalid_auth"}
        if method == "users.lookupByEmail":
            found = self.users.get(form.get("email", ""))
            if found is None:
                return 200, {"ok": False, "error": "users_not_found"}
            return 200, {"ok": True, "user": {"id": found}}
        if method == "usergroups.users.update":
            if form.get("usergroup") not in self.groups:
                return 200, {"ok": False, "error": "no_such_subteam"}
            members = [u for u in form.get("users", "").split(",") if u]
            if not members:
                return 200, {"ok": False, "error": "no_users_provided"}
            self.groups[form["usergroup"]] = members
            return 200, {"ok": True, "usergroup": {"id": form["usergroup"], "users": members}}
        return 200, {"ok": False, "error": "unknown_method"}

    def handler(self) -> type[Quiet]:
        slack = self

        class Handler(Quiet):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
                form = {k: v[0] for k, v in parse_qs(raw).items()}
                method = self.path.rpartition("/")[2]
                status, body = slack.answer(method, self.headers.get("authorization", ""), form)
                out = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(out)))
                self.end_headers()
                self.wfile.write(out)

        return Handler

    @property
    def url(self) -> str:
        return f"{super().url}/api"
