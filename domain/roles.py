"""Who may do what: one table."""

from __future__ import annotations

from typing import Literal

Permission = Literal["read", "respond", "configure", "admin"]
Role = Literal["viewer", "responder", "manager", "admin"]

GRANTS: dict[str, tuple[Permission, ...]] = {
    "viewer": ("read",),
    "responder": ("read", "respond"),
    "manager": ("read", "respond", "configure"),
    "admin": ("read", "respond", "configure", "admin"),
}


RANKS: tuple[str, ...] = tuple(GRANTS)
"""From the least to the most."""


def outranks(role: str, other: str) -> bool:
    """True if the first role may more than the second; an unknown one may less than any."""
    ranks = {name: n for n, name in enumerate(RANKS)}
    return ranks.get(role, -1) > ranks.get(other, -1)


def permissions(role: str, scopes: tuple[str, ...]) -> list[Permission]:
    """All that this role may with these scopes."""
    return [p for p in GRANTS.get(role, ()) if allows(role, scopes, p)]


def allows(role: str, scopes: tuple[str, ...], permission: Permission) -> bool:
    """True if the role has the permission and the key's scopes, if any, include it. Scope admin includes all."""
    if permission not in GRANTS.get(role, ()):
        return False
    return not scopes or permission in scopes or "admin" in scopes or (permission == "read" and bool(scopes))
