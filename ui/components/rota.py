"""Python's side of the components in rota.jsx."""

from __future__ import annotations

import reflex as rx

from ui.components.live import _library

_rota = rx.asset("rota.jsx", shared=True)


class ViewerZone(rx.Component):
    """Shows nothing; tells the time zone of the browser, once."""

    library = _library(_rota)
    tag = "ViewerZone"

    on_zone: rx.EventHandler[rx.event.passthrough_event_spec(str)]


class Drawable(rx.Component):
    """A line of the calendar; tells from where to where was drawn with the mouse, as parts of its width."""

    library = _library(_rota)
    tag = "Drawable"

    on_drawn: rx.EventHandler[rx.event.passthrough_event_spec(float, float)]


class CopyButton(rx.Component):
    """Puts a text onto the clipboard. `label`: read out."""

    library = _library(_rota)
    tag = "CopyButton"

    text: rx.Var[str]
    label: rx.Var[str]


viewer_zone = ViewerZone.create
drawable = Drawable.create
copy_button = CopyButton.create
