"""Slack's Web API, as far as user groups go: https://docs.slack.dev/reference/methods/usergroups.users.update"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass
class SlackServer:
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

    def __enter__(self) -> SlackServer:
        slack = self

        class Handler(BaseHTTPRequestHandler):
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

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api"
