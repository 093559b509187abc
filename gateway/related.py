"""What else is open around an incident: of its own service, of what that needs, of what needs it."""

from __future__ import annotations

from typing import Any, Literal

from domain.service import downstream, upstream
from gateway.schemas.routing import Related
from gateway.services import Services
from storage import incidents

SHOWN = 20
SEARCHED = 100


async def related(gateway: Services, body: dict[str, Any]) -> list[Related]:
    """Causes before consequences, the nearest first; of equally near ones the worst. `body`: from the read model."""
    own, known = str(body.get("service_id")), gateway.config.current.services
    if own not in known:
        return []
    causes, consequences = upstream(known, own), downstream(known, own)
    around = [own, *causes, *consequences]
    rows = await incidents.of_services(gateway.sessions, around, body["id"], SEARCHED)

    def where(ident: str) -> tuple[int, Literal["same", "upstream", "downstream"], int]:
        """In a circle a service is both; then it is taken for a cause."""
        if ident == own:
            return 0, "same", 0
        return (1, "upstream", causes[ident]) if ident in causes else (2, "downstream", consequences[ident])

    found = sorted(
        ((where(row["service_id"]), n) for n, row in enumerate(rows)), key=lambda f: (f[0][0], f[0][2], f[1])
    )
    return [
        Related.of(rows[n], known[rows[n]["service_id"]].name, relation, steps)
        for (_, relation, steps), n in found[:SHOWN]
    ]
