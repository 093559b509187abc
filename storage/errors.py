"""Why a change of configuration was refused; nothing was saved."""

from __future__ import annotations


class StorageError(Exception):
    """The stored configuration does not allow this."""

    code = "storage_error"


class NotFound(StorageError):
    """There is no such thing (any more)."""

    code = "not_found"

    def __init__(self, kind: str, ident: str) -> None:
        super().__init__(f"There is no {kind} with id {ident!r}. It may have been deleted; list the {kind}s to see.")
        self.kind = kind
        self.ident = ident

    def __reduce__(self) -> tuple[type[NotFound], tuple[str, str]]:
        return (type(self), (self.kind, self.ident))


class Conflict(StorageError):
    """Another one has this name or address already, or the thing is still in use."""

    code = "conflict"
