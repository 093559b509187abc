"""Pages on which the configuration is looked at as it was (`?as_of=`), and what they ask of that time. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

PAGES = ("/on-call", "/policies", "/acknowledged")


def shows(path: str) -> bool:
    """True for a page of the console that can be looked at as of a time."""
    kind, _, rest = path.removeprefix("/").partition("/")
    return path in PAGES or (kind == "policies" and rest != "new") or (kind == "schedules" and rest.endswith("/edit"))


def asks(method: str, path: str) -> bool:
    """True for what such a page asks of that time: what it reads of the configuration, and what it tries.

    Who looks at it, and how old the copies of imported calendars are, is known for now only.
    """
    if method == "GET":
        return path != "/me" and "/calendars" not in path
    return method == "POST" and path.endswith("/preview")


def words(as_of: str) -> str:
    """The time, for a person."""
    try:
        return f"{datetime.fromisoformat(as_of).astimezone(UTC):%d %b %Y %H:%M:%S} UTC"
    except ValueError:
        return as_of
