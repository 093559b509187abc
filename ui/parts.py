"""What pages are made of: fields, tables, tabs, buttons that ask once more, and what there is instead of nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import reflex as rx

from ui import then
from ui.components.live import place
from ui.session import Session


def field(
    label: str | rx.Var[str], control: rx.Component, pointer: str | rx.Var[str] = "", hint: str | rx.Var[str] = ""
) -> rx.Component:
    """A control with its label. `pointer`: where the API's 422 would name it (RFC 6901), shown beneath it then."""
    return rx.el.div(
        rx.el.label(rx.el.span(label), control),
        rx.el.small(hint) if isinstance(hint, rx.Var) or hint else rx.fragment(),
        fault(pointer) if isinstance(pointer, rx.Var) or pointer else rx.fragment(),
        class_name="field",
    )


def fault(pointer: str | rx.Var[str]) -> rx.Component:
    """What the API said of this field when it refused the last change."""
    faults = rx.Var.create(Session.faults)
    return rx.cond(faults.contains(pointer), rx.el.small(faults[pointer], class_name="problem-text"))


def choice(label: str, value: rx.Var[str], options: Sequence[tuple[str, str]], on_change: Any) -> rx.Component:
    """A select whose label is read out only. `options`: value and text."""
    items = (rx.el.option(text, value=key) for key, text in options)
    return rx.el.select(*items, value=value, on_change=on_change, custom_attrs={"aria-label": label})


def select(options: Sequence[tuple[str, str]] | rx.Var[list[list[str]]], **attributes: Any) -> rx.Component:
    """A select in a form. `options`: value and text, known now or in the state."""
    if isinstance(options, rx.Var):
        items = [rx.foreach(options, lambda option: rx.el.option(option[1], value=option[0]))]
    else:
        items = [rx.el.option(text, value=key) for key, text in options]
    return rx.el.select(*items, **attributes)


def ending(save: str | rx.Var[str], cancel: Any, may_cancel: bool | rx.Var[bool] = True) -> rx.Component:
    """The buttons beneath a form. `may_cancel`: whether there is what to go back to."""
    return rx.el.div(
        rx.el.button(save, type="submit", class_name="first"),
        rx.cond(may_cancel, rx.el.button("Cancel", type="button", on_click=cancel)),
        class_name="actions",
    )


def edit_button(may: rx.Var[bool], on_click: Any, name: rx.Var[Any]) -> rx.Component:
    """Opens the form with one thing of a list, for who may. `name`: its own, read out only."""
    label = "Edit " + name.to(str)
    return rx.cond(may, rx.el.button("Edit", type="button", on_click=on_click, custom_attrs={"aria-label": label}))


def table(
    heads: Sequence[str], items: Any, row: Callable[..., rx.Component], label: str, class_name: str = ""
) -> rx.Component:
    """A dense table; on a telephone each row is a card, and beneath it each cell has its head beside it (console.css).

    `row`: of an item of the state, an `rx.el.tr` with a cell for each head; `label`: read out only.
    """
    numbers: set[int] = set()

    def labelled(of_table: Any) -> rx.Component:
        made = row(of_table)
        for n, (cell, head) in enumerate(zip(made.children, heads, strict=True)):
            _mark(cell, "rowheader" if getattr(cell, "tag", "") == "th" else "cell", head)
            numbers.update({n} if "number" in str(getattr(cell, "class_name", "")) else ())
        return _mark(made, "row")

    rows = rx.foreach(items, labelled)
    cells = (
        rx.el.th(text, scope="col", role="columnheader", class_name="number" if n in numbers else "")
        for n, text in enumerate(heads)
    )
    return tabulated(rx.fragment(*cells), rows, label, class_name)


def tabulated(
    heads: rx.Component, rows: rx.Component, label: str, class_name: str = "", around: str = ""
) -> rx.Component:
    """The same of cells that are made elsewhere. Roles are said, because a browser takes those of elements away

    together with their display.
    """
    return rx.el.div(
        rx.el.table(
            rx.el.caption(label, class_name="out-of-sight"),
            rx.el.thead(rx.el.tr(heads, role="row"), role="rowgroup"),
            rx.el.tbody(rows, role="rowgroup"),
            class_name=f"dense {class_name}".strip(),
            role="table",
        ),
        class_name=f"wide {around}".strip(),
        tab_index=0,
        role="region",
        custom_attrs={"aria-label": label},
    )


