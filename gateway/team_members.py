"""Members and owners of a team, as the API and the tree save them."""

from __future__ import annotations

from domain.errors import Invalid
from gateway.schemas.people import TeamInput
from storage.tables import TeamMemberRow


def check_owners(body: TeamInput) -> None:
    """Raises Invalid for an owner who is no member."""
    members = set(body.member_ids)
    for n, owner in enumerate(body.owner_ids):
        if owner not in members:
            raise Invalid(f"owner_ids[{n}]", "An owner of a team must be one of its members: add them to both.")


def members_of(body: TeamInput, ident: str) -> list[TeamMemberRow]:
    """The rows, each member once."""
    owners = set(body.owner_ids)
    return [TeamMemberRow(team_id=ident, user_id=u, owner=u in owners) for u in dict.fromkeys(body.member_ids)]
