"""The only errors the domain raises. `field` names the offending input by its path, e.g. "layers[0].users"."""

from __future__ import annotations


class DomainError(Exception):
    """The request makes no sense to the domain."""

    code = "domain_error"


class Invalid(DomainError):
    """A value breaks a rule of the domain; nothing was changed."""

    code = "invalid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message

    def __reduce__(self) -> tuple[type[Invalid], tuple[str, str]]:
        return (type(self), (self.field, self.message))
