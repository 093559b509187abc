"""Services: who owns them, what they need, what is open of them; making and changing them."""

from __future__ import annotations

from typing import Any, ClassVar, TypedDict

import reflex as rx

from ui.choices import named, offered, optional
from ui.listing import CLOSED, NEW, Listing, adding
from ui.parts import anew, count, done, edit_button, ending, fault, field, overtaken, select, shown, sure, table
from ui.session import Session, told
from ui.shell import shell

TIERS = (("1", "1, matters most"), ("2", "2"), ("3", "3"), ("4", "4, matters least"))


class Item(TypedDict):
    """One service."""

    id: str
    name: str
    tier: str
    team: str
    policy: str
    needs: str
    needed_by: str
    open: int
    runbook: str


class Fields(TypedDict):
    """What the form begins with."""

    name: str
    tier: str
    team_id: str
    policy_id: str
    description: str
    runbook: str


NOTHING: Fields = {"name": "", "tier": "3", "team_id": "", "policy_id": "", "description": "", "runbook": ""}


class View(Listing, Session):
    """`needed`: what the service in the form needs, of `others`."""

    resource: ClassVar[str] = "/services"
    items: list[Item] = []
    teams: list[list[str]] = []
    policies: list[list[str]] = []
    form: Fields = NOTHING
    needed: list[str] = []
    others: list[list[str]] = []

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        self.editing = CLOSED
        self.teams, self.policies = await named(self, "/teams"), await offered(self, "/policies")
        await self._load()

    async def _load(self) -> None:
        found = (await self.ask("GET", "/services"))["items"]
        names = {s["id"]: s["name"] for s in found} | dict((*self.teams, *self.policies))
        standing = (await self.ask("GET", "/standing"))["open_incidents"] if not self.as_of else {}
        self.items = [_item(service, names, standing.get(service["id"], 0)) for service in found]
        self.loaded = True

    @rx.event
    @told
    async def edit(self, ident: str) -> None:
        """Open the form, with a service or empty."""
        self.others = [[i["id"], i["name"]] for i in self.items if i["id"] != ident]
        self.form, self.needed = NOTHING, []
        if ident != NEW:
            found = await self.take(f"/services/{ident}")
            self.form = {
                **{k: found[k] or "" for k in ("name", "team_id", "policy_id", "description", "runbook")},  # type: ignore[typeddict-item]
                "tier": str(found["tier"]),
            }
            self.needed = found["depends_on"]
        self.editing = ident

    @rx.event
    @told
    async def save(self, form: dict[str, Any]) -> None:
        """What the form says; the API checks it."""
        body = {k: form[k] for k in ("name", "description", "runbook")}
        body |= {k: form[k] or None for k in ("team_id", "policy_id")}
        body |= {"tier": int(form["tier"]), "depends_on": [i for i, _ in self.others if form.get(f"needs_{i}")]}
        if self.editing != NEW:
            body["links"] = (await self.ask("GET", f"/services/{self.editing}"))["links"]
        made = "Made. Alerts are of it once an integration or a rule leads them to it."
        await self._send(body, made, "Saved. Open incidents keep the policy they began with.")


def _item(found: dict[str, Any], names: dict[str, str], incidents: int) -> Item:
    def of(idents: list[str]) -> str:
        return ", ".join(names.get(i, "one that is gone") for i in idents)

    return {
        "id": found["id"],
        "name": found["name"],
        "tier": str(found["tier"]),
        "team": names.get(found["team_id"] or "", ""),
        "policy": names.get(found["policy_id"] or "", ""),
        "needs": of(found["depends_on"]),
        "needed_by": of(found["needed_by"]),
        "open": incidents,
        "runbook": found["runbook"],
    }


def _row(item: rx.Var[Item]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(item["name"], scope="row"),
        rx.el.td(
            rx.cond(
                item["open"].to(int) > 0,
                rx.el.a(
                    item["open"], " open", href="/incidents?service=" + item["id"].to(str), class_name="problem-text"
                ),
                rx.cond(View.as_of != "", "–", "none"),
            )
        ),
        rx.el.td(rx.cond(item["team"] != "", item["team"], rx.el.span("nobody", class_name="problem-text"))),
        rx.el.td(rx.cond(item["policy"] != "", item["policy"], "that of the integration")),
        rx.el.td(item["tier"]),
        rx.el.td(item["needs"]),
        rx.el.td(item["needed_by"]),
        rx.el.td(
            rx.cond(
                item["runbook"] != "",
                rx.el.a("Runbook", href=item["runbook"], target="_blank", rel="noopener noreferrer"),
            )
        ),
        rx.el.td(edit_button(View.may_configure, View.edit(item["id"]), item["name"])),
        key=item["id"],
    )


def _needs() -> rx.Component:
    def box(item: rx.Var[list[str]]) -> rx.Component:
        chosen = rx.Var.create(View.needed).contains(item[0])
        return rx.el.label(rx.el.input(type="checkbox", name="needs_" + item[0], default_checked=chosen), " ", item[1])

    legend = rx.el.legend("It needs these")
    return rx.el.fieldset(legend, rx.foreach(View.others, box), fault("/depends_on"), class_name="boxes")


def _form() -> rx.Component:
    form: Any = View.form
    return rx.el.section(
        rx.el.h2(rx.cond(View.editing == NEW, "A new service", "Change the service")),
        rx.el.form(
            field("Name", rx.el.input(name="name", default_value=form["name"], required=True, max_length=200), "/name"),
            field(
                "Owner: team", optional("nobody", View.teams, name="team_id", default_value=form["team_id"]), "/team_id"
            ),
            field(
                "Policy",
                optional("that of the integration", View.policies, name="policy_id", default_value=form["policy_id"]),
                "/policy_id",
            ),
            field("Tier", select(TIERS, name="tier", default_value=form["tier"]), "/tier"),
            field("Runbook", rx.el.input(name="runbook", type="url", default_value=form["runbook"]), "/runbook"),
            field(
                "What it is",
                rx.el.textarea(name="description", default_value=form["description"], rows=2),
                "/description",
            ),
            _needs(),
            overtaken(View.edit(View.editing), form=True),
            ending("Save the service", View.close),
            on_submit=View.save,
            class_name="form panel",
            key=anew(View.editing),
            custom_attrs={"aria-label": "Service"},
        ),
        rx.cond(
            View.editing != NEW,
            sure("Delete the service", "Refused while a rule leads to it or another service needs it.", View.delete),
        ),
    )


def page() -> rx.Component:
    """The list, then the form."""
    heads = ("Name", "Incidents", "Owner", "Policy", "Tier", "Needs", "Needed by", "Runbook", "")
    empty = (
        "There is no service. A service says what is broken, who owns it and what it needs; rules lead alerts to it."
    )
    return shell(
        "/services",
        rx.el.div(
            rx.el.h1("Services"),
            shown(View.loaded, count(View.items) > 0, table(heads, View.items, _row, "All services"), empty),
            adding(View, "Add a service"),
            rx.cond(View.editing != CLOSED, _form()),
            rx.el.div(done(), class_name="toast"),
            class_name="setup",
        ),
    )
