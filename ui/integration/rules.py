"""Routing rules in their order: those of an integration, or of the whole organisation. Made, edited, moved, deleted."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ui.choices import named, offered, optional
from ui.integration.rule_form import NOTHING, SEVERITIES, Fields, Rule, fields, in_words, route
from ui.parts import ending, field, overtaken, select, sure
from ui.session import Session, told

NEW = -1
CLOSED = -2
PART = "rules"
"""Of an integration's page, where the settings edit the same."""
SEVERITY_CHOICES = [("", "as it is"), *((s, s) for s in SEVERITIES)]


class Rules(Session):
    """`ident`: of the integration; "" for the organisation's. `editing`: index of a rule, NEW, or CLOSED."""

    ident: str = ""
    rules: list[Rule] = []
    loaded: bool = False
    policies: list[list[str]] = []
    services: list[list[str]] = []
    teams: list[list[str]] = []
    editing: int = CLOSED
    form: Fields = NOTHING
    form_key: str = ""
    default: str = ""
    _routes: list[Any] = []
    """As they were when the form was opened."""

    @rx.event
    def forget(self) -> None:
        """Those of the page before are not to be taken for this one's while they are loaded."""
        self.loaded, self.rules, self.default = False, [], ""

    @rx.event
    @told
    async def load(self) -> None:
        """The rules of the page that is open."""
        path = self.page_path()
        self.ident = "" if path == "/integrations" else path.rpartition("/")[2]
        self.editing = CLOSED
        self.policies, self.services, self.teams = [
            await offered(self, "/policies"),
            await named(self, "/services"),
            await named(self, "/teams"),
        ]
        self._show(await self._saved())

    def _path(self) -> str:
        return f"/integrations/{self.ident}" if self.ident else "/routing-rules"

    async def _saved(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask("GET", self._path())
        return found

    async def _taken(self) -> dict[str, Any]:
        """To be changed."""
        found: dict[str, Any] = await self.take(self._path(), PART)
        return found

    def _show(self, saved: dict[str, Any]) -> None:
        names = dict((*self.policies, *self.services, *self.teams))
        self.rules = in_words(saved["routes"], names)
        self.default = ""
        if self.ident:
            service = f", service {names.get(saved['service_id'], '')}" if saved["service_id"] else ""
            self.default = f"policy {names.get(saved['policy_id'], 'that is gone')}{service}"
        self.loaded = True

    async def _save(self, saved: dict[str, Any], routes: list[Any], said: str) -> None:
        body = {k: v for k, v in saved.items() if k != "id"} | {"routes": routes}
        self._show(await self.replace(self._path(), body, PART))
        self.editing, self.done = CLOSED, said

    @rx.event
    @told
    async def edit(self, index: int) -> None:
        """Open the form; NEW: an empty one."""
        saved = await self._taken()
        routes = self._routes = saved["routes"]
        if index >= len(routes):
            self._show(saved)
            self.problem = "The rules have changed meanwhile; choose again."
            return
        self.editing = index
        self.form = fields(routes[index]) if index >= 0 else NOTHING
        self.form_key = f"{self.ident}/{index}/{len(routes)}"

    @rx.event
    def close(self) -> None:
        """Close the form, and keep what was there."""
        self.clear()
        self.editing = CLOSED

    @rx.event
    @told
    async def save(self, form: dict[str, Any]) -> None:
        """What the form says; the API checks it."""
        saved = await self._saved()
        routes = list(self._routes)
        index = self.editing
        try:
            made = route(form, routes[index] if 0 <= index < len(routes) else None)
        except ValueError as error:
            self.problem = str(error)
            return
        routes[index : index + 1] = [made] if index >= 0 else []
        if index < 0:
            routes.append(made)
        await self._save(saved, routes, "Saved; it counts from the next alert on.")

    @rx.event
    @told
    async def move(self, index: int, by: int) -> None:
        """Change places with the rule before or after it."""
        saved = await self._taken()
        routes = list(saved["routes"])
        if 0 <= index + by < len(routes):
            routes[index], routes[index + by] = routes[index + by], routes[index]
            await self._save(saved, routes, f"Rule {index + 1} is rule {index + by + 1} now.")

    @rx.event
    @told
    async def delete(self, index: int) -> None:
        """Without it the following rules decide."""
        saved = await self._taken()
        routes = list(saved["routes"])
        del routes[index : index + 1]
        await self._save(saved, routes, "Deleted.")


def _rule(rule: rx.Var[Rule]) -> rx.Component:
    name = rule["name"].to(str)
    return rx.el.li(
        rx.el.div(
            rx.el.strong(rule["number"], ". ", name),
            rx.el.p("If ", rx.el.span(rule["when"])),
            rx.el.p("then ", rx.el.span(rule["then"]), class_name="dim"),
        ),
        rx.cond(
            Rules.may_configure,
            rx.el.div(
                _button("Edit", "Edit " + name, Rules.edit(rule["index"])),
                _button("Earlier", "Move " + name + " before the rule above it", Rules.move(rule["index"], -1)),
                _button("Later", "Move " + name + " after the rule below it", Rules.move(rule["index"], 1)),
                sure(
                    "Delete", "Alerts that it fits go where the following rules send them.", Rules.delete(rule["index"])
                ),
                class_name="actions",
            ),
        ),
    )


def _button(text: str, label: rx.Var[str], on_click: Any) -> rx.Component:
    return rx.el.button(text, type="button", on_click=on_click, custom_attrs={"aria-label": label})


def _severities() -> rx.Component:
    """Boxes; none is all."""
    boxes = [
        rx.el.label(
            rx.el.input(
                type="checkbox",
                name=f"severity_{s}",
                default_checked=rx.Var.create(Rules.form["severities"]).contains(s),
            ),
            " ",
            s,
        )
        for s in SEVERITIES
    ]
    return rx.el.fieldset(rx.el.legend("Severities (none: all)"), *boxes, class_name="boxes")


def _form() -> rx.Component:
    form: Any = Rules.form
    with_none = {"policy_id": Rules.policies, "service_id": Rules.services, "team_id": Rules.teams}

    def chosen(name: str) -> rx.Component:
        return optional("as without the rule", with_none[name], name=name, default_value=form[name])

    return rx.el.form(
        field("Name", rx.el.input(name="name", default_value=form["name"], max_length=200)),
        field(
            "Conditions on labels, one a line",
            rx.el.textarea(name="matchers", default_value=form["matchers"], rows=3),
            hint="severity=critical, env!=test, host=~db.*, host!~test.*; all must hold",
        ),
        _severities(),
        field(
            "CEL over alert and payload",
            rx.el.textarea(name="expression", default_value=form["expression"], rows=2),
            hint="has(payload.values) && payload.values.B > 90",
        ),
        field(
            "Only when it started in these hours, one a line",
            rx.el.textarea(name="windows", default_value=form["windows"], rows=2),
            hint="Mon-Fri 22:00-06:00 Europe/Berlin",
        ),
        field("Service", chosen("service_id")),
        field("Policy", chosen("policy_id")),
        field("Team", chosen("team_id")),
        field("Severity becomes", select(SEVERITY_CHOICES, name="severity", default_value=form["severity"])),
        field("One incident for each of these labels", rx.el.input(name="grouping", default_value=form["grouping"])),
        field(
            "Seconds to resolve by itself",
            rx.el.input(name="wait_s", type="number", min=0, max=3600, default_value=form["wait_s"]),
            hint="empty: the integration's",
        ),
        rx.el.label(
            rx.el.input(type="checkbox", name="goes_on", default_checked=form["goes_on"]),
            " Goes there in addition: the following rules are asked too",
            class_name="box",
        ),
        overtaken(Rules.load, form=True, part=PART),
        ending("Save the rule", Rules.close),
        on_submit=Rules.save,
        class_name="form panel",
        key=Rules.form_key,
        custom_attrs={"aria-label": "Rule"},
    )


def rules(title: str, explained: str) -> rx.Component:
    """The list and its form. `explained`: what these rules are for."""
    return rx.el.section(
        rx.el.h2(title),
        rx.el.p(explained, class_name="dim"),
        rx.el.ol(rx.foreach(Rules.rules, _rule), class_name="rules"),
        rx.cond(
            Rules.default != "",
            rx.el.p(rx.el.strong("Default route: "), Rules.default, ". It catches what no rule fits.", id="default"),
        ),
        rx.cond(
            Rules.may_configure & (Rules.editing == CLOSED) & Rules.loaded,
            rx.el.button("Add a rule", type="button", on_click=Rules.edit(NEW)),
        ),
        rx.cond(Rules.editing != CLOSED, _form()),
        id="rules",
    )
