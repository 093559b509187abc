"""A web server with one calendar: validators, redirects, and everything else a feed can do wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from tests.fakes.listening import Listening, Quiet


@dataclass
class CalendarServer(Listening):
    """`body` is served with an ETag; `status` other than 200 instead; `redirect`: Location of a 302."""

    body: bytes = b""
    status: int = 200
    redirect: str = ""
    requests: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def handler(self) -> type[Quiet]:
        server = self

        class Handler(Quiet):
            def do_GET(self) -> None:
                server.requests.append({k.lower(): v for k, v in self.headers.items()})
                tag = f'"{sha256(server.body).hexdigest()[:16]}"'
                status = server.status
                if server.redirect:
                    status = 302
                elif status == 200 and self.headers.get("if-none-match") == tag:
                    status = 304
                server.answers.append(status)
                self.send_response(status)
                if server.redirect:
                    self.send_header("location", server.redirect)
                if status == 200:
                    self.send_header("etag", tag)
                    self.send_header("last-modified", "Mon, 05 Jan 2026 09:00:00 GMT")
                self.send_header("content-length", str(len(server.body) if status == 200 else 0))
                self.end_headers()
                if status == 200:
                    self.wfile.write(server.body)

        return Handler

    @property
    def url(self) -> str:
        return f"{super().url}/on-call.ics"
