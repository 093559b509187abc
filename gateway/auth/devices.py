"""A browser by the name people know it by, so that somebody can tell their sessions apart.

A guess from the User-Agent header (RFC 9110, section 10.1.5), for eyes only: nothing is decided by it.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""The first that occurs: the later ones name themselves after the earlier."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
LONGEST = 60


def named(agent: str) -> str:
    """Such as "Firefox on Linux"; what is unknown by the beginning of its own words."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    known = " on ".join(part for part in (browser, system) if part)
    return known or "".join(c for c in agent[:LONGEST] if c.isprintable()).strip() or "unknown device"


def place_of(connection: HTTPConnection) -> tuple[str, str]:
    """Device and network address of who asks."""
    return named(connection.headers.get("user-agent", "")), connection.client.host if connection.client else ""
