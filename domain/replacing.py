"""dataclasses.replace for frozen classes with slots, several times as fast: every event makes a new line of 40 fields.

The copy is built as one of a twin class, which has the same slots and is not frozen, and is then declared to be one of
the class itself. The constructor is left out, so it is for classes without `__post_init__`; to mypy it is
dataclasses.replace itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:

    def replace(made: Any, /, **changes: Any) -> Any:
        """A copy with other values. Raises TypeError for a field that it does not have."""
        kind = type(made)
        copy = (_known.get(kind) or _learn(kind))(made)
        try:
            for name, value in changes.items():
                setattr(copy, name, value)
        except AttributeError:
            raise TypeError(f"{kind.__name__} has no field {name!r}") from None
        copy.__class__ = kind
        return copy


_known: dict[type, Callable[[Any], Any]] = {}


def _learn(kind: type) -> Callable[[Any], Any]:
    """How one of a class is copied into one of its twin: written out field by field, as the interpreter is fastest."""
    names = [field.name for field in fields(kind)]
    if len(names) < 2 or hasattr(kind, "__post_init__") or "__slots__" not in vars(kind):
        raise TypeError(f"{kind.__name__} is not a class with slots, two fields or more and a plain constructor")
    lines = [
        "def copied(made):",
        " copy = new(twin)",
        *(f" copy.{name} = made.{name}" for name in names),
        " return copy",
    ]
    known: dict[str, Any] = {"new": object.__new__, "twin": make_dataclass(kind.__name__, names, slots=True)}
    exec("\n".join(lines), known)  # names of fields of our own classes, nothing else
    copied: Callable[[Any], Any] = known["copied"]
    return _known.setdefault(kind, copied)
