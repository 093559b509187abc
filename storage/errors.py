"""Why a change of configuration was refused; nothing was saved."""

from __future__ import annotations

from datetime import datetime


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


class Overtaken(StorageError):
    """Somebody else changed the thing since whoever changes it now looked at it. `tag`: of what it says now."""

    code = "overtaken"

    def __init__(self, kind: str, by: str, at: datetime | None, tag: str) -> None:
        when = f" at {at:%Y-%m-%d %H:%M:%S} UTC" if at is not None else ""
        super().__init__(
            f"{by} changed the {kind}{when}, after you loaded it. Nothing of yours was saved. "
            "Load it anew and make your change to what it says now; or, to overwrite theirs, send yours with the ETag "
            "of this answer as If-Match."
        )
        self.kind, self.by, self.at, self.tag = kind, by, at, tag

    def __reduce__(self) -> tuple[type[Overtaken], tuple[str, str, datetime | None, str]]:
        return (type(self), (self.kind, self.by, self.at, self.tag))
