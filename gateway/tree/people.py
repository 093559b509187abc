"""Users with how to reach them, and teams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.addresses import check_address
from domain import window
from domain.configuration import Configuration
from domain.errors import Invalid
from domain.quiet import check_quiet_hours
from domain.validation import check_zone
from gateway.references import check_unused
from gateway.schemas.people import ContactInput, Rule, Rules, TeamInput
from gateway.schemas.rota import ShiftNotices
from gateway.schemas.schedules import Window
from gateway.schemas.tree import UserBody
from gateway.team_members import check_owners, members_of
from gateway.tree.faults import Faults, Path
from gateway.tree.section import Desk, Section, Stored, columns, numbered
from storage.canary import CANARY
from storage.changes import fetch
from storage.contacts import opened, seal
from storage.sealed import Sealer
from storage.tables import (
    ContactMethodRow,
    NotificationRuleRow,
    OverrideRow,
    ShiftNoticesRow,
    TeamRow,
    UserRow,
)

NOTICES = ("at_start", "at_end", "remind_before_s", "slack_user")


class Users(Section[UserBody]):
    """By e-mail address. The canary is none of them."""

    name = "users"
    kind = "user"
    model = UserBody
    key = "email"
    inside = ("contacts", "contact method")

    def same(self, name: str) -> str:
        return name.lower()

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[UserBody]]:
        notices = {n.user_id: n for n in (await session.execute(select(ShiftNoticesRow))).scalars()}
        rows = (await session.execute(select(UserRow).where(UserRow.id != CANARY).order_by(UserRow.email))).scalars()
        return {row.email: _user(row, notices.get(row.id), sealer) for row in rows}

    def settle(
        self, name: str, body: UserBody, stored: Stored[UserBody] | None, path: Path, faults: Faults
    ) -> UserBody:
        if stored is None:
            try:
                check_address("email", name)
            except Invalid as error:
                faults.add(path, error.message)
        contacts = dict[str, ContactInput]()
        for key, contact in (body.contacts or {}).items():
            try:
                address = check_address(contact.channel, contact.address.get_secret_value())
            except Invalid as error:
                faults.add((*path, "contacts", key, "address"), error.message)
                continue
            label = contact.label or contact.channel
            plain = {**columns(contact, ContactInput.model_fields), "address": address, "label": label}
            contacts[key] = ContactInput.model_validate(plain)
        if body.contacts is not None:
            body = body.model_copy(update={"contacts": contacts})
        return super().settle(name, body, stored, path, faults)

    def urls(self, body: UserBody, stored: UserBody | None) -> Iterator[tuple[Path, str]]:
        before = stored.contacts or {} if stored is not None else {}
        for key, contact in (body.contacts or {}).items():
            there = before.get(key)
            if contact.channel in ("webhook", "slack") and (there is None or there.address != contact.address):
                yield ("contacts", key, "address"), contact.address.get_secret_value()

    def check(self, ident: str, body: UserBody, config: Configuration) -> None:
        check_zone(body.zone, "zone")
        windows = msgspec.convert([w.model_dump() for w in body.quiet_hours or ()], tuple[window.Window, ...])
        check_quiet_hours(windows, config.holidays, "quiet_hours")

    async def save(self, desk: Desk, ident: str, name: str, body: UserBody, stored: Stored[UserBody] | None) -> None:
        session = desk.session
        row = await session.get(UserRow, ident)
        if row is None:
            row = UserRow(id=ident, contacts=[], rules=[])
            session.add(row)
        row.name, row.role, row.zone, row.active = body.name, body.role, body.zone, body.active
        if row.email is None or row.email.lower() != name.lower():
            row.email = check_address("email", name, "")
        row.quiet_hours = [w.model_dump() for w in body.quiet_hours or ()]
        await session.flush()
        before = stored.body if stored is not None else None
        if before is None or body.rules != before.rules or body.contacts != before.contacts:
            row.rules.clear()
            await session.flush()
            await self._contacts(desk, row, body.contacts or {}, before.contacts or {} if before is not None else {})
            row.rules.extend(_rules(row.id, body.rules or Rules()))
            await session.flush()
        wishes = body.shift_notices or ShiftNotices()
        if wishes != ((before.shift_notices if before is not None else None) or ShiftNotices()):
            await session.merge(ShiftNoticesRow(user_id=ident, **wishes.model_dump()))
            desk.wishes.add(ident)

    async def _contacts(
        self, desk: Desk, row: UserRow, wanted: Mapping[str, ContactInput], before: Mapping[str, ContactInput]
    ) -> None:
        """In the order of the tree. What is not touched keeps its row, and with it all that is known of it."""
        ids = desk.inside["contact method"]
        known = {c.id: c for c in row.contacts}
        row.contacts[:] = [c for c in row.contacts if c.id in {ids[key] for key in wanted}]
        await desk.session.flush()
        for n, (key, contact) in enumerate(wanted.items()):
            there = known.get(ids[key])
            if there is None:
                there = ContactMethodRow(id=ids[key], user_id=row.id)
                row.contacts.append(there)
            was = before.get(key)
            if was is None or (was.channel, was.address) != (contact.channel, contact.address):
                there.verified_at = there.code = None
            there.channel, there.label, there.enabled, there.position = (
                contact.channel,
                contact.label,
                contact.enabled,
                n,
            )
            if contact != was:
                settings = {} if there.sealed is None else opened(there, desk.sealer)[1]
                settings = {k: v for k, v in settings.items() if k != "secret"}
                if secret := contact.secret.get_secret_value():
                    settings["secret"] = secret
                seal(there, desk.sealer, contact.address.get_secret_value(), settings)
        await desk.session.flush()

    async def delete(self, desk: Desk, ident: str) -> None:
        desk.changed |= await remove_user(desk.session, ident, desk.actor)


async def remove_user(session: AsyncSession, ident: str, actor: str) -> set[str]:
    """Delete somebody, and take their overrides back; answers the schedules of these. Raises NotFound, Conflict."""
    row = await fetch(session, UserRow, ident, "user")
    await check_unused(session, "user", row.id)
    theirs = OverrideRow.user_id == row.id, OverrideRow.removed_at.is_(None)
    removed = update(OverrideRow).where(*theirs).values(removed_at=func.now(), removed_by=actor)
    schedules = set((await session.execute(removed.returning(OverrideRow.schedule_id))).scalars())
    await session.delete(row)
    return schedules


def _user(row: UserRow, notices: ShiftNoticesRow | None, sealer: Sealer) -> Stored[UserBody]:
    keys = dict(zip((c.id for c in row.contacts), numbered(c.label for c in row.contacts), strict=True))
    rules: dict[str, list[Rule]] = {"urgent": [], "normal": []}
    for rule in row.rules:
        rules[rule.urgency].append(Rule(contact_method_id=rule.contact_method_id, delay_s=rule.delay_s))
    body = UserBody(
        **columns(row, ("name", "role", "zone", "active")),
        contacts={keys[c.id]: _contact(c, sealer) for c in row.contacts},
        rules=Rules(**rules),
        quiet_hours=[Window.model_validate(w) for w in row.quiet_hours],
        shift_notices=ShiftNotices.model_validate(columns(notices, NOTICES)) if notices is not None else ShiftNotices(),
    )
    return Stored(row.id, body, {"contact method": {key: ident for ident, key in keys.items()}})


def _contact(row: ContactMethodRow, sealer: Sealer) -> ContactInput:
    address, settings = opened(row, sealer)
    secret = settings.get("secret", "")
    plain = {**columns(row, ("channel", "label", "enabled")), "address": address, "secret": secret}
    return ContactInput.model_validate(plain)


def _rules(user_id: str, rules: Rules) -> list[NotificationRuleRow]:
    return [
        NotificationRuleRow(user_id=user_id, urgency=urgency, position=n, **rule.model_dump())
        for urgency, listed in (("urgent", rules.urgent), ("normal", rules.normal))
        for n, rule in enumerate(listed)
    ]


class Teams(Section[TeamInput]):
    """Members in no order."""

    name = "teams"
    kind = "team"
    model = TeamInput

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[TeamInput]]:
        rows = (await session.execute(select(TeamRow).order_by(TeamRow.name))).scalars()
        return {r.name: Stored(r.id, _team(_body(r))) for r in rows}

    def settle(
        self, name: str, body: TeamInput, stored: Stored[TeamInput] | None, path: Path, faults: Faults
    ) -> TeamInput:
        return _team(body)

    def check(self, ident: str, body: TeamInput, config: Configuration) -> None:
        check_owners(body)

    async def save(self, desk: Desk, ident: str, name: str, body: TeamInput, stored: Stored[TeamInput] | None) -> None:
        row = await desk.row(TeamRow, ident, name=body.name, members=[])
        row.name = body.name
        row.members.clear()
        await desk.session.flush()
        row.members.extend(members_of(body, ident))
        await desk.session.flush()

    async def delete(self, desk: Desk, ident: str) -> None:
        row = await fetch(desk.session, TeamRow, ident, "team")
        await check_unused(desk.session, "team", ident)
        await desk.session.delete(row)


def _body(row: TeamRow) -> TeamInput:
    members, owners = ([m.user_id for m in row.members if m.owner or not only] for only in (False, True))
    return TeamInput(name=row.name, member_ids=members, owner_ids=owners)


def _team(body: TeamInput) -> TeamInput:
    """Sorted, each once: the order says nothing."""
    members, owners = sorted(set(body.member_ids)), sorted(set(body.owner_ids))
    return TeamInput(name=body.name, member_ids=members, owner_ids=owners)
