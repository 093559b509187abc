"""The console as one Reflex application."""

from __future__ import annotations

import reflex as rx
import structlog
from reflex.event import EventSpec

from ui.first_run import FirstRun
from ui.headers import secured
from ui.pages import (
    acknowledged,
    administration,
    analytics,
    api_keys,
    audit,
    configuration,
    destinations,
    feeds,
    holidays,
    incident,
    incident_view,
    incidents,
    load,
    mine,
    missing,
    on_call,
    people,
    person,
    policies,
    policy,
    profile,
    schedule,
    teams,
    versions,
    welcome,
)
from ui.person import Person
from ui.person_account import Account
from ui.person_contacts import Contacts
from ui.person_rules import Rules
from ui.session import Session
from ui.setup_pages import add_setup_pages

log = structlog.get_logger("sentinel.console")


def broken(exception: Exception) -> EventSpec:
    """To the log for us, to the page in words. Reflex's own notice needs a script that the pages' policy refuses."""
    log.error("console_failed", exc_info=exception, meaning="somebody's action on a page may not be done")
    return Session.broken()


app = rx.App(
    backend_exception_handler=broken,
    stylesheets=["/console.css", "/administration.css", "/analytics.css", "/incident.css", "/people.css", "/rota.css"],
    head_components=[rx.el.link(rel="icon", href=rx.asset("icon.svg"), type="image/svg+xml")],
    html_lang="en",
    api_transformer=secured,
    toaster=None,
)
app.app_wraps.pop((5, "Overlay"))  # Reflex's own notice of a lost connection names a websocket; ours: ui/shell.py
app.add_page(
    incidents.page, route="/incidents", title="Incidents · Sentinel", on_load=[Session.enter, incidents.Level.look]
)
app.add_page(
    incident.page,
    route="/incidents/[ident]",
    title="Incident · Sentinel",
    on_load=[Session.enter, incident_view.View.load],
)
app.add_page(on_call.page, route="/on-call", title="On call · Sentinel", on_load=[Session.enter, on_call.View.load])
app.add_page(people.page, route="/people", title="People · Sentinel", on_load=[Session.enter, people.View.load])
app.add_page(teams.page, route="/teams", title="Teams · Sentinel", on_load=[Session.enter, teams.View.load])
OF_PERSON = [Session.enter, Person.load, Contacts.load_contacts]
app.add_page(
    person.page,
    route="/people/[ident]",
    title="Person · Sentinel",
    on_load=[*OF_PERSON, Rules.load_rules, person.Standing.load_standing],
)
app.add_page(
    profile.page,
    route="/profile",
    title="Profile · Sentinel",
    on_load=[*OF_PERSON, Rules.load_rules, Account.load_account],
)
app.add_page(welcome.page, route="/welcome", title="Welcome · Sentinel", on_load=[*OF_PERSON, FirstRun.load_setup])
for path in ("/schedules/new", "/schedules/[schedule_id]/edit"):
    app.add_page(schedule.page, route=path, title="Schedule · Sentinel", on_load=[Session.enter, schedule.View.load])
app.add_page(policies.page, route="/policies", title="Policies · Sentinel", on_load=[Session.enter, policies.View.load])
app.add_page(
    policy.page, route="/policies/[policy_id]", title="Policy · Sentinel", on_load=[Session.enter, policy.View.load]
)
app.add_page(
    acknowledged.page,
    route="/acknowledged",
    title="Acknowledged is not blind · Sentinel",
    on_load=[Session.enter, acknowledged.View.load],
)
app.add_page(
    destinations.page,
    route="/destinations",
    title="Destinations · Sentinel",
    on_load=[Session.enter, destinations.View.load],
)
app.add_page(mine.page, route="/on-call/mine", title="My shifts · Sentinel", on_load=[Session.enter, mine.View.load])
app.add_page(load.page, route="/on-call/load", title="Load · Sentinel", on_load=[Session.enter, load.View.load])
app.add_page(
    holidays.page, route="/on-call/holidays", title="Holidays · Sentinel", on_load=[Session.enter, holidays.View.load]
)
app.add_page(
    feeds.page, route="/on-call/feeds", title="Calendar links · Sentinel", on_load=[Session.enter, feeds.View.load]
)
add_setup_pages(app)
app.add_page(missing.page, route="404", title="No such page · Sentinel", on_load=Session.enter)
app.add_page(
    analytics.page, route="/analytics", title="Analytics · Sentinel", on_load=[Session.enter, analytics.View.load]
)
for module, path, name in (
    (administration, "/administration", "Health"),
    (configuration, "/administration/configuration", "Configuration"),
    (versions, "/administration/versions", "Versions"),
    (audit, "/administration/audit", "Audit log"),
    (api_keys, "/administration/keys", "API keys"),
):
    app.add_page(module.page, route=path, title=f"{name} · Sentinel", on_load=[Session.enter, module.View.load])
