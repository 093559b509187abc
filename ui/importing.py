"""Calendars that are layers of a schedule, on its editor: how each stands, another one, other people, away.

They are no part of what is typed: each change counts at once, and the schedule is another one then.
"""

from __future__ import annotations

from typing import Any, TypedDict
from urllib.parse import quote

import reflex as rx

from ui import durations
from ui.components.live import ago
from ui.parts import ending, field, overtaken, sure
from ui.session import Session, told

PART = "calendar"
CLOSED, NEW = "", "new"
NOTHING = {"layer": "", "host": "", "people": "", "every": "15", "stale": "24"}


class Import(TypedDict):
    """One calendar. `good_at`: of the copy in use, "" if it was never read; `unknown`: texts that name nobody."""

    id: str
    layer: str
    host: str
    good_at: str
    shifts: int
    problem: str
    stale: bool
    unknown: list[str]


class Importing(Session, mixin=True):  # type: ignore[call-arg]
    """Of a page with the id of a schedule in `saved`, its `people` as [id, name], and `load`.

    `importing`: id of the calendar in the form, NEW or CLOSED.
    """

    imports: list[Import] = []
    importing: str = CLOSED
    import_form: dict[str, str] = NOTHING

    def _calendars(self, ident: str = "") -> str:
        """The API's path of all of them, or of one."""
        path = f"/schedules/{quote(self.saved, safe='')}/calendars"
        return f"{path}/{ident}" if ident else path

    async def look_at_imports(self) -> None:
        """How they stand."""
        self.imports = [_import(found) for found in (await self.ask("GET", self._calendars()))["items"]]

    @rx.event
    @told
    async def refresh_imports(self) -> None:
        """As they stand now."""
        await self.look_at_imports()

    @rx.event
    @told
    async def open_import(self, ident: str) -> None:
        """Have one in the form, or NEW, or CLOSED."""
        self.importing, self.import_form = CLOSED, NOTHING
        if ident not in (CLOSED, NEW):
            found = await self.take(self._calendars(ident), PART)
            names = dict(self.people)
            self.import_form = {
                "layer": found["layer"],
                "host": found["host"],
                "people": "\n".join(f"{text} = {names.get(user, user)}" for text, user in found["people"].items()),
                "every": durations.words(found["every_s"]),
                "stale": durations.words(found["stale_after_s"]),
            }
        self.importing = ident

    @rx.event
    @told
    async def save_import(self, form: dict[str, Any]) -> None:
        """It is asked for at once."""
        try:
            body = {
                "url": form["url"].strip(),
                "people": _people(form["people"], {name: ident for ident, name in self.people}),
                "every_s": durations.seconds(form["every"]),
                "stale_after_s": durations.seconds(form["stale"]),
            }
        except ValueError as error:
            self.problem = f"Nothing was saved. {error}"
            return
        if self.importing == NEW:
            await self.ask("POST", self._calendars(), {**body, "layer": form["layer"]})
            self.done = "Saved. Once it was read it is the top layer; load this page anew then to move it."
        else:
            path, layer = self._calendars(self.importing), self.import_form["layer"]
            await self.replace(path, {**body, "layer": layer}, PART)
            self.done = "Saved; it is asked for now."
        self.importing = CLOSED
        await self.look_at_imports()

    @rx.event
    @told
    async def ask_import(self, ident: str) -> None:
        """Ask its server now."""
        await self.ask("POST", f"{self._calendars(ident)}/refresh")
        await self.look_at_imports()
        self.done = "It is asked for now; look again in some seconds."

    @rx.event
    @told
    async def remove_import(self, ident: str) -> Any:
        """With its layer: the schedule is another one then, and is loaded anew."""
        await self.ask("DELETE", self._calendars(ident))
        return type(self).load


def _import(found: dict[str, Any]) -> Import:
    return {
        **{k: found[k] for k in ("id", "layer", "host", "shifts", "problem", "stale")},  # type: ignore[typeddict-item]
        "good_at": found["good_at"] or "",
        "unknown": [f"{u['text']} ({u['events']} times, first {u['first'][:10]})" for u in found["unknown"]],
    }


