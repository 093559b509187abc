"""Python's side of the components in person.jsx."""

from __future__ import annotations

import reflex as rx

from ui.components.live import library

_person = rx.asset("person.jsx", shared=True)


class BrowserZone(rx.Component):
    """Shows nothing; tells the browser's IANA time zone once."""

    library = library(_person)
    tag = "BrowserZone"

    on_zone: rx.EventHandler[rx.event.passthrough_event_spec(str)]


class Copy(rx.Component):
    """A text with a button that copies it. `label`: what it is, for screen readers."""

    library = library(_person)
    tag = "Copy"

    text: rx.Var[str]
    label: rx.Var[str]


browser_zone = BrowserZone.create
copy = Copy.create
