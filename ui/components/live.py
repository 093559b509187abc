"""Python's side of the components that listen on the gateway's websocket, and of what they are made of."""

from __future__ import annotations

from typing import Any

import reflex as rx

_live = rx.asset("live.jsx", shared=True)
_list = rx.asset("incident_list.jsx", shared=True)
_drawable = rx.asset("drawable.jsx", shared=True)
_calendar = rx.asset("calendar.jsx", shared=True)
_on_call = rx.asset("on_call.jsx", shared=True)
_rota_watch = rx.asset("rota_watch.jsx", shared=True)
_parts = rx.asset("parts.jsx", shared=True)
_acts = rx.asset("incident_acts.jsx", shared=True)
rx.asset("incident_rows.jsx", shared=True)  # a part of the list


def library(asset: object) -> str:
    """Where the compiled page finds a component that is shipped as an asset."""
    path = str(getattr(asset, "importable_path", asset))
    return path if path.startswith("$") else f"$/public{path}"


class LiveBadge(rx.Component):
    """Says when what is shown is no longer live, and since when."""

    library = library(_live)
    tag = "LiveBadge"


class LiveWatch(rx.Component):
    """Shows nothing; tells when the incident `ident` changed, or the connection came back."""

    library = library(_live)
    tag = "LiveWatch"

    ident: rx.Var[str]
    on_change: rx.EventHandler[rx.event.no_args_event_spec]


class RotaWatch(rx.Component):
    """Shows nothing; tells when who is on call may have changed, and whether names may have.

    `until`: the next hand-over (ISO), in `seconds`. Tells the version of the configuration, too; 0: it is not known.
    `names`: tells only when names may be others.
    """

    library = library(_rota_watch)
    tag = "RotaWatch"

    until: rx.Var[str]
    seconds: rx.Var[float]
    names: rx.Var[bool]
    on_change: rx.EventHandler[rx.event.passthrough_event_spec(bool, int)]


class Ago(rx.Component):
    """A time: relative, with the absolute one and its zone in the title and for screen readers."""

    library = library(_parts)
    tag = "Ago"

    at: rx.Var[str]


class Stamp(rx.Component):
    """A time by the browser's clock, to the second, and how long ago it is. What is around it says the zone."""

    library = library(_parts)
    tag = "Stamp"

    at: rx.Var[str]


class Local(rx.Component):
    """A sentence of the API with its times of UTC by the browser's clock. `at`: when it was said (ISO); "": now."""

    library = library(_parts)
    tag = "Local"

    text: rx.Var[str]
    at: rx.Var[str]


class ThemeSwitch(rx.Component):
    """Dark, light, or as the system has it."""

    library = library(_parts)
    tag = "ThemeSwitch"


class Place(rx.Component):
    """A link in the navigation."""

    library = library(_parts)
    tag = "Place"

    to: rx.Var[str]
    current: rx.Var[bool]


class Skip(rx.Component):
    """Takes the keyboard past the navigation, to the content."""

    library = library(_parts)
    tag = "Skip"


class Leave(rx.Component):
    """Takes the browser out of the console's pages, to `to` if it is not ""."""

    library = library(_parts)
    tag = "Leave"

    to: rx.Var[str]


class SignOut(rx.Component):
    """Ends the session in this browser."""

    library = library(_parts)
    tag = "SignOut"


class IncidentList(rx.Component):
    """The live list with its filters, keys and actions."""

    library = library(_list)
    tag = "IncidentList"

    may: rx.Var[bool]


class Calendar(rx.Component):
    """Days with who is on call in them. `shown`: as the gateway says a calendar (gateway/schemas/live.py)."""

    library = library(_calendar)
    tag = "Calendar"

    shown: rx.Var[dict[str, Any]]
    label: rx.Var[str]


class OnCall(rx.Component):
    """Who is on call now, and the calendar that somebody chose; what is within stands beside one schedule of now.

    `may`, `configure`: what is offered; `teams`: id and name of each. Tells the schedule and zone that what is within
    is about, if `schedule` and `zone` say others; what was drawn, from and to on that clock; and which override is to
    be taken back.
    """

    library = library(_on_call)
    tag = "OnCall"

    may: rx.Var[bool]
    configure: rx.Var[bool]
    teams: rx.Var[list[list[str]]]
    schedule: rx.Var[str]
    zone: rx.Var[str]
    on_shown: rx.EventHandler[rx.event.passthrough_event_spec(str, str)]
    on_drawn: rx.EventHandler[rx.event.passthrough_event_spec(str, str)]
    on_take_back: rx.EventHandler[rx.event.passthrough_event_spec(str)]


class IncidentStatus(rx.Component):
    """The status of the incident `ident`, live: as the page knows it, or as the feed has said since."""

    library = library(_acts)
    tag = "IncidentStatus"

    ident: rx.Var[str]
    status: rx.Var[str]


class IncidentActs(rx.Component):
    """Acknowledge, resolve, escalate: the browser asks the gateway itself, so that they work without this process.

    `words`: what to say of each state that the gateway answers. `on_acted`: it answered.
    """

    library = library(_acts)
    tag = "IncidentActs"

    ident: rx.Var[str]
    status: rx.Var[str]
    may: rx.Var[bool]
    words: rx.Var[dict[str, str]]
    on_acted: rx.EventHandler[rx.event.no_args_event_spec]


live_badge = LiveBadge.create
live_watch = LiveWatch.create
rota_watch = RotaWatch.create
ago = Ago.create
stamp = Stamp.create
local = Local.create
theme_switch = ThemeSwitch.create
place = Place.create
skip = Skip.create
leave = Leave.create
sign_out = SignOut.create
incident_list = IncidentList.create
calendar = Calendar.create
on_call = OnCall.create
incident_status = IncidentStatus.create
incident_acts = IncidentActs.create