def _people(text: str, known: dict[str, str]) -> dict[str, str]:
    """A line each: what the calendar says = a person's name. Raises ValueError."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        said, equals, name = (part.strip() for part in line.rpartition("="))
        if not equals or name not in known:
            raise ValueError(f"{line!r} does not end in = and the name of somebody here.")
        found[said] = known[name]
    return found


def _one(on: Any, item: rx.Var[Import]) -> rx.Component:
    unknown = item["unknown"].to(list[str])

    def button(text: str, event: Any) -> rx.Component:
        label = f"{text}: " + item["layer"].to(str)
        return rx.el.button(text, type="button", on_click=event, custom_attrs={"aria-label": label})

    return rx.el.li(
        rx.el.strong(item["layer"]),
        rx.el.p(
            item["host"],
            rx.cond(
                item["good_at"] != "",
                rx.fragment(": ", item["shifts"], " shifts, as it said ", ago(at=item["good_at"])),
                ": not read yet, so it is no layer yet",
            ),
        ),
        rx.cond(item["problem"] != "", rx.el.p(item["problem"], class_name="problem-text")),
        rx.cond(
            item["stale"].to(bool),
            rx.el.p("Stale: who is on call is what an old copy says.", class_name="problem-text"),
        ),
        rx.cond(
            unknown.length() > 0,
            rx.fragment(
                rx.el.p("These texts name nobody here; say under Change who they are:", class_name="problem-text"),
                rx.el.ul(rx.foreach(unknown, rx.el.li)),
            ),
        ),
        rx.cond(
            on.may_configure,
            rx.el.div(
                button("Change", on.open_import(item["id"])),
                button("Ask now", on.ask_import(item["id"])),
                sure(
                    "Remove the calendar",
                    "Its layer goes at once, and the layers below count. What was typed here and not saved goes too.",
                    on.remove_import(item["id"]),
                ),
                class_name="actions",
            ),
        ),
        rx.cond(on.importing == item["id"], _form(on, False)),
        key=item["id"],
        class_name="card",
    )


def _form(on: Any, new: bool) -> rx.Component:
    form = on.import_form
    hint = "http(s):// or webcal://; it is never shown again" + ("" if new else "; empty: as it is")
    layer = rx.el.input(name="layer", default_value=form["layer"], required=True, max_length=200)
    return rx.el.form(
        field("Name of its layer", layer, "/layer") if new else rx.fragment(),
        field("Address", rx.el.input(name="url", auto_complete="off", required=new), "/url", hint),
        field(
            "Who is meant, one a line",
            rx.el.textarea(name="people", default_value=form["people"], rows=3),
            "/people",
            "text of the calendar = name of a person; full names and e-mail addresses are known by themselves",
        ),
        field(
            "Ask every",
            rx.el.input(name="every", default_value=form["every"], required=True),
            "/every_s",
            durations.HINT,
        ),
        field(
            "Stale after",
            rx.el.input(name="stale", default_value=form["stale"], required=True),
            "/stale_after_s",
        ),
        rx.fragment() if new else overtaken(on.open_import(on.importing), form=True, part=PART),
        ending("Save the calendar", on.open_import(CLOSED)),
        on_submit=on.save_import,
        class_name="form",
        custom_attrs={"aria-label": "Calendar"},
    )


def calendars(on: Any) -> rx.Component:
    """Those of a saved schedule. `on`: the page's state."""
    return rx.cond(
        on.saved != "",
        rx.el.section(
            rx.el.h2("Calendars that are layers"),
            rx.el.p("Changes here count at once, whatever is typed above.", class_name="dim"),
            rx.el.ul(rx.foreach(on.imports.to(list[Import]), lambda item: _one(on, item)), class_name="plain"),
            rx.cond(
                on.may_configure & (on.importing == CLOSED),
                rx.el.div(
                    rx.el.button("Import a calendar", type="button", on_click=on.open_import(NEW)),
                    rx.cond(
                        on.imports.length() > 0,
                        rx.el.button("Look again", type="button", on_click=on.refresh_imports),
                    ),
                    class_name="actions",
                ),
            ),
            rx.cond(on.importing == NEW, rx.el.div(_form(on, True), class_name="card")),
            id="calendars",
        ),
    )
