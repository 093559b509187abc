"""Pages on which the configuration is looked at as it was (`?as_of=`), and what they ask of that time. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

PLACES = (
    ("On call", "/on-call"),
    ("Policies", "/policies"),
    ("Services", "/services"),
    ("Integrations", "/integrations"),
    ("Noise", "/noise"),
    ("People", "/people"),
)
"""Where one can go in that time; from there on by their tabs and links."""
WITHIN = (
    "/on-call/load",
    "/on-call/holidays",
    "/acknowledged",
    "/destinations",
    "/noise/maintenance",
    "/noise/heartbeats",
    "/teams",
)
PAGES = (*(path for _, path in PLACES), *WITHIN)
KINDS = ("policies", "people", "integrations")
"""Beneath these each page is about one thing that was configured."""
OF_NOW = ("/me", "/standing", "/setup")
"""What is asked of the present on such a page too: who looks, how things stand, what this installation can send."""


def shows(path: str) -> bool:
    """True for a page of the console that can be looked at as of a time."""
    kind, _, rest = path.removeprefix("/").partition("/")
    one = kind in KINDS and rest not in ("", "new")
    return path in PAGES or one or (kind == "schedules" and rest.endswith("/edit"))


def asks(method: str, path: str) -> bool:
    """True for what such a page asks of that time: what it reads of the configuration, and what it tries.

    How old the copies of imported calendars are is known for now only.
    """
    if method == "GET":
        return path not in OF_NOW and "/calendars" not in path
    return method == "POST" and (path.endswith("/preview") or path == "/plan")


def words(as_of: str) -> str:
    """The time, for a person."""
    try:
        return f"{datetime.fromisoformat(as_of).astimezone(UTC):%d %b %Y %H:%M:%S} UTC"
    except ValueError:
        return as_of
