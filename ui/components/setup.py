"""Python's side of the component in setup.jsx."""

from __future__ import annotations

import reflex as rx

from ui.components.live import library

_setup = rx.asset("setup.jsx", shared=True)


class Every(rx.Component):
    """Shows nothing; ticks every `ms` milliseconds while the page is looked at."""

    library = library(_setup)
    tag = "Every"

    ms: rx.Var[int]
    on_tick: rx.EventHandler[rx.event.no_args_event_spec]


every = Every.create
