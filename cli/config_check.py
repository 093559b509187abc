"""Which database the commands ask that look at an installation from outside."""

from __future__ import annotations

from cli.home import Home
from cli.progress import Failed
from storage.settings import Settings


def database_of(settings: Settings) -> str:
    """DATABASE_URL, or the embedded database of a running home. Raises Failed."""
    if settings.database_url:
        return settings.database_url
    home = Home(settings.home)
    urls = home.read(home.urls)
    if home.read(home.ready) is None or urls is None:
        raise Failed(f"nothing runs from {home.path}; start with make up, or set DATABASE_URL")
    return str(urls["database_url"])
