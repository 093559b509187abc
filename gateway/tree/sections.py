"""Every section of the tree on one screen, in the order in which they are written: what names others comes later."""

from __future__ import annotations

from typing import Any

from gateway.tree.destinations import Destinations
from gateway.tree.heartbeats import Heartbeats
from gateway.tree.noise import MaintenanceWork, Silences
from gateway.tree.people import Teams, Users
from gateway.tree.plans import HolidayCalendars, LastResorts, OrganisationWide, Policies
from gateway.tree.schedules import Schedules
from gateway.tree.section import Section
from gateway.tree.ways import Integrations, Rules, ServicesOwned

SECTIONS: tuple[Section[Any], ...] = (
    HolidayCalendars(),
    Users(),
    Teams(),
    Schedules(),
    Destinations(),
    OrganisationWide(),
    Policies(),
    ServicesOwned(),
    Integrations(),
    Heartbeats(),
    Rules(),
    LastResorts(),
    Silences(),
    MaintenanceWork(),
)
