"""My shifts, with whether I am ready for each; swaps asked and offered; time off."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.calendar import coming, cut_off, instant, when
from ui.choices import callable_of, optional
from ui.components.live import ago
from ui.parts import count, done, field, shown, sure
from ui.renewing import Renewing, watching
from ui.rota_tabs import rota_tabs
from ui.session import Session, told
from ui.shell import shell
from ui.viewer import Viewer

AHEAD_DAYS = 28


class Shift(TypedDict):
    """A coming shift of mine. `begins`: "" if it has; `text`: when, on my clock; `there`: on the schedule's, if that
    is another."""

    key: str
    schedule: str
    begins: str
    text: str
    there: str
    ready: bool
    reasons: list[str]


class Swap(TypedDict):
    """A request that I made or was asked. `may`: "answer", "withdraw" or ""."""

    id: str
    text: str
    state: str
    last: str
    may: str


class Off(TypedDict):
    """Time off of mine. `uncovered`: what is still mine in it."""

    id: str
    text: str
    uncovered: list[str]


class View(Renewing, Viewer, Session):
    """`unconfirmed`: schedules in which I came on call and have not confirmed it yet: id and name."""

    shifts: list[Shift] = []
    swaps: list[Swap] = []
    off: list[Off] = []
    people: list[list[str]] = []
    unconfirmed: list[list[str]] = []
    names: dict[str, str] = {}
    schedules: dict[str, str] = {}
    zones: dict[str, str] = {}

    @rx.event
    @told
    async def load(self) -> None:
        """As it is now."""
        await self._begin()

    async def _load_names(self) -> None:
        users = (await self.ask("GET", "/users"))["items"]
        self.names = {u["id"]: u["name"] for u in users}
        self.people = [one for one in callable_of(users) if one[0] != self.user_id]

    async def _load(self) -> None:
        now = await self._standing()
        found = (await self.ask("GET", "/schedules"))["items"]
        self.schedules = {s["id"]: s["name"] for s in found}
        self.zones = {s["id"]: s["zone"] for s in found}
        ready = await self.ask("GET", "/readiness", days=AHEAD_DAYS, user=self.user_id)
        of = (ready["at"], ready["until"])
        self.shifts = [self._shift(s, of) for s in ready["items"]]
        asked = (await self.ask("GET", "/swap-requests", user=self.user_id))["items"]
        asked.sort(key=lambda s: s["state"] != "open")
        self.swaps = [self._swap(s) for s in asked[:20]]
        self.off = [self._off(o) for o in (await self.ask("GET", "/time-off", user=self.user_id))["items"]]
        await self._hand_offs(now)
        self.loaded = True

    async def _hand_offs(self, now: dict[str, Any]) -> None:
        mine = [d["schedule_id"] for d in now["items"] if self.user_id in d["user_ids"]]
        self.unconfirmed = []
        for ident in mine:
            if self.user_id in (await self.ask("GET", f"/schedules/{ident}/hand-off"))["unconfirmed"]:
                self.unconfirmed.append([ident, self.schedules.get(ident, ident)])

    def _shift(self, said: dict[str, Any], of: tuple[str, str]) -> Shift:
        start, end = said["start"], said["end"]
        zone = self.zones.get(said["schedule_id"], self.viewer)
        return {
            "key": f"{said['schedule_id']} {start} {end}",
            "schedule": said["schedule"],
            "begins": "" if cut_off(start, end, of)[0] else start,
            "text": coming(start, end, self.viewer, of),
            "there": coming(start, end, zone, of) if zone != self.viewer else "",
            "ready": said["ready"],
            "reasons": [r["text"] for r in said["reasons"]],
        }

    def _swap(self, said: dict[str, Any]) -> Swap:
        who = self.names.get(said["user_id"], said["user_id"])
        mine = said["user_id"] == self.user_id
        asked = ", ".join(self.names.get(u, u) for u in said["asked"])
        back, about = said["in_return"], self.schedules.get(said["schedule_id"], said["schedule_id"])
        text = f"{about}, {when(said['start'], said['end'], self.viewer)}: "
        text += f"you ask {asked}" if mine else f"{who} asks you to take it"
        if back:
            text += f", in return for {when(back['start'], back['end'], self.viewer)}"
        if said["note"]:
            text += f" (“{said['note']}”)"
        answered = self.user_id in said["declined_by"]
        may = "" if said["state"] != "open" else "withdraw" if mine else "" if answered else "answer"
        last = said["history"][-1] if said["history"] else None
        taken = self.names.get(said["taken_by"] or "", "")
        state = f"taken by {taken}" if taken else said["state"]
        return {
            "id": said["id"],
            "text": text,
            "state": state,
            "last": f"{last['what']}, {last['by']}" if last else "",
            "may": may,
        }

    def _off(self, said: dict[str, Any]) -> Off:
        return {
            "id": said["id"],
            "text": when(said["start"], said["end"], self.viewer) + (f", {said['note']}" if said["note"] else ""),
            "uncovered": [
                f"{self.schedules.get(p['schedule_id'], '')}, {when(p['start'], p['end'], self.viewer)}: still yours"
                + (f", the request is {p['swap_state']}" if p["swap_state"] else ", nobody was asked")
                for p in said["uncovered"]
            ],
        }

    @rx.event
    @told
    async def ask_swap(self, form: dict[str, Any]) -> None:
        """Ask one person or everybody to take a shift, or part of it."""
        schedule, start, end = form["shift"].split(" ")
        span = self._span(form["start"], form["end"]) if form["start"] or form["end"] else (start, end)
        back = self._span(form["back_start"], form["back_end"]) if form["back_start"] or form["back_end"] else None
        if span is None or (back is None and (form["back_start"] or form["back_end"])):
            self.problem = "Fill in both times or none, as day and time."
            return
        body = {
            "schedule_id": schedule,
            "start": span[0],
            "end": span[1],
            "asked": [form["asked"]] if form["asked"] else None,
            "in_return": {"start": back[0], "end": back[1]} if back else None,
            "note": form["note"],
        }
        await self.ask("POST", "/swap-requests", body)
        self.done = "Asked. Until somebody takes it, you stay on call."
        await self._load()

    def _span(self, start: str, end: str) -> tuple[str, str] | None:
        try:
            return instant(start, self.viewer).isoformat(), instant(end, self.viewer).isoformat()
        except ValueError:
            return None

    @rx.event
    @told
    async def answer(self, ident: str, verb: str) -> None:
        """Take, decline or withdraw."""
        words = {"take": "It is yours now.", "decline": "Declined.", "withdraw": "Withdrawn."}
        if verb in words:
            await self.ask("POST", f"/swap-requests/{ident}/{verb}")
            self.done = words[verb]
        await self._load()

    @rx.event
    @told
    async def confirm(self, schedule: str) -> None:
        """I have taken over."""
        await self.ask("POST", f"/schedules/{schedule}/hand-off/confirm")
        self.done = "Confirmed."
        self.unconfirmed = [one for one in self.unconfirmed if one[0] != schedule]

    @rx.event
    @told
    async def away(self, form: dict[str, Any]) -> None:
        """Enter time off, and ask for cover."""
        span = self._span(form["start"], form["end"])
        if span is None:
            self.problem = "Fill in both times, as day and time."
            return
        body = {"start": span[0], "end": span[1], "note": form["note"], "ask_cover": bool(form.get("ask_cover"))}
        await self.ask("POST", "/time-off", body)
        self.done = "Entered. You stay on call until your shifts are taken."
        await self._load()

    @rx.event
    @told
    async def there_after_all(self, ident: str) -> None:
        """Cancel time off."""
        await self.ask("DELETE", f"/time-off/{ident}")
        self.done = "Cancelled. What colleagues have taken stays theirs."
        await self._load()


def shift(one: rx.Var[Shift]) -> rx.Component:
    """A coming shift with its badge."""
    return rx.el.li(
        rx.el.span(
            rx.cond(one["ready"], "✓ ready", "✗ not ready"),
            class_name=rx.cond(one["ready"], "ready good", "ready problem-text"),
        ),
        rx.el.div(
            rx.el.strong(one["schedule"]),
            " ",
            one["text"],
            rx.cond(one["begins"] != "", rx.fragment(" (", ago(at=one["begins"]), ")")),
            rx.cond(one["there"] != "", rx.el.div(one["there"], class_name="dim")),
            rx.el.ul(rx.foreach(one["reasons"].to(list[str]), rx.el.li), class_name="plain dim"),
        ),
        class_name="my-shift",
    )


def swap(one: rx.Var[Swap]) -> rx.Component:
    """A request with what I may do."""
    return rx.el.li(
        rx.el.div(rx.el.strong(one["state"]), " · ", one["text"]),
        rx.el.div(one["last"], class_name="dim"),
        rx.match(
            one["may"],
            (
                "answer",
                rx.el.div(
                    rx.el.button("Take it", on_click=View.answer(one["id"], "take"), class_name="first"),
                    rx.el.button("Decline", on_click=View.answer(one["id"], "decline")),
                    class_name="actions",
                ),
            ),
            ("withdraw", rx.el.button("Withdraw", on_click=View.answer(one["id"], "withdraw"))),
            rx.fragment(),
        ),
        class_name="swap",
        key=one["id"],
    )


def asking() -> rx.Component:
    """The form of a swap request."""
    return rx.el.form(
        field(
            "My shift",
            rx.el.select(
                rx.foreach(
                    View.shifts,
                    lambda s: rx.el.option(s["schedule"].to(str) + ", " + s["text"].to(str), value=s["key"]),
                ),
                name="shift",
            ),
            "/start",
        ),
        field(
            "Whom to ask",
            optional(
                "everybody who could",
                View.people,
                name="asked",
            ),
            "/asked",
        ),
        field("Why", rx.el.input(name="note", max_length=200), "/note"),
        rx.el.details(
            rx.el.summary("Only a part of it, or in return for another shift"),
            rx.el.div(
                field("Part from", rx.el.input(type="datetime-local", name="start")),
                field("Part to", rx.el.input(type="datetime-local", name="end"), "/end"),
                field("In return, from", rx.el.input(type="datetime-local", name="back_start"), "/in_return"),
                field("In return, to", rx.el.input(type="datetime-local", name="back_end")),
                class_name="form",
            ),
        ),
        rx.el.button("Ask for a swap", type="submit", class_name="first", disabled=~View.may_respond),
        on_submit=View.ask_swap,
        class_name="form",
    )


def off(one: rx.Var[Off]) -> rx.Component:
    """Time off, and what of it is not covered."""
    return rx.el.li(
        one["text"],
        " ",
        sure("Cancel it", "You are there after all; open requests are withdrawn.", View.there_after_all(one["id"])),
        rx.el.ul(rx.foreach(one["uncovered"].to(list[str]), rx.el.li), class_name="plain problem-text"),
        key=one["id"],
    )


def being_away() -> rx.Component:
    """The form of time off."""
    return rx.el.form(
        field("Away from", rx.el.input(type="datetime-local", name="start", required=True), "/start"),
        field("Back at", rx.el.input(type="datetime-local", name="end", required=True), "/end"),
        field("Note", rx.el.input(name="note", max_length=200), "/note"),
        rx.el.label(
            rx.el.input(type="checkbox", name="ask_cover", default_checked=True), " Ask colleagues to take my shifts"
        ),
        rx.el.button("Enter time off", type="submit", disabled=~View.may_respond),
        on_submit=View.away,
        class_name="form",
    )


def page() -> rx.Component:
    """What waits for an answer comes first."""
    return shell(
        "/on-call",
        watching(View),
        rota_tabs("/on-call/mine"),
        rx.el.h1("My shifts"),
        rx.el.p("Times of ", View.viewer, ".", class_name="dim"),
        done(),
        rx.foreach(
            View.unconfirmed,
            lambda one: rx.el.p(
                "You have come on call in ",
                rx.el.strong(one[1]),
                ". ",
                rx.el.button("Confirm that I have taken over", on_click=View.confirm(one[0]), class_name="first"),
            ),
        ),
        shown(
            View.loaded,
            count(View.shifts) > 0,
            rx.el.ul(rx.foreach(View.shifts, shift), class_name="explained", id="shifts"),
            "You are not on call in the coming four weeks.",
        ),
        rx.cond(
            View.loaded,
            rx.fragment(
                rx.el.h2("Swaps"),
                rx.el.ul(rx.foreach(View.swaps, swap), class_name="explained", id="swaps"),
                rx.cond(count(View.shifts) > 0, asking(), rx.el.p("You have no shift to give away.", class_name="dim")),
                rx.el.h2("Time off"),
                rx.el.ul(rx.foreach(View.off, off), class_name="explained", id="off"),
                being_away(),
            ),
        ),
    )
