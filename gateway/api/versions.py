"""Versions of the configuration: who changed what and when, what is different since, and the way back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from domain.errors import Invalid
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.schemas.base import problems
from gateway.schemas.configuration import (
    TreeChange,
    TreePlan,
    Version,
    VersionDetail,
    VersionDifference,
    VersionPage,
    changes_of,
)
from gateway.services import Services
from gateway.tree.compared import compared
from gateway.tree.returning import everything_at, roll_back
from storage import versions

router = APIRouter(prefix="/configuration", tags=["configuration"])
LARGEST = 2**62
Number = Annotated[int, Path(ge=0, le=LARGEST)]
Asked = Annotated[int, Query(ge=0, le=LARGEST)]


@router.get("/versions", operation_id="listConfigurationVersions")
async def list_versions(
    _: Reader,
    gateway: Gateway,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
) -> VersionPage:
    """Every saved change of configuration that is known, the newest first."""
    if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
        raise Invalid("cursor", "This cursor is not one of ours; start again without it.")
    before = min(int(cursor), LARGEST) if cursor is not None else None
    found = await versions.listed(gateway.sessions, limit + 1, before)
    following = str(found[limit - 1].number) if len(found) > limit else None
    return VersionPage(items=[Version.of(v) for v in found[:limit]], next_cursor=following)


@router.get("/versions/{number}", operation_id="getConfigurationVersion", responses=problems(404))
async def get_version(number: Number, _: Configurer, gateway: Gateway) -> VersionDetail:
    """A version, and what its change changed."""
    version = await versions.one(gateway.sessions, number)
    before, changes = await versions.before(gateway.sessions, version), None
    if before is not None:
        changes = changes_of(compared(await everything_at(gateway, before), await everything_at(gateway, version.at)))
    return VersionDetail(**Version.of(version).model_dump(), changes=changes)


@router.get("/diff", operation_id="compareConfigurationVersions", responses=problems(404))
async def compare(
    _: Configurer,
    gateway: Gateway,
    from_: Annotated[Asked, Query(alias="from", description="Number of the version to compare with")],
    to: Annotated[Asked | None, Query(description="Default: what is stored now")] = None,
) -> VersionDifference:
    """What is different between two versions."""
    newest = (await versions.listed(gateway.sessions, 1, None))[:1]
    later = to if to is not None else newest[0].number if newest else from_
    return VersionDifference(from_version=from_, to_version=later, changes=await _between(gateway, from_, later))


async def _between(gateway: Services, earlier: int, later: int) -> list[TreeChange]:
    first, last = await versions.one(gateway.sessions, earlier), await versions.one(gateway.sessions, later)
    return changes_of(compared(await everything_at(gateway, first.at), await everything_at(gateway, last.at)))


@router.post(
    "/versions/{number}/roll-back",
    operation_id="rollBackConfiguration",
    responses=problems(404, 409),
)
async def roll_back_to(
    number: Number,
    caller: Configurer,
    gateway: Gateway,
    dry: Annotated[bool, Query(description="Say only what would change, and what that means for people")] = False,
    if_version: Annotated[
        int | None, Query(ge=0, le=LARGEST, description="Refuse unless the stored configuration has this version")
    ] = None,
) -> TreePlan:
    """A new version that is what this one was, or nothing. Secrets, keys, passwords and silences stay as they are."""
    return TreePlan.of(await roll_back(gateway, caller, number, dry, if_version), dry=dry)
