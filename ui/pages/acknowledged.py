"""When an acknowledgement stops to count, for all policies that follow the organisation."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.editing import Editing
from ui.parts import anew, done, fault, only_look, overtaken, shown
from ui.policy_draft import NEW_VIGIL, VIGILS, Vigil, vigil_body, vigil_of
from ui.policy_form import reasons, whose
from ui.policy_tabs import PLACE, policy_tabs
from ui.session import Session, told
from ui.shell import shell

WHAT = [("own", "for these reasons"), ("off", VIGILS["off"])]


class Draft(TypedDict):
    """The organisation's."""

    vigil: Vigil


class View(Editing, Session):
    """`following`: policies that follow it: id and name."""

    draft: Draft = {"vigil": NEW_VIGIL}
    saved: str = ""
    following: list[list[str]] = []
    loaded: bool = False

    @rx.var
    def followed(self) -> bool:
        """A policy does."""
        return bool(self.following)

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        self.draft = {"vigil": vigil_of((await self.take("/organisation"))["vigil"])}
        policies = (await self.ask("GET", "/policies"))["items"]
        self.following = [[p["id"], p["name"]] for p in policies if p["vigil"] == "organisation"]
        self.loaded = True

    async def look(self) -> None:
        """Nothing to be tried: it calls nobody by itself."""

    @rx.event
    @told
    async def save(self) -> Any:
        """For all of them at once."""
        said = {"vigil": vigil_body(self.draft["vigil"])}
        await self.send("PUT", "/organisation", said, "", ())
        self.draft = {"vigil": vigil_of((await self.take("/organisation"))["vigil"])}
        self.done = "Saved, as a new version of each policy that follows it. Open incidents go on as they began."


def form(on: Any) -> rx.Component:
    """Who may not change it reads it. `on`: the page's state."""
    vigil = on.draft["vigil"].to(Vigil)
    return rx.el.fieldset(
        rx.el.legend("The organisation's default", class_name="out-of-sight"),
        whose(on, vigil, WHAT),
        rx.cond(vigil["of"] == "own", reasons(on, vigil)),
        fault("/vigil"),
        disabled=~on.may_configure,
        class_name="bare",
    )


def page() -> rx.Component:
    """The reasons, and whom they concern."""
    return shell(
        PLACE,
        policy_tabs("/acknowledged"),
        rx.el.h1("Acknowledged is not blind"),
        rx.el.p(
            "An acknowledgement stops what rings. This says when it stops to count and people are called again, for "
            "every policy that says nothing else.",
            class_name="dim",
        ),
        shown(
            View.loaded,
            View.loaded,
            rx.fragment(
                overtaken(View.load, View.save),
                rx.fragment(form(View), key=anew()),
                rx.el.div(
                    rx.el.button(
                        "Save the default", on_click=View.save, class_name="first", disabled=~View.may_configure
                    ),
                    only_look(View.may_configure),
                    class_name="actions",
                ),
                done(),
                rx.el.h2("Policies that follow it"),
                rx.cond(
                    View.followed,
                    rx.el.ul(
                        rx.foreach(
                            View.following,
                            lambda p: rx.el.li(
                                rx.el.a(p[1], href=rx.Var.create("/policies/") + p[0].to(str) + View.keep_then)
                            ),
                        ),
                        id="following",
                    ),
                    rx.el.p("None: each policy says itself when people are called again.", class_name="dim"),
                ),
            ),
            "",
        ),
    )
