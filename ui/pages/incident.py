"""One incident: what it is, what happens next, what happened, and what one can do."""

from __future__ import annotations

import reflex as rx

from ui.components.live import ago, incident_status, live_watch, local, stamp
from ui.pages.incident_actions import actions
from ui.pages.incident_view import Entry, Member, Other, View
from ui.parts import field, select
from ui.shell import shell
from ui.viewer import seen_from


def member(alert: rx.Var[Member]) -> rx.Component:
    """One alert with all it says."""
    return rx.el.li(
        rx.el.div(
            rx.el.input(
                type="checkbox",
                checked=alert["chosen"].to(bool),
                on_change=View.choose(alert["key"]),
                custom_attrs={"aria-label": "Choose to split off: " + alert["title"].to(str)},
            ),
            " ",
            rx.el.span(alert["severity"], class_name="severity " + alert["severity"].to(str)),
            rx.el.span(alert["status"], class_name="status " + alert["status"].to(str)),
            rx.el.strong(alert["title"]),
            rx.cond(alert["count"].to(int) > 1, rx.el.span(" said ", alert["count"], " times", class_name="dim")),
        ),
        rx.cond(alert["silenced"] != "", rx.el.p("Silenced at its source: ", alert["silenced"], class_name="dim")),
        rx.cond(alert["description"] != "", rx.el.p(alert["description"])),
        rx.el.div(rx.foreach(alert["labels"], lambda text: rx.el.code(text, class_name="label"))),
        rx.el.div(
            rx.foreach(
                alert["links"].to(list[dict[str, str]]),
                lambda link: rx.el.a(link["text"], href=link["href"], target="_blank", rel="noopener noreferrer"),
            )
        ),
        rx.cond(
            alert["image"] != "",
            rx.el.img(
                src=alert["image"],
                alt="The graph that was sent with it",
                loading="lazy",
                referrer_policy="no-referrer",
                class_name="graph",
            ),
        ),
        class_name="member",
        key=alert["key"],
    )


def entry(happened: rx.Var[Entry]) -> rx.Component:
    """One line of the timeline; pages stand out, because they are what one looks for."""
    return rx.el.li(
        stamp(at=happened["at"]),
        rx.el.div(
            local(text=happened["text"], at=happened["at"]),
            rx.cond(happened["html"] != "", rx.el.div(rx.html(happened["html"]), class_name="written")),
        ),
        class_name="kind-" + happened["kind"].to(str),
    )


def other(incident: rx.Var[Other]) -> rx.Component:
    """Another incident."""
    return rx.el.li(
        rx.el.a(incident["title"], href="/incidents/" + incident["id"].to(str)),
        rx.el.span(" ", incident["why"], class_name="dim"),
    )


def alerts() -> rx.Component:
    """The group."""
    return rx.el.section(
        rx.el.h2("Alerts"),
        rx.el.ul(rx.foreach(View.members, member), class_name="members"),
        rx.cond(
            View.chosen > 0,
            rx.el.button(
                "Split ",
                View.chosen,
                " off into an incident of their own",
                on_click=View.split,
                disabled=~View.may_respond,
            ),
        ),
    )


def timeline() -> rx.Component:
    """What happened, newest first, and the place to write."""
    return rx.el.section(
        rx.el.h2("Timeline ", rx.el.small("times of ", View.viewer, class_name="dim")),
        rx.el.div(
            rx.el.label("Note (Markdown)", html_for="note"),
            rx.el.textarea(value=View.note, on_change=View.set_note, id="note", rows=2),
            rx.el.button("Add the note", on_click=View.add_note, disabled=~View.may_respond),
            class_name="note",
        ),
        rx.el.ol(rx.foreach(View.timeline, entry), class_name="timeline"),
        class_name="history",
    )


def explaining() -> rx.Component:
    """Why who was paged, and who was not."""
    return rx.el.section(
        rx.el.h2("Why"),
        rx.el.form(
            rx.el.button("Explain every page", type="button", on_click=View.explain),
            field("Why was", select(View.people, name="person")),
            field(
                "paged or not, at (" + View.viewer + ")", rx.el.input(type="datetime-local", name="at", required=True)
            ),
            rx.el.button("Explain", type="submit"),
            on_submit=View.explain_person,
            class_name="form",
        ),
        rx.el.ul(rx.foreach(View.explained, rx.el.li), class_name="explained"),
        rx.cond(View.explained_in != "", rx.el.p("Times of ", View.explained_in, ".", class_name="dim")),
        class_name="explaining",
    )


def head() -> rx.Component:
    """Header and actions first, at 390 pixels too: that is what one wakes up for."""
    return rx.el.header(
        rx.el.div(
            rx.el.span(View.severity, class_name="severity " + View.severity),
            incident_status(ident=View.key, status=View.status),
            rx.el.span("opened ", ago(at=View.opened_at), class_name="dim"),
        ),
        rx.el.h1(View.title),
        rx.foreach(View.marks, lambda text: rx.el.p(local(text=text), class_name="mark")),
        rx.el.p(local(text=View.next), id="next"),
        actions(),
    )


def facts() -> rx.Component:
    """Who, where, by which rules."""
    return rx.el.dl(
        rx.el.dt("Called"),
        rx.el.dd(View.called),
        rx.cond(View.acknowledged != "", rx.fragment(rx.el.dt("Acknowledged by"), rx.el.dd(View.acknowledged))),
        rx.el.dt("Where"),
        rx.el.dd(View.where),
        rx.el.dt("Policy"),
        rx.el.dd(View.policy),
    )


def page() -> rx.Component:
    """One incident, live."""
    return shell(
        "/incidents",
        seen_from(View),
        live_watch(ident=View.key, on_change=View.load),
        rx.cond(
            View.shown,
            rx.el.article(
                head(),
                rx.el.div(
                    facts(),
                    alerts(),
                    rx.cond(
                        View.related,
                        rx.el.section(
                            rx.el.h2("Related"), rx.el.ul(rx.foreach(View.others, other), class_name="explained")
                        ),
                    ),
                ),
                timeline(),
                explaining(),
                class_name="one",
            ),
            rx.cond(View.problem == "", rx.el.p("Loading …", class_name="dim", role="status")),
        ),
    )
