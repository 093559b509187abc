"""A password that somebody chooses, typed twice: what the pages have in common that set one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Request

from gateway.auth.passwords import hash_password, unfit
from gateway.auth.principal import same_origin

OTHER_SITE = "This request came from another site."


@dataclass(frozen=True, slots=True)
class Chosen:
    """`ours`: it was typed on a page of ours. `problem`: why it cannot be taken, for a person; "" if it can."""

    ours: bool
    problem: str
    _password: str

    async def hashed(self) -> str:
        """As it is stored."""
        return await hash_password(self._password)


async def chosen(
    request: Request,
    password: Annotated[str, Form(max_length=1000)],
    again: Annotated[str, Form(max_length=1000)],
) -> Chosen:
    """Of templates/passwords.html."""
    return Chosen(same_origin(request), unfit(password, again), password)


Choice = Annotated[Chosen, Depends(chosen)]
