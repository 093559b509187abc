"""Why an alert went where it went, in words: the conditions of the rule that decided. Pure."""

from __future__ import annotations

from domain.alert import AlertEvent
from domain.configuration import Matcher
from domain.grouping import Group
from domain.window import Window

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def reasons(group: Group) -> tuple[str, ...]:
    """One clause for each condition that held."""
    route = group.to.route if group.to is not None else None
    if route is None:
        return ("no rule applied that ends the search, so its integration's default decides",)
    found = [_matcher(m, group.events[0]) for m in route.matchers]
    if route.severities:
        found.append(f"its severity is one of {', '.join(route.severities)}")
    if route.expression:
        found.append(f"the expression holds: {route.expression}")
    if route.windows:
        found.append(f"it is within {' or '.join(map(in_words, route.windows))}")
    return tuple(found or ["the rule has no conditions"])


def grouped_by(group: Group) -> str:
    """What makes alerts this incident."""
    event, by = group.events[0], group.to.grouping if group.to is not None else None
    span = f", started in the same {by.window_s:g} s" if by is not None and by.window_s else ""
    if by is None:
        return "its integration's grouping"
    if by.by_template and event.made_key is not None:
        return f"the key that the integration's template makes, {event.made_key!r}{span}"
    if by.labels:
        return "the same " + ", ".join(f"{name}={event.labels.get(name, '')!r}" for name in by.labels) + span
    if by.by_sender and event.group_key is not None:
        return f"the sender's own group{span}"
    return f"each alert by itself{span}"


def _matcher(matcher: Matcher, event: AlertEvent) -> str:
    value = event.labels.get(matcher.label, "")
    match matcher.op:
        case "=":
            return f"label {matcher.label} is {value!r}"
        case "!=":
            return f"label {matcher.label} is {value!r}, not {matcher.value!r}"
        case "=~":
            return f"label {matcher.label} is {value!r}, which fits {matcher.value}"
        case "!~":
            return f"label {matcher.label} is {value!r}, which does not fit {matcher.value}"


def in_words(window: Window) -> str:
    """Mon, Tue 09:00–17:00 Europe/Berlin."""
    days = ", ".join(DAYS[day] for day in window.weekdays) or "every day"
    hours = "" if window.start == window.end else f" {window.start}–{window.end}"
    return " ".join(part for part in (f"{days}{hours}", window.zone) if part)
