"""What time it is for a gateway: the database's, as for the hosts, so that its machine's clock can be wrong.

Counted on while the database is away. A gateway that has not heard it since its start goes by its machine's clock.
"""

from __future__ import annotations

from runtime.clock import DatabaseTime, SystemClock, wall_now


class GatewayTime:
    """One per gateway."""

    def __init__(self) -> None:
        self._time = DatabaseTime(SystemClock())

    def observe(self, db_now: float) -> None:
        """The database's time as just answered, UTC epoch seconds."""
        self._time.observe(db_now)

    def now(self) -> float:
        """UTC epoch seconds."""
        return self._time.now() if self._time.known else wall_now()
