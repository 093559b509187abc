"""The fast replace is dataclasses.replace."""

from __future__ import annotations

import dataclasses

import pytest

from domain.alert import Severity
from domain.incident import AlertState, Ladder, Line, Status
from domain.people import User
from domain.replacing import replace

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