def _mark(made: rx.Component, role: str, head: str = "") -> rx.Component:
    label = {"data-label": head} if head else {}
    made.custom_attrs = {**made.custom_attrs, "role": role, **label}
    return made


def count(items: Any) -> rx.Var[int]:
    """How many there are in a list of the state."""
    found: rx.Var[int] = rx.Var.create(items).length()
    return found


def shown(loaded: rx.Var[bool], some: rx.Var[bool], content: rx.Component, empty: str) -> rx.Component:
    """`content`, or why there is none: `empty` says what would be here and how it comes here."""
    return rx.cond(
        some,
        content,
        rx.cond(
            loaded,
            rx.el.p(empty, class_name="empty"),
            rx.cond(Session.problem == "", rx.el.p("Loading …", class_name="dim", role="status")),
        ),
    )


def sure(text: str, question: str, on_click: Any, **attributes: Any) -> rx.Component:
    """A button for what cannot be undone: it opens the question, and the button within does it."""
    return rx.el.details(
        rx.el.summary(text, class_name="button"),
        rx.el.div(
            rx.el.p(question),
            rx.el.button(f"Yes, {text[0].lower()}{text[1:]}", type="button", on_click=on_click, class_name="danger"),
            class_name="question",
        ),
        class_name="sure",
        **attributes,
    )


def following(more: rx.Var[bool], on_click: Any) -> rx.Component:
    """Beneath a list that the API gives a page at a time. `more`: there are further ones."""
    return rx.cond(more, rx.el.p(rx.el.button("Show more", type="button", on_click=on_click)))


def answered(tested: Mapping[str, str]) -> str:
    """What a provider said to a test page, as the API answers it."""
    words = {"accepted": "Taken: ", "rejected": "Not sent: ", "unknown": "It may have been sent: "}
    return words[tested["outcome"]] + tested["detail"]


def anew(ident: Any = "") -> Any:
    """The key of a form: another one each time that what is in it is taken, so that its fields begin with that."""
    return ident + " " + rx.Var.create(Session.taken).to_string()


def overtaken(load: Any, *overwrite: Any, form: bool = False, part: str = "") -> rx.Component:
    """Somebody else saved in between: what is typed stays, and the person decides. `load`: has it as it

    is now. `overwrite`: saves once more; `form`: this stands in the form that does. `part`: as in Session.take.
    """
    event = Session.insist if form else [Session.insist, *overwrite]
    mine = rx.el.button(
        "Overwrite it with mine", type="submit" if form else "button", on_click=event, class_name="danger"
    )
    return rx.cond(
        (Session.overtaken != "") & (Session.overtaken_in == part),
        rx.el.div(
            rx.el.p(rx.el.strong(Session.overtaken), " What you typed is still here." if form or overwrite else ""),
            rx.el.div(
                rx.el.button("Load what it says now, without mine", type="button", on_click=load),
                mine if form or overwrite else rx.fragment(),
                class_name="actions",
            ),
            class_name="panel overtaken",
            role="alert",
        ),
    )


def out(text: str, href: str | rx.Var[str], class_name: str = "", **attributes: str) -> rx.Component:
    """A link to what is the gateway's own, a page or a download. Else the console looks for a page of that name."""
    return rx.el.a(text, href=href, class_name=class_name, custom_attrs={"reloadDocument": True, **attributes})


def tabs(label: str, here: str, places: Sequence[tuple[str, str]]) -> rx.Component:
    """Pages that belong together, and of the same time. `here`: the path of this one; `places`: text and path."""
    return rx.el.nav(
        *(
            place(text, to=path + Session.keep_then if then.shows(path) else path, current=path == here)
            for text, path in places
        ),
        class_name="tabs",
        custom_attrs={"aria-label": label},
    )


def only_look(may: rx.Var[bool]) -> rx.Component:
    """Why nothing is offered to who may not; over a page of then it is said already."""
    return rx.cond((Session.as_of == "") & ~may, rx.el.span("Your role may only look.", class_name="dim"))


def done() -> rx.Component:
    """What the last action came to; read out when it changes."""
    return rx.el.p(Session.done, role="status", class_name="done")
