"""Destinations: whole channels and automations that a step of a policy calls besides people; making, changing them."""

from __future__ import annotations

from typing import Any, ClassVar, TypedDict

import reflex as rx

from ui.choices import named, optional
from ui.listing import CLOSED, NEW, Listing, adding
from ui.pages.policies import Finding, finding
from ui.parts import (
    anew,
    answered,
    count,
    done,
    edit_button,
    ending,
    fault,
    field,
    overtaken,
    select,
    shown,
    sure,
    table,
)
from ui.policy_tabs import PLACE, policy_tabs
from ui.session import Session, told
from ui.shell import shell

SLACK, WEBHOOK = "slack", "webhook"
KINDS = ((SLACK, "Slack channel"), (WEBHOOK, "Automation (webhook)"))
ADDRESSES = {
    SLACK: "The incoming-webhook URL of the channel, from Slack's settings.",
    WEBHOOK: "The URL that is sent each page as JSON; an answer 2xx means done.",
}
SECRET = "16 characters or more. Tell it to the receiver: by it, it knows that a request is ours."
MIN_SECRET = 16


class Item(TypedDict):
    """One destination. `kind`, `extra`: in words; `uses`: id and name of each policy with a step that names it;

    `said`: what its last test was answered.
    """

    id: str
    name: str
    kind: str
    extra: str
    hint: str
    team: str
    uses: list[list[str]]
    findings: list[Finding]
    said: str


class Fields(TypedDict):
    """What the form begins with. `kind`, `hint`: as saved, and what may be shown of the address."""

    name: str
    kind: str
    hint: str
    mention: bool
    team_id: str


NOTHING: Fields = {"name": "", "kind": "", "hint": "", "mention": False, "team_id": ""}


class View(Listing, Session):
    """`kind`: as chosen in the form. Address and secret are only written: they are in no state."""

    resource: ClassVar[str] = "/destinations"
    items: list[Item] = []
    teams: list[list[str]] = []
    form: Fields = NOTHING
    kind: str = SLACK

    @rx.var
    def kept(self) -> bool:
        """Whether an address left empty stays: it is one of the kind that is chosen."""
        return self.form["kind"] == self.kind

    @rx.var
    def address_hint(self) -> str:
        """What to give as the address."""
        stays = f" Left empty, {self.form['hint'] or 'what is saved'} stays." if self.kept else ""
        return ADDRESSES[self.kind] + stays

    @rx.var
    def secret_hint(self) -> str:
        """What to give as the secret."""
        return SECRET + (" Left empty, what is saved stays." if self.kept else "")

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        self.editing = CLOSED
        self.teams = await named(self, "/teams")
        await self._load()

    async def _load(self, said: dict[str, str] | None = None) -> None:
        found = (await self.ask("GET", "/destinations"))["items"]
        policies = (await self.ask("GET", "/policies"))["items"]
        lint = [f for f in (await self.ask("GET", "/lint"))["findings"] if f["subject_kind"] == "destination"]
        self.items = [_item(d, dict(self.teams), policies, lint, (said or {}).get(d["id"], "")) for d in found]
        self.loaded = True

    @rx.event
    @told
    async def edit(self, ident: str) -> None:
        """Open the form, with a destination or empty."""
        if ident == NEW:
            self.form, self.kind = NOTHING, SLACK
        else:
            found = await self.take(f"/destinations/{ident}")
            self.form = {
                "name": found["name"],
                "kind": found["kind"],
                "hint": found["address_hint"],
                "mention": found["mention"],
                "team_id": found["team_id"] or "",
            }
            self.kind = found["kind"]
        self.editing = ident

    @rx.event
    def choose(self, kind: str) -> None:
        """Another kind asks for other things."""
        self.kind = kind

    @rx.event
    @told
    async def save(self, form: dict[str, Any]) -> None:
        """What the form says; the API checks it, and keeps what is left empty."""
        body = {"name": form["name"], "kind": self.kind, "address": form["address"].strip()}
        body |= {"secret": form.get("secret", ""), "mention": bool(form.get("mention"))}
        body["team_id"] = form["team_id"] or None
        made = "Made. It is called once a step of a policy names it."
        await self._send(body, made, "Saved. Pages that are on their way go to where it leads now.")

    @rx.event
    @told
    async def test(self, ident: str) -> None:
        """A real page, now."""
        answer = await self.ask("POST", f"/destinations/{ident}/test")
        await self._load({ident: answered(answer)})
        self.done = "Tested."


