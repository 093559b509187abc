"""The built pages, put beneath the path they are served at.

They are built once, for whatever path: it stands in them as a word that nothing else is called (ANYWHERE). A release
therefore serves at the root of a host and beneath a path of it, without Node and without being built again.
"""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

from ui.site import ANYWHERE, PAGES


def place(built: Path, to: Path, base: str) -> None:
    """A copy of `built` at `to`, to be served beneath `base` ("/sentinel"; "" for the root)."""
    shutil.rmtree(to, ignore_errors=True)
    pages = to / PAGES / base.strip("/")
    shutil.copytree(built / PAGES / ANYWHERE.strip("/"), pages)
    for path in pages.rglob("*"):
        if path.suffix in (".html", ".js", ".css") and ANYWHERE.encode() in (content := path.read_bytes()):
            content = content.replace(ANYWHERE.encode(), base.encode())
            path.write_bytes(content)
            packed = path.with_name(path.name + ".gz")
            if packed.exists():
                packed.write_bytes(gzip.compress(content, mtime=0))
    shutil.copytree(built / "backend", to / "backend")
    shutil.copy(built / "routes.json", to)
