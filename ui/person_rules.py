"""In what order a person is reached, when they are left in peace, and what that comes to at 3 a.m."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ui import durations
from ui.parts import count, field, overtaken, select
from ui.person import text_of
from ui.person_reach import DAYS, QUIET, RULES, URGENCIES, Line, Reach
from ui.session import told


class Rules(Reach):
    """Each change sends the list as a whole, as it is shown: refused, if somebody else changed it since."""

    @rx.event
    @told
    async def load_rules(self) -> None:
        """All of it."""
        await self.read_reach()

    async def _put(self, urgency: str, change: Any) -> None:
        rules = {**self._rules, urgency: sorted(change(self._rules[urgency]), key=lambda r: r["delay_s"])}
        await self.replace(f"/users/{self.who}/notification-rules", rules, RULES)
        await self.read_reach()
        self.done = "Saved; it counts from the next page on."

    @rx.event
    @told
    async def add_rule(self, form: dict[str, Any]) -> None:
        """After so long by this address."""
        delay = durations.seconds(text_of(form, "after")) or 0
        if isinstance(delay, str):
            self.problem = f"Write the time as a number with its unit, {durations.HINT}."
            return
        rule = {"contact_method_id": form["contact"], "delay_s": delay}
        await self._put(form["urgency"], lambda rules: [*rules, rule])

    @rx.event
    @told
    async def drop_rule(self, urgency: str, n: int) -> None:
        """Take it out."""
        await self._put(urgency, lambda rules: [r for k, r in enumerate(rules) if k != n])

    async def _quieten(self, change: Any) -> None:
        await self.replace(f"/users/{self.who}/quiet-hours", {"windows": change(self._windows)}, QUIET)
        await self.read_reach()
        self.done = "Saved."

    @rx.event
    @told
    async def add_quiet(self, form: dict[str, Any]) -> None:
        """Another window."""
        days = [int(d) for d in form["days"].split(",") if d]
        window = {"start": text_of(form, "start"), "end": text_of(form, "end"), "weekdays": days}
        await self._quieten(lambda windows: [*windows, window])

    @rx.event
    @told
    async def drop_quiet(self, n: int) -> None:
        """Take it out."""
        await self._quieten(lambda windows: [w for k, w in enumerate(windows) if k != n])


def _urgency(key: str, lines: rx.Var[list[Line]], text: str) -> rx.Component:
    def line(item: rx.Var[Line]) -> rx.Component:
        return rx.el.li(
            item["text"],
            " ",
            rx.cond(
                Reach.may_look_after,
                rx.el.button(
                    "Take out",
                    type="button",
                    on_click=Rules.drop_rule(key, item["n"]),
                    custom_attrs={"aria-label": f"Take out of {key}: " + item["text"].to(str)},
                ),
            ),
        )

    return rx.el.div(
        rx.el.h3(URGENCIES[key]),
        rx.el.p(text, class_name="dim"),
        rx.cond(
            count(lines) > 0,
            rx.el.ol(rx.foreach(lines, line), class_name="explained"),
            rx.el.p("No rule: every address at once."),
        ),
    )


def _night(key: str, lines: rx.Var[list[str]]) -> rx.Component:
    return rx.el.div(
        rx.el.h3(URGENCIES[key]),
        rx.cond(
            count(lines) > 0,
            rx.el.ol(rx.foreach(lines, rx.el.li), class_name="reasons"),
            rx.el.p("▲ No page at all: there is no address that is in use.", class_name="state bad"),
        ),
    )


def rules() -> rx.Component:
    """Rules, quiet hours, and the night they make."""
    contact = rx.cond(count(Reach.ways) > 0, select(Reach.ways, name="contact"), rx.el.span("Add an address first."))
    quiet = rx.el.ul(
        rx.foreach(
            Reach.quiet,
            lambda w: rx.el.li(
                w["text"],
                " ",
                rx.cond(
                    Reach.may_look_after,
                    rx.el.button("Take out", type="button", on_click=Rules.drop_quiet(w["n"])),
                ),
            ),
        ),
        class_name="explained",
    )
    return rx.fragment(
        rx.el.section(
            rx.el.h2("Notification rules"),
            overtaken(Rules.load_rules, part=RULES),
            rx.el.div(
                _urgency("urgent", Reach.urgent, "For steps that are important, which is what policies usually say."),
                _urgency("normal", Reach.normal, "For the others; these wait for the end of quiet hours."),
                class_name="side-by-side",
            ),
            rx.cond(
                Reach.may_look_after,
                rx.el.form(
                    field("For", select(list(URGENCIES.items()), name="urgency")),
                    field("After", rx.el.input(name="after", default_value="0 min", size=10), hint=durations.HINT),
                    field("By", contact),
                    rx.el.button("Add the rule", type="submit"),
                    on_submit=Rules.add_rule,
                    class_name="form",
                ),
            ),
            rx.el.h3("Quiet hours"),
            overtaken(Rules.load_rules, part=QUIET),
            rx.cond(count(Reach.quiet) > 0, quiet, rx.el.p("None.", class_name="dim")),
            rx.cond(
                Reach.may_look_after,
                rx.el.form(
                    field("On", select(list(DAYS.items()), name="days")),
                    field("From", rx.el.input(type="time", name="start", default_value="22:00", required=True)),
                    field("To", rx.el.input(type="time", name="end", default_value="07:00", required=True)),
                    rx.el.button("Add quiet hours", type="submit"),
                    on_submit=Rules.add_quiet,
                    class_name="form",
                ),
            ),
        ),
        rx.el.section(
            rx.el.h2("What would happen at 3 a.m."),
            rx.el.p("Pages if they are called and do not answer, from ", Reach.night, " on.", class_name="dim"),
            rx.el.div(
                _night("urgent", Reach.night_urgent), _night("normal", Reach.night_normal), class_name="side-by-side"
            ),
            id="night",
        ),
    )
