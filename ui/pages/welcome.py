"""The first-run wizard: five things to save, and a test that ends with one's own phone or mailbox paged."""

from __future__ import annotations

import reflex as rx

from ui.components.live import live_watch
from ui.components.person import browser_zone, copy
from ui.first_run import FirstRun, Page, Snippet
from ui.parts import count, done, field, select
from ui.person_contacts import Contacts, adding, addresses
from ui.session import Session
from ui.shell import shell

TYPES = (("generic", "anything that can send JSON"), ("grafana", "Grafana"), ("prometheus", "Alertmanager"))


def step(
    title: str, finished: rx.Var[bool], text: str, ready: rx.Var[bool] | bool, *content: rx.Component
) -> rx.Component:
    """One of them; `ready` is False while an earlier one is missing."""
    state = rx.cond(
        finished,
        rx.el.span("● done", class_name="state good"),
        rx.el.span("○ to do", class_name="state"),
    )
    return rx.el.li(
        rx.el.h2(title, " ", state),
        rx.el.p(text, class_name="dim"),
        rx.cond(ready, rx.fragment(*content), rx.el.p("First the step before this one.")),
        custom_attrs={"data-done": rx.cond(finished, "true", "false")},
    )


def password(label: str, name: str, pointer: str) -> rx.Component:
    """Of one's own, twice."""
    control = rx.el.input(
        type="password", name=name, auto_complete="new-password", min_length=10, max_length=200, required=True
    )
    return field(label, control, pointer)


def you() -> rx.Component:
    """Who one is."""
    human = FirstRun.human
    return step(
        "1. You",
        FirstRun.account,
        "Your name as others see it when you are called; the address and password to sign in with.",
        True,
        rx.el.form(
            field("Name", rx.el.input(name="name", default_value=human["name"], required=True), "/name"),
            field("E-mail", rx.el.input(name="email", default_value=human["email"], required=True), "/email"),
            field("Time zone", rx.el.input(name="zone", default_value=FirstRun.zone, key=FirstRun.zone), "/zone"),
            rx.cond(
                human["has_password"],
                rx.fragment(),
                rx.fragment(
                    password("Password, at least ten characters", "new", "/new"),
                    password("The same again", "again", "/again"),
                ),
            ),
            rx.el.button("Save", type="submit", class_name="first"),
            on_submit=FirstRun.save_you,
            key=FirstRun.who,
            class_name="form",
        ),
    )


def reaching() -> rx.Component:
    """How one is reached."""
    return step(
        "2. How you are reached",
        Contacts.proven,
        "An address of your own, proved by a code that is sent to it. What is configured can be chosen.",
        True,
        rx.cond(
            count(Contacts.kinds) > 1,
            rx.fragment(),
            rx.el.p(
                "Nothing is configured that could reach you outside of this page.", class_name="problem", role="alert"
            ),
        ),
        addresses(),
        adding(),
    )


def on_call() -> rx.Component:
    """Team and schedule."""
    return step(
        "3. Your team and who is on call",
        FirstRun.schedule_id != "",
        "A schedule with weekly turns, and you alone in it for now.",
        True,
        rx.cond(
            FirstRun.schedule_id != "",
            rx.el.p("You are on call. ", rx.el.a("Look at it", href="/on-call")),
            rx.el.form(
                rx.cond(
                    FirstRun.team_id == "",
                    field("Team", rx.el.input(name="team", default_value="Operations", required=True), "/name"),
                ),
                field("Schedule", rx.el.input(name="schedule", default_value="Operations on call", required=True)),
                field("Clock of", rx.el.input(name="zone", default_value=FirstRun.zone, key=FirstRun.zone), "/zone"),
                rx.el.button("Put me on call", type="submit", class_name="first"),
                on_submit=FirstRun.save_team,
                class_name="form",
            ),
        ),
    )


