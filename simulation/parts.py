"""A scenario as several that have nothing to do with each other: each is run and judged on its own, on any core.

Two incidents have to do with each other if they are of one line (its alerts come from one sender), if a round robin
gives turns to both (one policy), or if people merge or attach them, which they do within a team. So senders that can
ever come to the same policy or team stay together, in whatever configuration of the run and by whatever rule.

What else they share is the same everywhere. Faults, upgrades and saved configurations fall into each part at their
instants; what a person does is drawn by the name of the page, and an answer to one page does not change that to
another. A contact method, or the keeper of a person's notices, that hears from incidents of several parts is there in
each of these: it only listens, and is judged page by page.

The parts do not depend on the machine: a run on one core is the same, byte for byte.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

from domain.configuration import Configuration
from domain.heartbeat import integration_of
from domain.routing import everywhere
from simulation.scenario import Scenario

PARTS = 4
"""More would be of use on machines with more cores, and each costs the work of saving every configuration once more."""
Thing = tuple[str, str | None]
"""A sender, policy, team or line, with its id; no team is one, too."""


def divided(scenario: Scenario) -> tuple[Scenario, ...]:
    """The parts, at most PARTS, about as large as each other; only one where everything hangs together."""
    coupled = _coupled(scenario)
    weights: Counter[Thing] = Counter(coupled.group(("sender", a.integration_id)) for a in scenario.arrivals)
    weights.update(coupled.group(("sender", f"heartbeat/{p.heartbeat_id}")) for p in scenario.pings)
    loads = [0] * max(1, min(PARTS, len(weights)))
    part_of: dict[Thing, int] = defaultdict(int)
    for group, weight in sorted(weights.items(), key=lambda item: (-item[1], str(item[0]))):
        part_of[group] = loads.index(min(loads))
        loads[part_of[group]] += weight

    def part(thing: Thing) -> int:
        return part_of[coupled.group(thing)]

    schedules = {s.id: s.team_id for config in reversed(_configurations(scenario)) for s in config.schedules.values()}
    return tuple(
        replace(
            scenario,
            arrivals=tuple(a for a in scenario.arrivals if part(("sender", a.integration_id)) == n),
            pings=tuple(p for p in scenario.pings if part(("sender", f"heartbeat/{p.heartbeat_id}")) == n),
            schedules=frozenset(ident for ident, team in schedules.items() if part(("team", team)) == n),
        )
        for n in range(len(loads))
    )


def _configurations(scenario: Scenario) -> list[Configuration]:
    return [scenario.configuration, *(change.configuration for change in scenario.changes)]


def _coupled(scenario: Scenario) -> _Groups:
    groups = _Groups()
    for config in _configurations(scenario):
        for sender in (*config.integrations.values(), *map(integration_of, config.heartbeats.values())):
            for to in everywhere(config, sender):
                groups.join(("sender", sender.id), ("policy", to.policy_id), ("team", to.team_id))
    for arrival in scenario.arrivals:
        if arrival.policy_id:  # it names the line and where it goes by itself
            line, by = arrival.events[0].group_key if arrival.events else None, arrival.integration_id
            groups.join(("sender", by), ("line", line), ("policy", arrival.policy_id), ("team", arrival.team_id))
    return groups


class _Groups:
    """Things that hang together, directly or by others."""

    def __init__(self) -> None:
        self._next: dict[Thing, Thing] = {}

    def group(self, thing: Thing) -> Thing:
        """One of its group, the same for each of them."""
        while (found := self._next.get(thing, thing)) != thing:
            thing = found
        return thing

    def join(self, *things: Thing) -> None:
        """These hang together."""
        first, *others = sorted({self.group(thing) for thing in things}, key=str)
        for other in others:
            self._next[other] = first
