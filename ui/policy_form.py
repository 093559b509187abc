"""The form in which an escalation policy is written: its steps in order. `on`: the page's state."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ui import draft_fields
from ui.choices import optional
from ui.draft_fields import Path, pick, text, tick, up_down, windows
from ui.durations import HINT
from ui.parts import fault, field
from ui.policy_draft import OPS, VIGILS, WHO, Matcher, Step, Target, Vigil, When

SEVERITIES = ("critical", "error", "warning", "info")


def form(on: Any) -> rx.Component:
    """All fields; a viewer reads them."""
    return rx.el.fieldset(
        rx.el.legend("Policy", class_name="out-of-sight"),
        rx.el.div(
            text(on, "Name", "/name", on.draft["name"], max_length=200),
            draft_fields.team(on),
            text(
                on,
                "Runs after the first",
                "/repeat",
                on.draft["repeat"],
                "Then the last resort is called.",
                input_mode="numeric",
                size=4,
            ),
            text(
                on,
                "Acknowledgements needed",
                "/required_acknowledgements",
                on.draft["required_acknowledgements"],
                "So many people; until then it rings on for the others.",
                input_mode="numeric",
                size=4,
            ),
            class_name="form",
        ),
        rx.el.h2("Steps"),
        fault("/steps"),
        rx.el.ol(
            rx.foreach(on.draft["steps"].to(list[Step]), lambda step, nth: _step(on, step, nth)), class_name="plain"
        ),
        rx.el.button("Add a step", type="button", on_click=on.add_step),
        _vigil(on, on.draft["vigil"].to(Vigil)),
        disabled=~on.may_configure | on.built_in,
        class_name="bare",
    )


def _step(on: Any, step: rx.Var[Step], n: rx.Var[int]) -> rx.Component:
    # The compiled page names an index after its lambda's argument, so lists within this one must not call theirs `nth`.
    at = "/steps/" + n.to_string()
    name = rx.Var.create("step ") + (n + 1).to_string()
    return rx.el.li(
        rx.el.div(rx.el.h3("Step ", n + 1), up_down(on, name, at), class_name="head"),
        fault(at),
        rx.el.h4("Calls"),
        rx.el.ul(rx.foreach(step["targets"].to(list[Target]), lambda t, k: _target(on, t, at, k)), class_name="plain"),
        field(
            "Add somebody to call",
            optional(
                "choose …",
                on.callable,
                value="",
                on_change=lambda chosen: on.add_target(at + "/targets", chosen),
            ),
            at + "/targets",
        ),
        text(on, "Then waits", at + "/wait_s", step["wait_s"], HINT, size=10),
        tick(on, "Urgent: by people's rules for what wakes them", at + "/important", step["important"]),
        tick(on, "Round robin: calls one of them, whose turn it is", at + "/round_robin", step["round_robin"]),
        rx.el.details(
            rx.el.summary("Only if …"),
            tick(on, "Only if all of this holds", at + "/conditional", step["conditional"]),
            fault(at + "/when"),
            rx.cond(step["conditional"], _when(on, at + "/when", step["when"].to(When))),
            open=step["conditional"],
        ),
        rx.el.details(
            rx.el.summary("More: major incident, resolving"),
            tick(on, "Declares a major incident", at + "/major", step["major"]),
            rx.cond(
                step["major"],
                pick(
                    on,
                    "At least as bad as",
                    at + "/severity",
                    step["severity"],
                    [("", "as it is"), *((s, s) for s in SEVERITIES)],
                ),
            ),
            tick(on, "Resolves the incident, and does nothing else", at + "/resolve", step["resolve"]),
            open=step["major"] | step["resolve"],
        ),
        key=step["key"],
        class_name="card",
    )


def _target(on: Any, target: rx.Var[Target], step: Path, n: rx.Var[int]) -> rx.Component:
    at = step + "/targets/" + n.to_string()
    return rx.el.li(
        rx.el.span(target["name"], " "),
        rx.el.small(target["kind"], class_name="dim"),
        rx.cond(
            target["kind"] == "schedule",
            rx.el.select(
                *(rx.el.option(words, value=who) for who, words in WHO.items()),
                value=target["who"],
                on_change=lambda chosen: on.put(at + "/who", chosen),
                custom_attrs={"aria-label": "Who of it"},
            ),
        ),
        rx.el.button(
            "×",
            type="button",
            on_click=on.drop(at),
            custom_attrs={"aria-label": rx.Var.create("Remove ") + target["name"]},
        ),
        fault(at + "/id"),
        fault(at + "/who"),
        key=target["key"],
        class_name="target",
    )


def _when(on: Any, at: Path, when: rx.Var[When]) -> rx.Component:
    chosen = when["severities"].to(list[str])
    return rx.el.div(
        rx.el.h4("It is in one of these hours"),
        windows(on, at + "/windows", when["windows"], on.zone, on.calendars),
        rx.el.h4("The incident is"),
        rx.el.div(
            *(
                rx.el.button(
                    severity,
                    type="button",
                    on_click=on.toggle(at + "/severities", severity),
                    custom_attrs={"aria-pressed": rx.cond(chosen.contains(severity), "true", "false")},
                )
                for severity in SEVERITIES
            ),
            role="group",
            class_name="days",
            custom_attrs={"aria-label": "Severities; none pressed means any"},
        ),
        rx.el.h4("An alert has these labels"),
        rx.el.ul(
            rx.foreach(
                when["matchers"].to(list[Matcher]), lambda m, k: _matcher(on, m, at + "/matchers/" + k.to_string())
            ),
            class_name="plain",
        ),
        rx.el.button("Add a label", type="button", on_click=on.add_matcher(at + "/matchers")),
        rx.el.h4("Many alerts"),
        rx.el.div(
            text(on, "More than", at + "/more_than", when["more_than"], input_mode="numeric", size=4),
            text(on, "alerts within", at + "/within_s", when["within_s"], HINT, size=10),
            class_name="form",
        ),
    )


def _matcher(on: Any, matcher: rx.Var[Matcher], at: Path) -> rx.Component:
    return rx.el.li(
        text(on, "Label", at + "/label", matcher["label"]),
        pick(on, "How", at + "/op", matcher["op"], list(OPS.items())),
        text(on, "Value", at + "/value", matcher["value"]),
        rx.el.button("Remove the label", type="button", on_click=on.drop(at)),
        key=matcher["key"],
        class_name="form",
    )


def _vigil(on: Any, vigil: rx.Var[Vigil]) -> rx.Component:
    return rx.el.section(
        rx.el.h2("Acknowledged is not blind"),
        whose(on, vigil, list(VIGILS.items())),
        rx.cond(vigil["of"] == "own", reasons(on, vigil)),
        rx.cond(
            vigil["of"] == "organisation",
            rx.el.p(rx.el.a("What that is", href="/acknowledged" + on.keep_then), class_name="reasons"),
        ),
        fault("/vigil"),
    )


def whose(on: Any, vigil: rx.Var[Vigil], options: list[tuple[str, str]]) -> rx.Component:
    """Which reasons count."""
    choice = pick(on, "Call again for an incident that is acknowledged", "/vigil/of", vigil["of"], options)
    return rx.el.div(choice, class_name="form")


def reasons(on: Any, vigil: rx.Var[Vigil]) -> rx.Component:
    """Why people are called again, each to be switched off."""
    return rx.el.div(
        tick(on, "if it is worse than anybody was told", "/vigil/severity", vigil["severity"]),
        tick(on, "if the shift of whoever acknowledged it ends", "/vigil/shift_end", vigil["shift_end"]),
        rx.el.div(
            text(on, "if nobody did anything for", "/vigil/timeout_s", vigil["timeout_s"], size=10),
            text(on, "reminded before", "/vigil/remind_before_s", vigil["remind_before_s"], size=10),
            text(on, "if so many times the alerts fire", "/vigil/grows_by", vigil["grows_by"], size=6),
            text(on, "at a new value of the label", "/vigil/label", vigil["label"]),
            class_name="form",
        ),
        class_name="reasons",
    )


def keeping(on: Any) -> rx.Component:
    """What becomes of it."""
    still = rx.el.span("Open incidents go on with the version they began with.", class_name="dim")
    return draft_fields.keeping(on, "policy", "/policies", "Refused while something leads to it.", still)
