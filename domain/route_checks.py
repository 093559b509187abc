"""What a saved list of routes, an integration's grouping and a service must satisfy. Each refusal names the field."""

from __future__ import annotations

from collections.abc import Sequence

from domain.configuration import Configuration, Grouping, Integration, Matcher, Route, Templates
from domain.errors import Invalid
from domain.expression import expression
from domain.pattern import BadPattern, compiled
from domain.service import MAX_DEPENDENCIES, MAX_SERVICES, Service, circle_of
from domain.template import template
from domain.validation import check_window, check_zone

MAX_ROUTES = 10_000
MAX_SCANNED = 200
"""Rules that no label finds are looked at for every alert, at some microseconds each."""
MAX_GOING_ON = 20
"""Each can open an incident of its own for one alert."""
MAX_EXPRESSIONS = 2_000
MAX_PATTERNS = 1_000
MAX_LABELS = 20
MAX_NOISE_WAIT_S = 3_600.0
MIN_AUTO_S, MAX_AUTO_S = 60.0, 30 * 86_400.0
MIN_WINDOW_S, MAX_WINDOW_S = 60.0, 7 * 86_400.0


def check_routes(routes: Sequence[Route], config: Configuration, field: str = "routes") -> None:
    """Raise Invalid for what cannot be asked, or leads nowhere."""
    if len(routes) > MAX_ROUTES:
        raise Invalid(field, f"There can be at most {MAX_ROUTES} rules in a list; here are {len(routes)}.")
    for n, route in enumerate(routes):
        _check_conditions(route, f"{field}[{n}]")
        _check_target(route, f"{field}[{n}]", config)
    for limit, counted, what, advice in (
        (MAX_SCANNED, _scanned, "without a label that must be equal", "give more of them one"),
        (MAX_GOING_ON, lambda r: r.goes_on, "that go on", "join some"),
        (MAX_EXPRESSIONS, lambda r: bool(r.expression), "with an expression", "use labels where they do"),
        (
            MAX_PATTERNS,
            lambda r: any(m.op in ("=~", "!~") for m in r.matchers),
            "with a pattern",
            "use = where it does",
        ),
    ):
        found = [n for n, r in enumerate(routes) if counted(r)]
        if len(found) > limit:
            text = f"There can be at most {limit} rules {what}; here are {len(found)}: {advice}."
            raise Invalid(f"{field}[{found[limit]}]", text)


def _scanned(route: Route) -> bool:
    return not any(m.op == "=" and m.value for m in route.matchers)


def _check_conditions(route: Route, field: str) -> None:
    for n, matcher in enumerate(route.matchers):
        check_matcher(matcher, f"{field}.matchers[{n}]")
    if route.expression:
        try:
            expression(route.expression)
        except Invalid as error:
            raise Invalid(f"{field}.expression", error.message) from error
    for n, window in enumerate(route.windows):
        check_zone(window.zone, f"{field}.windows[{n}].zone")
        check_window(window, f"{field}.windows[{n}]", None)


def check_matcher(matcher: Matcher, field: str) -> None:
    """Raise Invalid for a pattern that cannot be used."""
    if matcher.op in ("=~", "!~"):
        try:
            compiled(matcher.value)
        except BadPattern as error:
            text = f"The pattern {matcher.value[:60]!r} cannot be used: {error}."
            raise Invalid(f"{field}.value", text) from error


def _check_target(route: Route, field: str, config: Configuration) -> None:
    check_noise(route.wait_s, None, field)
    check_owner(config, field, policy_id=route.policy_id, team_id=route.team_id, service_id=route.service_id)
    if route.goes_on and route.policy_id is None and route.service_id is None:
        text = "A rule that goes on is an additional way: name the policy or service it leads to."
        raise Invalid(f"{field}.policy_id", text)
    if route.grouping is not None:
        check_grouping(route.grouping, f"{field}.grouping.labels", f"{field}.grouping.window_s")


