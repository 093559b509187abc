"""Python's side of every.jsx."""

from __future__ import annotations

import reflex as rx

from ui.components.live import library

_every = rx.asset("every.jsx", shared=True)


class Every(rx.Component):
    """Shows nothing; calls `on_tick` every so many seconds while the page is visible."""

    library = library(_every)
    tag = "Every"

    seconds: rx.Var[int]
    on_tick: rx.EventHandler[rx.event.no_args_event_spec]


every = Every.create
