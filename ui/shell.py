"""What every page has around it: where one can go, who one is, whether it is live."""

from __future__ import annotations

import reflex as rx

from ui import then
from ui.components.live import leave, live_badge, place, sign_out, skip, theme_switch
from ui.managed import managed
from ui.parts import out
from ui.session import Session

PLACES = (
    ("Incidents", "/incidents"),
    ("On call", "/on-call"),
    ("Policies", "/policies"),
    ("Services", "/services"),
    ("Integrations", "/integrations"),
    ("Noise", "/noise"),
    ("People", "/people"),
    ("Analytics", "/analytics"),
    ("Administration", "/administration"),
)


def looking_back(here: str) -> rx.Component:
    """Over a page that shows what was; with the other pages of that time."""
    return rx.el.div(
        rx.el.p(
            rx.el.strong("You look at the configuration as it was at ", Session.then, "."),
            " Nothing can be changed here. ",
            rx.el.a("Back to now", href=here),
        ),
        rx.el.nav(
            *(place(name, to=path + Session.keep_then, current=path == here) for name, path in then.PLACES),
            custom_attrs={"aria-label": "Places of then"},
        ),
        class_name="then",
        role="note",
    )


def unheard() -> rx.Component:
    """While the console's process does not answer: what that means, and what works meanwhile. It heals by itself."""
    return rx.connection_banner(
        rx.el.p(
            rx.el.strong("The console does not answer; it is tried again every few seconds. "),
            "Alerts come in and people are paged all the same. Acknowledge, Resolve and Escalate work, here and in "
            "the ",
            out("Outbox", "/outbox"),
            "; what else this page shows may be old, and its other buttons may do nothing.",
            class_name="problem unheard",
            role="alert",
        ),
    )


def shell(here: str, *content: rx.Component) -> rx.Component:
    """A page. `here`: the path of its place in the navigation."""
    return rx.el.div(
        leave(to=Session.leave_for),
        skip(),
        rx.el.header(
            rx.el.span("Sentinel", class_name="brand"),
            rx.el.nav(
                *(place(name, to=path, current=path == here) for name, path in PLACES),
                out("Outbox", "/outbox", "place"),
                custom_attrs={"aria-label": "Places"},
            ),
            rx.el.span(class_name="grow"),
            live_badge(),
            rx.el.details(
                rx.el.summary(Session.name, " · ", Session.role, id="who"),
                rx.el.div(
                    place("Profile", to="/profile", current=here == "/profile"),
                    theme_switch(),
                    sign_out(),
                    class_name="menu",
                ),
                key=here,
                class_name="me",
            ),
            class_name="bar",
        ),
        unheard(),
        rx.el.main(
            rx.cond(Session.then != "", looking_back(here), managed(here)),
            rx.cond(Session.problem != "", rx.el.p(Session.problem, class_name="problem", role="alert")),
            *content,
            id="content",
            tab_index=-1,
        ),
        class_name="shell",
    )