def _item(found: dict[str, Any], teams: dict[str, str], policies: list[Any], lint: list[Any], said: str) -> Item:
    def named_by(policy: dict[str, Any]) -> bool:
        targets = (target for step in policy["steps"] for target in step["targets"])
        return any((t["kind"], t["id"]) == ("destination", found["id"]) for t in targets)

    return {
        "id": found["id"],
        "name": found["name"],
        "kind": dict(KINDS)[found["kind"]],
        "extra": "mentions everybody" if found["mention"] else "signed" if found["signed"] else "",
        "hint": found["address_hint"],
        "team": teams.get(found["team_id"] or "", ""),
        "uses": [[p["id"], p["name"]] for p in policies if named_by(p)],
        "findings": [{"severity": f["severity"], "text": f["text"]} for f in lint if f["subject_id"] == found["id"]],
        "said": said,
    }


def _row(item: rx.Var[Item]) -> rx.Component:
    uses, findings = item["uses"].to(list[list[str]]), item["findings"].to(list[Finding])

    def policy(use: rx.Var[list[str]]) -> rx.Component:
        return rx.el.li(rx.el.a(use[1], href=rx.Var.create("/policies/") + use[0].to(str) + View.keep_then))

    return rx.el.tr(
        rx.el.th(item["name"], scope="row"),
        rx.el.td(
            item["kind"], rx.cond(item["extra"] != "", rx.fragment(" ", rx.el.small(item["extra"], class_name="dim")))
        ),
        rx.el.td(rx.el.code(item["hint"])),
        rx.el.td(
            rx.cond(
                count(uses) > 0,
                rx.el.ul(rx.foreach(uses, policy), class_name="plain"),
                rx.el.span("no policy", class_name="dim"),
            )
        ),
        rx.el.td(
            rx.cond(
                count(findings) > 0,
                rx.el.ul(rx.foreach(findings, finding), class_name="plain"),
                rx.el.span("nothing found", class_name="good"),
            )
        ),
        rx.el.td(item["team"]),
        rx.el.td(
            rx.cond(
                View.may_configure,
                rx.el.button(
                    "Test",
                    type="button",
                    on_click=View.test(item["id"]),
                    custom_attrs={"aria-label": "Test " + item["name"].to(str)},
                ),
            ),
            " ",
            edit_button(View.may_configure, View.edit(item["id"]), item["name"]),
            rx.cond(item["said"] != "", rx.el.p(item["said"], class_name="dim", role="status")),
        ),
        key=item["id"],
    )


def _form() -> rx.Component:
    form: Any = View.form
    address = rx.el.input(name="address", type="url", auto_complete="off", max_length=2000, required=~View.kept)
    secret = rx.el.input(
        name="secret",
        type="password",
        auto_complete="new-password",
        min_length=MIN_SECRET,
        max_length=500,
        required=~View.kept,
    )
    mention = rx.el.input(type="checkbox", name="mention", default_checked=form["mention"])
    return rx.el.section(
        rx.el.h2(rx.cond(View.editing == NEW, "A new destination", "Change the destination")),
        rx.el.form(
            field("Name", rx.el.input(name="name", default_value=form["name"], required=True, max_length=200), "/name"),
            field("Kind", select(KINDS, name="kind", value=View.kind, on_change=View.choose), "/kind"),
            field("Address", address, "/address", View.address_hint),
            rx.cond(
                View.kind == SLACK,
                rx.el.label(mention, " Mention everybody in the channel", class_name="box"),
                field("Secret", secret, "/secret", View.secret_hint),
            ),
            field(
                "Owner: team", optional("nobody", View.teams, name="team_id", default_value=form["team_id"]), "/team_id"
            ),
            fault("/mention"),
            overtaken(View.edit(View.editing), form=True),
            ending("Save the destination", View.close),
            on_submit=View.save,
            class_name="form panel",
            key=anew(View.editing),
            custom_attrs={"aria-label": "Destination"},
        ),
        rx.cond(
            View.editing != NEW,
            sure("Delete the destination", "Refused while a step of a policy names it.", View.delete),
        ),
    )


def page() -> rx.Component:
    """The list, then the form."""
    heads = ("Name", "Kind", "Address", "Used by", "What lint says", "Owner", "")
    return shell(
        PLACE,
        rx.el.div(
            policy_tabs("/destinations"),
            rx.el.h1("Destinations"),
            rx.el.p(
                "Where pages go besides to people: a whole Slack channel, or an automation. A step of a policy names "
                "one like a person. It is nobody: it acknowledges nothing, so call people as well. A test sends a page "
                "at once; an automation knows it by incident.test, and has nothing to do.",
                class_name="dim",
            ),
            shown(
                View.loaded,
                count(View.items) > 0,
                table(heads, View.items, _row, "All destinations"),
                "There is no destination. One that is made here can be chosen in the steps of every policy.",
            ),
            adding(View, "Add a destination"),
            rx.cond(View.editing != CLOSED, _form()),
            rx.el.div(done(), class_name="toast"),
            class_name="setup",
        ),
    )
