"""One's own page: how one is reached, when, where one is signed in."""

from __future__ import annotations

import reflex as rx

from ui.parts import done
from ui.person import Person, badge, coming
from ui.person_account import sessions, tokens, yourself
from ui.person_contacts import contacts
from ui.person_rules import rules
from ui.shell import shell


def page() -> rx.Component:
    """What decides whether one is woken comes first."""
    return shell(
        "/profile",
        rx.el.h1("Your profile"),
        rx.cond(Person.may_configure, rx.el.p(rx.el.a("Set-up, step by step", href="/welcome"))),
        done(),
        rx.cond(
            Person.here,
            rx.fragment(badge(), contacts(), rules(), coming(), yourself(), sessions(), tokens()),
            rx.cond(Person.problem == "", rx.el.p("Loading …", class_name="dim", role="status")),
        ),
    )
