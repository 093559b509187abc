"""One person: how they are reached, what is coming for them; for administrators their role, and letting them go."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ui.components.person import copy
from ui.pages.people import ROLES, TABS
from ui.parts import count, done, field, overtaken, select, sure, tabs
from ui.person import PERSON, Person, badge, coming
from ui.person_contacts import contacts
from ui.person_rules import rules
from ui.session import told
from ui.shell import shell


class Standing(Person):
    """`uses`: what names this person; `link`: a new way in, made just now."""

    uses: list[str] = []
    link: str = ""

    @rx.event
    @told
    async def load_standing(self) -> None:
        """What deactivating them would leave without them."""
        self.link = ""
        self.uses = (await self.ask("GET", f"/users/{self.who}/uses"))["items"]

    async def _put(self, **change: Any) -> None:
        kept = {key: self.human[key] for key in ("name", "email", "role", "zone", "active")}
        await self.replace(f"/users/{self.who}", {**kept, **change}, PERSON)
        await self.meet()

    @rx.event
    @told
    async def set_role(self, form: dict[str, Any]) -> None:
        """The gateway keeps one administrator."""
        await self._put(role=form["role"])
        self.done = f"{self.human['name']} is {self.human['role']} now."

    @rx.event
    @told
    async def set_active(self, active: bool) -> None:
        """Let them go, or have them back."""
        await self._put(active=active)
        self.done = "They are back; they sign in anew." if active else "They are signed out and not called any more."

    @rx.event
    @told
    async def new_link(self) -> None:
        """A way in for who forgot their password."""
        made = await self.ask("POST", "/invitations", {"email": self.human["email"], "send": False})
        self.link = made["url"]
        self.done = "Give them this link. It works once, and sets a new password."


def standing() -> rx.Component:
    """Only for administrators."""
    named = rx.cond(
        count(Standing.uses) > 0,
        rx.el.div(
            rx.el.p("They are named by the following, and will be passed over there. Put others in their place first:"),
            rx.el.ul(rx.foreach(Standing.uses, rx.el.li), class_name="reasons"),
        ),
        rx.el.p("No policy and no schedule names them.", class_name="dim"),
    )
    return rx.el.section(
        rx.el.h2("Role and account"),
        overtaken(Person.load, part=PERSON),
        rx.el.form(
            field(
                "Role",
                select(
                    [(r, r) for r in ROLES],
                    name="role",
                    default_value=Person.human["role"],
                    key=Person.who + Person.human["role"],
                ),
            ),
            rx.el.button("Set the role", type="submit"),
            on_submit=Standing.set_role,
            class_name="form",
        ),
        rx.el.div(
            rx.cond(
                Person.human["active"],
                rx.fragment(
                    rx.el.button("New link to sign in", type="button", on_click=Standing.new_link),
                    sure(
                        "Deactivate",
                        "They are signed out, their keys stop working, and nobody calls them any more.",
                        Standing.set_active(False),
                    ),
                ),
                rx.el.button("Have them back", type="button", on_click=Standing.set_active(True)),
            ),
            class_name="inline",
        ),
        named,
        rx.cond(Standing.link != "", copy(text=Standing.link, label="The link to sign in")),
        id="standing",
    )


def page() -> rx.Component:
    """What one may not change is shown and not offered."""
    human = Person.human
    return shell(
        "/people",
        tabs("People and teams", "", TABS),
        done(),
        rx.cond(
            Person.here,
            rx.fragment(
                rx.el.h1(human["name"]),
                rx.el.p(
                    human["email"],
                    " · ",
                    human["role"],
                    " · times of ",
                    human["zone"],
                    rx.cond(human["active"], "", " · deactivated"),
                    class_name="dim",
                ),
                badge(),
                contacts(),
                rules(),
                coming(),
                rx.cond(Person.may_admin, standing()),
            ),
            rx.cond(Person.problem == "", rx.el.p("Loading …", class_name="dim", role="status")),
        ),
    )
