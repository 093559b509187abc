"""One Chromium a run, and people who are signed in to the product as `make up` starts it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from gateway.auth.principal import COOKIE
from storage.access import create_session
from storage.db import make_engine, sessions
from tests.product import Product

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
Open = Callable[..., Page]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """For this package only: while it runs, its event loop is this thread's, and no test of asyncio could be."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


async def session_of(dsn: str, user_id: str) -> str:
    engine = make_engine(dsn)
    try:
        return await create_session(sessions(engine), user_id)
    finally:
        await engine.dispose()


@pytest.fixture
def open_as(product: Product, chromium: Browser) -> Iterator[Open]:
    """`open_as(user_id, path)`: a page in a browser of this person's own. What it logs as an error fails the test."""
    errors: list[str] = []
    strangers: list[str] = []
    base = product.ready["api"].removesuffix("/api/v1")
    with ExitStack() as contexts:

        def opened(user_id: str | None, path: str, width: int = 1280) -> Page:
            context = chromium.new_context(viewport={"width": width, "height": 900}, base_url=base)
            contexts.callback(context.close)
            if user_id is not None:
                with ThreadPoolExecutor(1) as thread:
                    token = thread.submit(asyncio.run, session_of(product.dsn, user_id)).result()
                context.add_cookies([{"name": COOKIE, "value": token, "url": base}])
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda m: errors.append(m.text) if "Content Security Policy" in m.text else None)
            page.on("request", lambda r: strangers.append(r.url) if base.split("//")[1] not in r.url else None)
            page.goto(path)
            return page

        yield opened
    assert not errors
    known = ("data:", "blob:", "https://graphs.invalid/")  # the last: where a test's sender keeps its graphs
    assert not [url for url in strangers if not url.startswith(known)], "nothing is loaded from elsewhere"


def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody from using the page (WCAG 2.2 AA)."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    return [
        f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:200]}"
        for v in found.response["violations"]
        if v["impact"] in ("serious", "critical")
    ]
