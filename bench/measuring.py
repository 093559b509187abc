"""What the measurements share: where they run, and what on."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.product import Product


def machine(used: str = "") -> str:
    """This one, for the head of a report; `used`: how much of it, such as " (one used)"."""
    return f"{os.cpu_count()} cores{used}, {platform.machine()}, Python {platform.python_version()}"


@contextmanager
def directory() -> Iterator[Path]:
    """An empty one that the database's own user may enter, removed at the end."""
    base = Path(tempfile.mkdtemp(prefix="snt-bench-", dir="/tmp"))
    base.chmod(0o755)
    try:
        yield base
    finally:
        shutil.rmtree(base, ignore_errors=True)


@contextmanager
def running_product() -> Iterator[Product]:
    """As `make up` starts it, with nothing in it."""
    with directory() as base:
        product = Product(base / "home")
        try:
            product.start()
            yield product
        finally:
            product.stop()
