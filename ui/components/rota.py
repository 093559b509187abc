"""Python's side of the component in rota.jsx."""

from __future__ import annotations

import reflex as rx

from ui.components.live import library

_rota = rx.asset("rota.jsx", shared=True)


class Drawable(rx.Component):
    """A line of the calendar; tells from where to where was drawn with the mouse, as parts of its width."""

    library = library(_rota)
    tag = "Drawable"

    on_drawn: rx.EventHandler[rx.event.passthrough_event_spec(float, float)]


drawable = Drawable.create
