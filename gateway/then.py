"""The configuration that a request asks about: the present one, or with `?as_of=` the one of a time.

A route that takes `AsOf` answers for that time; every other refuses the parameter (gateway/auth/principal.py), so that
nobody takes an answer about now for one about then.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Configuration
from gateway.auth.principal import any_services
from gateway.past import configuration_at
from gateway.schemas.base import Moment
from gateway.services import Services
from storage import incidents
from storage.as_of import check_known, session_at

ABOUT = "Answer from the configuration as it was then (RFC 3339); docs/versions.md"


@dataclass(frozen=True, slots=True)
class Then:
    """`at` None: now."""

    services: Services
    at: datetime | None

    @property
    def past(self) -> bool:
        """What is no part of the configuration is not known then."""
        return self.at is not None

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction that sees the configuration of then."""
        return self.services.sessions() if self.at is None else session_at(self.services.sessions, self.at)

    async def configuration(self) -> Configuration:
        """All of it; of now, the one that this gateway works with."""
        if self.at is None:
            return self.services.config.current
        return await configuration_at(self.services.sessions, self.services.sealer, self.at)

    async def open_in(self, lines: Iterable[str]) -> dict[str, str]:
        """Line key -> incident that is open in it; none in the past, of which this is not asked."""
        return await incidents.open_in(self.services.sessions, list(lines)) if self.at is None else {}

    async def now(self) -> float:
        """The instant, UTC epoch seconds, by the database's clock."""
        return await self.services.store.now() if self.at is None else self.at.timestamp()


async def _then(
    services: Annotated[Services, Depends(any_services)],
    as_of: Annotated[Moment | None, Query(description=ABOUT)] = None,
) -> Then:
    if as_of is not None:
        await check_known(services.sessions, as_of)
    return Then(services, as_of)


AsOf = Annotated[Then, Depends(_then)]
