"""The configuration as one tree: plans, what was applied, drift."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from gateway.schemas.base import Output, Page
from gateway.schemas.consequences import Consequence
from gateway.tree.applying import Outcome
from gateway.tree.compared import Compared
from gateway.tree.differences import Difference, plain
from gateway.tree.faults import pointer
from storage.versions import Version as StoredVersion


class FieldChange(Output):
    """A field of a thing. `path`: JSON pointer within it; null: nothing. Secrets are not shown."""

    path: str
    before: Any
    after: Any
    words: str

    @classmethod
    def of(cls, difference: Difference) -> FieldChange:
        before, after = plain(difference.before), plain(difference.after)
        return cls(path=pointer(difference.path), before=before, after=after, words=difference.words)


class TreeChange(Output):
    """A thing that is, or would be, made, changed or deleted."""

    section: str
    name: str
    action: Literal["create", "update", "delete"]
    fields: list[FieldChange]


class NotInTree(Output):
    """Stored, but not said by the tree: left as it is, unless pruned."""

    section: str
    name: str


class TreePlan(Output):
    """`version`: of the stored configuration. `applied`: of the one that was saved; null: nothing was."""

    version: int
    applied: int | None
    changes: list[TreeChange]
    consequences: list[Consequence]
    not_in_tree: list[NotInTree]

    @classmethod
    def of(cls, outcome: Outcome, dry: bool) -> TreePlan:
        proposal = outcome.proposal
        changes = [
            TreeChange.model_validate(
                {
                    "section": item.section.name,
                    "name": item.name,
                    "action": item.action,
                    "fields": [FieldChange.of(d) for d in proposal.differences(item)],
                }
            )
            for item in proposal.changes
        ]
        return cls(
            version=outcome.version,
            applied=None if dry else outcome.applied,
            changes=changes,
            consequences=[Consequence.of(c) for c in outcome.consequences],
            not_in_tree=[NotInTree(section=section, name=name) for section, name in proposal.left],
        )


class Locked(Output):
    """Managed by code."""

    lives_in: str = Field(description="Where the tree is, as it says; may be empty")
    locked: list[str] = Field(description="Sections of the tree that are not changed by hand")


class DriftedThing(Output):
    """A thing that is not as the tree left it. Without fields: it is gone."""

    section: str
    name: str
    fields: list[FieldChange]


class TreeDrift(Output):
    """Whether the stored configuration still is what was applied last; null where nothing ever was."""

    drifted: bool
    things: list[DriftedThing]
    applied_version: int | None
    applied_at: datetime | None
    applied_by: str | None
    lives_in: str = Field(description="Where the tree is kept")
    locked: list[str] = Field(description="Sections that only a tree may change")


class Version(Output):
    """A saved change of configuration and what it was from then on. `words`: who did what, in one line."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str = Field(description="kind/id of what was changed; configuration: several things")
    words: str

    @classmethod
    def of(cls, version: StoredVersion) -> Version:
        plain = {name: getattr(version, name) for name in cls.model_fields}
        return cls.model_validate(plain)


class VersionPage(Page):
    """The newest first."""

    items: list[Version]


class VersionDetail(Version):
    """`changes`: against the version before; null for the first that is known. Secrets are not shown."""

    changes: list[TreeChange] | None


class VersionDifference(Output):
    """What is different in `to`. Things are told apart by their id; `name` is the later one."""

    from_version: int
    to_version: int
    changes: list[TreeChange]


def changes_of(found: Iterable[Compared]) -> list[TreeChange]:
    """As they are answered."""
    return [
        TreeChange(section=c.section, name=c.name, action=c.action, fields=[FieldChange.of(d) for d in c.differences])
        for c in found
    ]