def check_noise(wait_s: float | None, auto_resolve_s: float | None, field: str = "") -> None:
    """Raise Invalid for a time out of bounds."""
    at = f"{field}." if field else ""
    if wait_s is not None and not 0 <= wait_s <= MAX_NOISE_WAIT_S:
        text = f"Must be between 0 and {MAX_NOISE_WAIT_S:.0f} seconds: so long nobody is paged for what fires."
        raise Invalid(f"{at}wait_s", text)
    if auto_resolve_s is not None and not MIN_AUTO_S <= auto_resolve_s <= MAX_AUTO_S:
        text = f"Must be between {MIN_AUTO_S:.0f} and {MAX_AUTO_S:.0f} seconds, well over the time in which it repeats."
        raise Invalid(f"{at}auto_resolve_s", text)


def check_integration(integration: Integration, config: Configuration) -> None:
    """Raise Invalid naming the field."""
    check_owner(
        config, "", policy_id=integration.policy_id, team_id=integration.team_id, service_id=integration.service_id
    )
    check_grouping(integration.grouping, "group_by", "group_window_s")
    check_routes(integration.routes, config)
    check_templates(integration.templates, "templates")
    check_noise(integration.wait_s, integration.auto_resolve_s)


def check_owner(
    config: Configuration, field: str, *, policy_id: str | None, team_id: str | None, service_id: str | None = None
) -> None:
    """Raise Invalid for the first of these that does not exist."""
    at = f"{field}." if field else ""
    if policy_id is not None and policy_id not in config.policies:
        raise Invalid(f"{at}policy_id", f"There is no policy with id {policy_id!r}.")
    if team_id is not None and team_id not in config.teams:
        raise Invalid(f"{at}team_id", f"There is no team with id {team_id!r}.")
    if service_id is not None and service_id not in config.services:
        raise Invalid(f"{at}service_id", f"There is no service with id {service_id!r}.")


def check_grouping(grouping: Grouping, labels_field: str, window_field: str) -> None:
    """Raise Invalid for too many labels or a window out of bounds."""
    if len(grouping.labels) > MAX_LABELS:
        raise Invalid(labels_field, f"At most {MAX_LABELS} labels can make an incident.")
    if grouping.window_s is not None and not MIN_WINDOW_S <= grouping.window_s <= MAX_WINDOW_S:
        text = f"The window must be between {MIN_WINDOW_S:.0f} and {MAX_WINDOW_S:.0f} seconds; leave it out for none."
        raise Invalid(window_field, text)


def check_templates(templates: Templates, field: str) -> None:
    """Raise Invalid naming the template that cannot be read, with its line."""
    for name, text in templates.texts().items():
        try:
            template(text)
        except Invalid as error:
            raise Invalid(f"{field}.{name}", error.message) from error


def check_service(service: Service, config: Configuration) -> None:
    """Raise Invalid for an owner or dependency that does not exist, a circle, or too many services."""
    check_owner(config, "", policy_id=service.policy_id, team_id=service.team_id)
    if service.id not in config.services and len(config.services) >= MAX_SERVICES:
        raise Invalid("name", f"There are {MAX_SERVICES} services, which is the most; delete one first.")
    if len(service.depends_on) > MAX_DEPENDENCIES:
        raise Invalid("depends_on", f"A service can depend on at most {MAX_DEPENDENCIES} others.")
    for n, needed in enumerate(service.depends_on):
        if needed == service.id:
            raise Invalid(f"depends_on[{n}]", "A service does not depend on itself.")
        if needed not in config.services:
            raise Invalid(f"depends_on[{n}]", f"There is no service with id {needed!r}.")
    way = circle_of({**config.services, service.id: service}, service.id)
    if way:
        names = [service.name if ident == service.id else config.services[ident].name for ident in way]
        needs = ", which needs ".join(names[1:])
        text = f"Services cannot need each other in a circle: {names[0]} needs {needs}. Take one of these needs away."
        raise Invalid("depends_on", text)
