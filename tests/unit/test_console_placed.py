"""The pages are built once and served beneath any path."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ui.placed import place
from ui.site import ANYWHERE, PAGES


@pytest.mark.parametrize(("base", "at"), [("", "."), ("/sentinel", "sentinel"), ("/a/b", "a/b")])
def test_the_word_for_anywhere_becomes_the_base_in_pages_and_their_packed_copies(
    tmp_path: Path, base: str, at: str
) -> None:
    built, to = tmp_path / "built", tmp_path / "served"
    pages = built / PAGES / ANYWHERE.strip("/")
    pages.mkdir(parents=True)
    (built / "backend").mkdir()
    (built / "routes.json").write_text("[]")
    page = f'<script src="{ANYWHERE}/assets/a.js"></script>'
    (pages / "index.html").write_text(page)
    (pages / "index.html.gz").write_bytes(gzip.compress(page.encode()))
    (pages / "icon.svg").write_text("<svg/>")
    for _ in range(2):
        place(built, to, base)
    served = to / PAGES / at
    expected = f'<script src="{base}/assets/a.js"></script>'
    assert (served / "index.html").read_text() == expected
    assert gzip.decompress((served / "index.html.gz").read_bytes()).decode() == expected
    assert (served / "icon.svg").read_text() == "<svg/>"
    assert (to / "routes.json").exists()
