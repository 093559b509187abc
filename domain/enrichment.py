"""An alert in the integration's own words: its templates applied, the sender's words where they fail. Pure.

Labels come first, because routes and the other templates read them. A template that fails, or gives nothing, changes
nothing; that it failed is told with the alert. No alert is kept back by a template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from domain import noise, routing
from domain.alert import AlertEvent, Link, Severity
from domain.configuration import Configuration, Integration, Templates
from domain.errors import Invalid
from domain.grouping import Group, group
from domain.payload import bounded, described
from domain.template import Failed, render, template

TITLE_MAX, TEXT_MAX, LABEL_MAX, KEY_MAX, URL_MAX = 300, 8_192, 1_024, 512, 1_024
NONE = Templates()


def prepare(config: Configuration) -> None:
    """Have rules, expressions, templates and silences compiled before the first alert needs them."""
    routing.prepare(config)
    noise.ready(config.silences)
    for integration in config.integrations.values():
        for text in integration.templates.texts().values():
            with suppress(Invalid):  # refused when saved; used all the same, it fails with its reason
                template(text)


def group_title(integration: Integration, sent: str) -> str:
    """The sender's words for its group, unless alerts have words of the integration."""
    return "" if integration.templates.title else sent


def taken_in(
    config: Configuration,
    integration: Integration,
    events: Sequence[AlertEvent],
    at: float,
    payloads: Sequence[Any] = (),
) -> list[Group]:
    """What becomes of the alerts of a request: by line, in the integration's words. See domain/grouping.py."""
    if integration.templates == NONE:
        return group(config, integration, events, at, payloads)
    made = [enriched(integration, event, payloads[n] if payloads else None) for n, event in enumerate(events)]
    return group(config, integration, [m[0] for m in made], at, payloads, events, [m[1] for m in made])


def enriched(integration: Integration, event: AlertEvent, payload: Any) -> tuple[AlertEvent, tuple[str, ...]]:
    """The alert, and what failed. Of one that resolves only what decides where it belongs is made anew."""
    words = _Words(described(event, integration.default_severity), bounded(payload))
    templates = integration.templates
    labels = dict(event.labels)
    for name, text in templates.labels.items():
        labels[name] = words.of(f"label {name!r}", text, LABEL_MAX) or labels.get(name, "")
    words.labels(labels)
    found = replace(event, labels={name: value for name, value in labels.items() if value or name in event.labels})
    # "firing", so that one who writes alert.status into the key has one incident all the same.
    key = words.of("grouping key", templates.group_key, KEY_MAX, status="firing")
    found = replace(found, made_key=key or None)
    return (found if event.status == "resolved" else _worded(found, templates, words)), tuple(words.problems)


def _worded(event: AlertEvent, templates: Templates, words: _Words) -> AlertEvent:
    links = (*words.link("runbook", templates.runbook, "Runbook"), *_links(templates, words))
    known = {link.href for link in links}
    return replace(
        event,
        title=words.of("title", templates.title, TITLE_MAX) or event.title,
        description=words.of("message", templates.message, TEXT_MAX) or event.description,
        severity=words.severity(templates.severity) or event.severity,
        links=(*links, *(link for link in event.links if link.href not in known)),
    )


def _links(templates: Templates, words: _Words) -> list[Link]:
    found: list[Link] = []
    for n, link in enumerate(templates.links):
        found += words.link(f"link {n + 1}", link.href, words.of(f"text of link {n + 1}", link.text, LABEL_MAX))
    return found


class _Words:
    """Renders for one alert, and remembers what failed."""

    def __init__(self, alert: Mapping[str, Any], payload: Any) -> None:
        self._alert = dict(alert)
        self._payload = payload
        self.problems: list[str] = []

    def labels(self, labels: Mapping[str, str]) -> None:
        """What templates see from now on."""
        self._alert["labels"] = dict(labels)

    def of(self, what: str, text: str, limit: int, **more: Any) -> str:
        """The result on one line where `limit` is short; "" if there is no template or it failed."""
        if not text:
            return ""
        try:
            made = render(text, {"alert": {**self._alert, **more}, "payload": self._payload}, limit)
        except Failed as error:
            self.problems.append(f"the template of the {what} failed: {error}")
            return ""
        return made if limit == TEXT_MAX else " ".join(made.split())

    def severity(self, text: str) -> Severity | None:
        """None for "", a failure, and a word that is no severity."""
        word = self.of("severity", text, LABEL_MAX).lower()
        known = ", ".join(Severity)
        if word in known.split(", "):
            return Severity(word)
        if word:
            self.problems.append(f"the template of the severity gives {word[:40]!r}, which is none of {known}")
        return None

    def link(self, what: str, text: str, label: str) -> list[Link]:
        """One, if the result is an address of the web."""
        href = self.of(what, text, URL_MAX)
        if href and not href.startswith(("http://", "https://")):
            self.problems.append(f"the template of the {what} gives {href[:40]!r}, which does not begin with https://")
            return []
        return [Link(href, label)] if href else []
