"""The console as one Reflex application."""

from __future__ import annotations

import reflex as rx

from ui.headers import secured
from ui.pages import incident, incidents, on_call
from ui.session import Session

app = rx.App(
    stylesheets=["/console.css"],
    head_components=[rx.el.link(rel="icon", href="/icon.svg", type="image/svg+xml")],
    html_lang="en",
    api_transformer=secured,
)
app.add_page(incidents.page, route="/incidents", title="Incidents · Sentinel", on_load=Session.enter)
app.add_page(
    incident.page, route="/incidents/[ident]", title="Incident · Sentinel", on_load=[Session.enter, incident.View.load]
)
app.add_page(on_call.page, route="/on-call", title="On call · Sentinel", on_load=[Session.enter, on_call.View.load])
