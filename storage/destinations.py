"""Destinations between their rows, where address and settings are sealed, and the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from domain.destination import Destination
from domain.people import ContactMethod
from storage.sealed import Sealer
from storage.tables import DestinationRow


def destination_of(row: DestinationRow, sealer: Sealer) -> Destination:
    """One destination, opened. Nobody proves its address by a code: who may configure it answers for it.

    In the past an address that was replaced since is not known (storage/versioned.py).
    """
    opened = sealer.open(row.sealed)
    contact = ContactMethod(
        row.id, row.id, cast(Any, row.kind), "", opened["address"], settings=opened.get("settings", {})
    )
    return Destination(row.id, row.name, contact, row.team_id)


def sealed(sealer: Sealer, address: str, settings: Mapping[str, str]) -> bytes:
    """What a row keeps of its address and settings."""
    return sealer.seal({"address": address, "settings": {k: v for k, v in settings.items() if v}})


def settings_of(secret: str, mention: bool) -> dict[str, str]:
    """As the channels read them."""
    return {"secret": secret, "mention": "channel" if mention else ""}
