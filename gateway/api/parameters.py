"""Kinds of parameters that many routes take."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator


def _storable(text: str) -> str:
    """Postgres keeps no NUL, so no id has one: without it the id is another, which is not found."""
    return text.replace("\x00", "")


PathId = Annotated[str, AfterValidator(_storable)]
"""An id in the path of a URL."""
Key = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]
"""An id in the query; "" where it is left away."""