def policy() -> rx.Component:
    """Whom to call when."""
    return step(
        "4. Whom to call when",
        FirstRun.policy_id != "",
        "Whoever is on call, again after five minutes, and then the last resort: never nobody.",
        FirstRun.schedule_id != "",
        rx.cond(
            FirstRun.policy_id != "",
            rx.el.p("There is a policy that calls your schedule."),
            rx.el.form(
                field("Name", rx.el.input(name="policy", default_value="Operations", required=True), "/name"),
                rx.el.button("Save the policy", type="submit", class_name="first"),
                on_submit=FirstRun.save_policy,
                class_name="form",
            ),
        ),
    )


def _snippet(item: rx.Var[Snippet]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(item["name"], class_name="button"),
        rx.el.p(item["note"], class_name="dim"),
        copy(text=item["text"].to(str), label=item["name"].to(str)),
    )


def integration() -> rx.Component:
    """Where alerts come in."""
    return step(
        "5. Where alerts come in",
        FirstRun.integration_id != "",
        "An address that your monitoring posts to.",
        FirstRun.policy_id != "",
        rx.cond(
            FirstRun.integration_id != "",
            rx.cond(
                count(FirstRun.snippets) > 0,
                rx.fragment(rx.foreach(FirstRun.snippets, _snippet)),
                rx.el.button("Show what your sender needs", type="button", on_click=FirstRun.new_key),
            ),
            rx.el.form(
                field("Name", rx.el.input(name="integration", default_value="Monitoring", required=True), "/name"),
                field("Sent by", select(TYPES, name="type")),
                rx.el.button("Make it", type="submit", class_name="first"),
                on_submit=FirstRun.save_integration,
                class_name="form",
            ),
        ),
    )


def _page(item: rx.Var[Page]) -> rx.Component:
    return rx.el.li(item["text"], custom_attrs={"data-state": item["state"]})


def trial() -> rx.Component:
    """The proof."""
    return step(
        "6. The proof",
        FirstRun.reached,
        "A real alert by the way your monitoring's alerts take. You are paged; acknowledge it there, or here.",
        FirstRun.integration_id != "",
        rx.cond(
            FirstRun.incident != "",
            rx.fragment(
                live_watch(ident=FirstRun.incident, on_change=FirstRun.follow, key=FirstRun.incident),
                rx.el.div(
                    rx.el.span(FirstRun.status, class_name="status " + FirstRun.status, id="trial-status"),
                    rx.el.a(FirstRun.incident_title, href="/incidents/" + FirstRun.incident),
                    class_name="inline",
                ),
                rx.el.p(FirstRun.next),
                rx.el.ul(rx.foreach(FirstRun.pages, _page), class_name="explained", id="trial-pages"),
            ),
        ),
        rx.el.div(
            rx.cond(
                FirstRun.open_now,
                rx.el.button("Acknowledge", type="button", on_click=FirstRun.acknowledge, class_name="first"),
                rx.el.button("Send the test alert", type="button", on_click=FirstRun.send_test, class_name="first"),
            ),
            rx.cond(
                FirstRun.status == "acknowledged",
                rx.el.button("Resolve the test", type="button", on_click=FirstRun.resolve),
            ),
            class_name="inline",
        ),
        rx.cond(
            FirstRun.reached,
            rx.el.p(
                "● It works: an alert came in, you were called, and you have it. ",
                rx.el.a("Go to the incidents", href="/incidents"),
                class_name="state good",
                id="works",
            ),
        ),
    )


def page() -> rx.Component:
    """Each step saves what it says; any can be left for later."""
    return shell(
        "/welcome",
        browser_zone(on_zone=FirstRun.set_zone),
        rx.el.h1("From nothing to your first page"),
        rx.el.p(
            "Each step saves what it says. You can leave and come back: your profile leads here.",
            class_name="dim",
        ),
        done(),
        rx.cond(
            FirstRun.asked & FirstRun.here,
            rx.cond(
                Session.may_configure,
                rx.el.ol(you(), reaching(), on_call(), policy(), integration(), trial(), class_name="steps"),
                rx.el.ol(you(), reaching(), class_name="steps"),
            ),
            rx.cond(Session.problem == "", rx.el.p("Loading …", class_name="dim", role="status")),
        ),
    )
