"""The fast replace is dataclasses.replace."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from domain.alert import Severity
from domain.incident import AlertState, Ladder, Line, Status
from domain.people import User
from domain.replacing import quick, replace

MADE = (
    Line(episode=3, status=Status.TRIGGERED, alerts={"k": AlertState("k", "t", True, Severity.INFO, 1.0)}),
    AlertState("k", "t", True, Severity.INFO, None, labels={"a": "b"}),
    Ladder("ada", 5.0, ()),
)


@pytest.mark.parametrize("made", MADE, ids=lambda m: type(m).__name__)
def test_a_copy_is_what_dataclasses_would_have_made(made: Line | AlertState | Ladder) -> None:
    for field in dataclasses.fields(made):
        change = {field.name: "another"}
        copy = replace(made, **change)  # type: ignore[arg-type]
        assert copy == dataclasses.replace(made, **change)  # type: ignore[arg-type]
        assert type(copy) is type(made)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(copy, field.name, "x")
    assert replace(made) == made and replace(made) is not made


def test_what_it_cannot_copy_it_refuses() -> None:
    with pytest.raises(TypeError, match="no field 'stepp'"):
        replace(MADE[0], stepp=1)  # type: ignore[call-arg]

    @dataclasses.dataclass(frozen=True, slots=True)
    class Checked:
        one: int
        two: int

        def __post_init__(self) -> None:
            raise ValueError

    with pytest.raises(TypeError, match="Checked"):
        replace(object.__new__(Checked), one=1)
    user = User("ada", "Ada", "")
    assert replace(user, name="Bea") == dataclasses.replace(user, name="Bea")


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    kind: str
    number: int = 5
    many: dict[str, int] = dataclasses.field(default_factory=dict)


@quick
@dataclasses.dataclass(frozen=True, slots=True)
class Quick:
    kind: str
    number: int = 5
    many: dict[str, int] = dataclasses.field(default_factory=dict)


@pytest.mark.parametrize(
    ("places", "names"),
    [(("a",), {}), (("a", 1), {}), (("a", 1, {"k": 2}), {}), ((), {"many": {"k": 1}, "kind": "c"})],
)
def test_a_quick_class_is_made_as_dataclasses_makes_it(places: tuple[Any, ...], names: dict[str, Any]) -> None:
    made = Quick(*places, **names)
    assert dataclasses.astuple(made) == dataclasses.astuple(Plain(*places, **names))
    assert type(made) is Quick and made == Quick(*places, **names)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.kind = "x"  # type: ignore[misc]


def test_a_quick_class_refuses_what_dataclasses_refuses_and_shares_no_default() -> None:
    wrongs: list[dict[str, Any]] = [{}, {"kind": "a", "unknown": 1}]
    for wrong in wrongs:
        with pytest.raises(TypeError):
            Quick(**wrong)
    assert Quick("a").many is not Quick("a").many
