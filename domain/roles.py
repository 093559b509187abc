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


def allows(role: str, scopes: tuple[str, ...], permission: Permission) -> bool:
    """True if the role has the permission and the key's scopes, if any, include it. Scope admin includes all."""
    if permission not in GRANTS.get(role, ()):
        return False
    return not scopes or permission in scopes or "admin" in scopes or (permission == "read" and bool(scopes))
