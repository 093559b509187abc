"""Maintenance: work during which nobody is paged, once or again and again, for services or integrations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypedDict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import reflex as rx

from ui.choices import named, offered
from ui.components.live import ago
from ui.lines import of_windows, windows
from ui.listing import ANOTHER, Beneath
from ui.noise import noise, typed
from ui.parts import count, ending, field, only_look, overtaken, shown, sure
from ui.session import Session, told
from ui.viewer import Viewer, seen_from

NOTHING = dict.fromkeys(("name", "starts_at", "ends_at", "windows", "comment", "zone"), "")


class Item(TypedDict):
    """One maintenance. `next`: when it opens next, "" if never."""

    id: str
    name: str
    what: str
    when: str
    open: bool
    next: str
    until: str
    comment: str


class View(Beneath, Viewer, Session):
    """`of`: what the one in the form is for."""

    nothing: ClassVar[Mapping[str, str]] = NOTHING
    items: list[Item] = []
    integrations: list[list[str]] = []
    services: list[list[str]] = []
    of: list[str] = []

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        self.integrations = await offered(self, "/integrations")
        self.services = await named(self, "/services")
        self._empty()
        await self._load()

    @rx.event
    @told
    async def edit(self, ident: str) -> None:
        """Have it in the form, its times by the viewer's clock."""
        found = await self.take(f"/maintenance/{ident}")
        form = {
            **{k: found[k] for k in ("name", "comment")},
            **{k: typed(found[k], self.viewer) for k in ("starts_at", "ends_at")},
            "windows": of_windows(found["windows"]),
            "zone": self.viewer,
        }
        self.of = [*found["service_ids"], *found["integration_ids"]]
        self._open(ident, form)

    async def _load(self) -> None:
        names = dict((*self.integrations, *self.services))
        self.items = [_item(found, names) for found in (await self.ask("GET", "/maintenance"))["items"]]
        self.loaded = True

    @rx.event
    @told
    async def save(self, form: dict[str, Any]) -> None:
        """Another one; the API checks it."""
        try:
            body = _body(form, [i for i, _ in self.integrations], [i for i, _ in self.services])
        except (ValueError, ZoneInfoNotFoundError) as error:
            self.problem = str(error)
            return
        if self.editing == ANOTHER:
            await self.ask("POST", "/maintenance", body)
        else:
            saved = await self.ask("GET", f"/maintenance/{self.editing}")
            if of_windows(saved["windows"]) == form["windows"].strip():
                body["windows"] = saved["windows"]  # with their holidays, which the form does not show
            await self.ask("PUT", f"/maintenance/{self.editing}", body)
        self._empty()
        self.done = "Saved: incidents that open in it page nobody. Those that are open go on."
        await self._load()

    @rx.event
    @told
    async def delete(self, ident: str) -> None:
        """It is over."""
        await self.ask("DELETE", f"/maintenance/{ident}")
        self.done = "Deleted: what fires under it escalates now."
        await self._load()


def _item(found: dict[str, Any], names: dict[str, str]) -> Item:
    of = [names.get(ident, "one that is gone") for ident in (*found["service_ids"], *found["integration_ids"])]
    following = found["next"][0] if found["next"] else None
    return {
        "id": found["id"],
        "name": found["name"],
        "what": ", ".join(of) or "everything",
        "when": of_windows(found["windows"]).replace("\n", "; ") or "once",
        "open": found["open"],
        "next": "" if following is None or found["open"] else following["start"],
        "until": (following["end"] or "") if following is not None and found["open"] else "",
        "comment": found["comment"],
    }


def _body(form: dict[str, Any], integrations: list[str], services: list[str]) -> dict[str, Any]:
    """Raises ValueError for what is no time or no zone."""
    zone = ZoneInfo(form["zone"].strip() or "UTC")

    def at(name: str) -> str | None:
        text = form[name]
        return datetime.fromisoformat(text).replace(tzinfo=zone).isoformat() if text else None

    return {
        "name": form["name"],
        "starts_at": at("starts_at"),
        "ends_at": at("ends_at"),
        "windows": windows(form["windows"]),
        "service_ids": [i for i in services if form.get(f"service_{i}")],
        "integration_ids": [i for i in integrations if form.get(f"integration_{i}")],
        "comment": form["comment"],
    }


