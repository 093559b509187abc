"""The pages that set things up: services, integrations, noise. Told to the application in one place."""

from __future__ import annotations

import reflex as rx

from ui.integration import received, rules, trying, wording
from ui.pages import heartbeats, integration, integrations, maintenance, services, silences
from ui.session import Session

SECTIONS = [received.Received.load, rules.Rules.load, trying.Trying.load, wording.Wording.load]
LISTS = (
    ("/services", "Services", services),
    ("/noise", "Silences", silences),
    ("/noise/maintenance", "Maintenance", maintenance),
    ("/noise/heartbeats", "Heartbeats", heartbeats),
)


def add_setup_pages(app: rx.App) -> None:
    """With their styles."""
    app.stylesheets = [*app.stylesheets, "/setup.css"]
    app.add_page(
        integrations.page,
        route="/integrations",
        title="Integrations · Sentinel",
        on_load=[rules.Rules.forget, Session.enter, integrations.View.load, rules.Rules.load],
    )
    app.add_page(
        integration.page,
        route="/integrations/[ident]",
        title="Integration · Sentinel",
        on_load=[rules.Rules.forget, Session.enter, integration.View.load, *SECTIONS],
    )
    for path, title, module in LISTS:
        app.add_page(module.page, route=path, title=f"{title} · Sentinel", on_load=[Session.enter, module.View.load])
