"""The environment of decisions (for us: the configuration) as this host has it loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from runtime.errors import RuntimeFault, StoreUnavailable
from runtime.registry import EnvSource

T = TypeVar("T")


class Environment:
    """Holds the newest immutable environment; refreshed by version."""

    def __init__(self, source: EnvSource) -> None:
        self._source = source
        self._lock = asyncio.Lock()
        self.current: Any = None

    @property
    def version(self) -> int:
        """Version loaded, -1 before the first load."""
        return -1 if self.current is None else int(self.current.version)

    async def at_least(self, version: int) -> None:
        """Load again if older than `version`. Raises StoreUnavailable."""
        if self.version >= version:
            return
        async with self._lock:
            if self.version < version:
                self.current = await _available(self._source.load())

    async def refresh(self) -> None:
        """Load again if the source has something newer."""
        await self.at_least(await _available(self._source.version()))


async def _available(work: Awaitable[T]) -> T:
    """Whatever a source raises means here only that the environment could not be read now."""
    try:
        return await work
    except RuntimeFault:
        raise
    except Exception as error:
        raise StoreUnavailable(f"environment: {type(error).__name__}: {error}") from error