def _shown(item: rx.Var[Item]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.strong(item["name"]),
            rx.el.p("Nobody is paged for ", item["what"], ", ", item["when"]),
            rx.el.p(
                rx.cond(
                    item["open"].to(bool),
                    rx.fragment(
                        rx.cond(View.as_of != "", "open then", "open now"),
                        rx.cond(item["until"] != "", rx.fragment(", ends ", ago(at=item["until"]))),
                    ),
                    rx.cond(item["next"] != "", rx.fragment("opens ", ago(at=item["next"])), "over"),
                )
            ),
            rx.el.p(item["comment"], class_name="dim"),
        ),
        rx.cond(
            View.may_configure,
            rx.el.div(
                rx.el.button(
                    "Edit",
                    type="button",
                    on_click=View.edit(item["id"]),
                    custom_attrs={"aria-label": "Edit " + item["name"].to(str)},
                ),
                sure("Delete", "What fires under it starts to page people at once.", View.delete(item["id"])),
                class_name="actions",
            ),
        ),
        key=item["id"],
    )


def _boxes(title: str, kind: str, options: rx.Var[list[list[str]]]) -> rx.Component:
    def box(item: rx.Var[list[str]]) -> rx.Component:
        chosen = (View.editing != ANOTHER) & rx.Var.create(View.of).contains(item[0])
        name = f"{kind}_" + item[0]
        return rx.el.label(rx.el.input(type="checkbox", name=name, default_checked=chosen), " ", item[1])

    return rx.el.fieldset(rx.el.legend(title), rx.foreach(options, box), class_name="boxes")


def _zone() -> rx.Var[str]:
    """Of the times in the form."""
    zone: rx.Var[str] = rx.cond(View.form["zone"] != "", View.form["zone"], View.viewer)
    return zone


def _form() -> rx.Component:
    return rx.el.section(
        rx.el.h2(rx.cond(View.editing == ANOTHER, "Plan maintenance", "Change the maintenance")),
        rx.el.form(
            field(
                "Name",
                rx.el.input(name="name", default_value=View.form["name"], required=True, max_length=200),
                "/name",
            ),
            _boxes("Services (none of both: everything)", "service", View.services),
            _boxes("Integrations", "integration", View.integrations),
            field(
                "From",
                rx.el.input(type="datetime-local", name="starts_at", default_value=View.form["starts_at"]),
                "/starts_at",
                "empty: now",
            ),
            field(
                "To",
                rx.el.input(type="datetime-local", name="ends_at", default_value=View.form["ends_at"]),
                "/ends_at",
                "needed unless it recurs",
            ),
            field(
                "Times of zone",
                rx.el.input(name="zone", default_value=_zone(), key=_zone()),
                "",
                "such as Europe/Berlin",
            ),
            field(
                "Only in these hours, one a line",
                rx.el.textarea(name="windows", default_value=View.form["windows"], rows=2),
                "/windows",
                "such as Mon-Fri 22:00-01:00 Europe/Berlin",
            ),
            field("Why", rx.el.input(name="comment", default_value=View.form["comment"], max_length=500), "/comment"),
            overtaken(View.edit(View.editing), form=True),
            ending("Save the maintenance", View.close, View.editing != ANOTHER),
            on_submit=View.save,
            class_name="form panel",
            key=rx.Var.create(View.form_key).to(str),
        ),
    )


def page() -> rx.Component:
    """What is planned comes first."""
    empty = "No maintenance is planned. In it incidents open without paging anybody; what still fires at its end does."
    return noise(
        "/noise/maintenance",
        "Maintenance",
        seen_from(View),
        shown(View.loaded, count(View.items) > 0, rx.el.ul(rx.foreach(View.items, _shown), class_name="rules"), empty),
        rx.cond(View.may_configure & View.loaded, _form()),
        rx.cond(View.loaded, only_look(View.may_configure)),
    )
