"""One run: senders, people and providers around the product's own decisions, on a virtual clock."""

from __future__ import annotations

from collections import Counter

from actors.device import Device
from actors.heartbeat import HeartbeatActor
from actors.incident import Incident
from actors.round_robin import RoundRobin
from actors.schedule import ScheduleActor, ScheduleChanged
from domain.commands import Command
from domain.configuration import Configuration
from domain.grouping import group, received
from domain.heartbeat import PingReceived
from domain.incident import (
    Acknowledge,
    AlertsReceived,
    EscalateNow,
    Line,
    LookAgain,
    Reassign,
    Resolve,
    Snooze,
    Status,
    incident_id,
)
from domain.incident import Unacknowledge as TakeBack
from domain.line import firing
from domain.policy import Target
from domain.tie_messages import Attach, Merge, Split, TieCommand
from runtime.ids import is_derived
from simulation.aside import Progress
from simulation.chance import Chance
from simulation.collector import resting
from simulation.hosts import Clock, Hosts
from simulation.noise import LOST, changed
from simulation.outcome import Delivery, Outcome
from simulation.paging import Paging
from simulation.people import Answer, answer
from simulation.providers import Providers
from simulation.scenario import DEFAULT, Arrival, Change, Ping, Scenario

HALTING = (Acknowledge, Resolve, Snooze)
SNOOZE_S = 3_600.0
UNACK_AFTER_S = 900.0
LOOKS_AWAY = 0.9
"""Chance that somebody who sees that another has it does nothing."""
TIES = 0.35
"""Share of those with habits who merge an incident into another open one of the team, if there is one, or attach it."""
SPLITS = 0.5
"""Share of those with habits who make some of the alerts that fire an incident of their own, if there are several."""
FORGOTTEN_AFTER_S = 8 * 3_600.0
"""What its source never resolves is resolved by hand by whoever has it, about this long after."""
SETTLES_S = 60.0
"""After the last alert, so that sends under way come to their end."""


def simulate(scenario: Scenario, progress: Progress = lambda _: None) -> Outcome:
    """Run it. `progress` hears the share done, 0 to 1, now and then."""
    with resting():
        return Run(scenario).run(progress)


class Run:
    """The parts of one run and the wires between them."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._chance = Chance(scenario.seed)
        self._clock = Clock(scenario.start)
        first = scenario.configuration
        self.outcome = Outcome(scenario, {first.version: first})
        entities = (Incident(), ScheduleActor(), HeartbeatActor(), Device(), RoundRobin())
        self._hosts = Hosts(entities, first, self._clock, self._chance, self.outcome, scenario.upgrades)
        self._paging = Paging(self._hosts, Providers(scenario, self._chance), self._reached)

    def run(self, progress: Progress) -> Outcome:
        """Everything from start to end."""
        scenario, clock = self._scenario, self._clock
        for schedule in scenario.configuration.schedules:
            if self._plays(schedule):
                clock.at(scenario.start, self._look, schedule)
        for change in scenario.changes:
            clock.at(change.at, self._save, change)
        # Counted by sender: chance asks for these names, and for one sender it is the same whatever others send.
        said: Counter[str] = Counter()
        for arrival in scenario.arrivals:
            said[arrival.integration_id] += 1
            clock.at(arrival.at, self._arrive, f"{arrival.integration_id}:{said[arrival.integration_id]}", arrival)
        for ping in scenario.pings:
            said[ping.heartbeat_id] += 1
            clock.at(ping.at, self._ping, f"{ping.heartbeat_id}:{said[ping.heartbeat_id]}", ping)
        span = max(1.0, scenario.end - scenario.start)
        clock.run(scenario.end + SETTLES_S, lambda now: progress((now - scenario.start) / span), span / 100)
        for name, hosted in self._hosts.all().items():
            self.outcome.states[name] = hosted.state
            self.outcome.timers[name] = {timer: at for timer, (_, at) in hosted.timers.items()}
        return self.outcome

    # -- configuration -----------------------------------------------------------------------------------

    def _plays(self, schedule: str) -> bool:
        return self._scenario.schedules is None or schedule in self._scenario.schedules

    def _look(self, schedule: str) -> None:
        dedup = f"schedule:{schedule}:{self._hosts.env.version}"
        self._hosts.tell(f"schedule/{schedule}", ScheduleChanged(), dedup)

    def _save(self, change: Change) -> None:
        before, self._hosts.env = self._hosts.env, change.configuration
        self.outcome.configurations[change.configuration.version] = change.configuration
        for ident in sorted(before.schedules.keys() | change.configuration.schedules.keys()):
            if self._plays(ident) and before.schedules.get(ident) != change.configuration.schedules.get(ident):
                self._look(ident)
        gone = changed(before, change.configuration)
        for hosted in self._hosts.all_open() if gone else ():
            name, held = hosted.name, hosted.state.held
            if held is None or hosted.state.status is not Status.SUPPRESSED or gone.isdisjoint(held.ids):
                continue
            if not self._chance.happens(LOST, "look again", name, change.configuration.version):
                self._hosts.tell(name, LookAgain(), f"look:{name}:{change.configuration.version}")

    # -- senders -----------------------------------------------------------------------------------------

    def _arrive(self, name: str, arrival: Arrival) -> None:
        config = self._hosts.env
        integration = config.integrations.get(arrival.integration_id)
        if integration is None:
            self._raised(name, arrival)
            return
        for found in group(config, integration, arrival.events, self._clock.now):
            entity = f"incident/{found.line_key}"
            if arrival.by_hand:
                self._by_hand(entity, f"hand:{name}:{found.line_key}")
                continue
            line: Line = self._hosts.entity(entity).state
            if not line.open:
                self._paging.trouble[entity] = (integration.id, found.events[0].dedup_key, repr(arrival.at))
            message = received(integration.id, found, arrival.group_title, self._clock.now)
            self._hosts.tell(entity, message, f"alerts:{name}:{found.line_key}", events=len(found.events))

    def _raised(self, name: str, arrival: Arrival) -> None:
        """Alerts of a heartbeat, or raised by hand; those of an integration that is gone today come to nobody."""
        line, by = arrival.events[0].group_key if arrival.events else None, arrival.integration_id
        if not arrival.policy_id or line is None or not (by.startswith("heartbeat/") or is_derived(by)):
            return
        entity, now = f"incident/{line}", self._clock.now
        if arrival.by_hand:
            self._by_hand(entity, f"hand:{name}:{line}")
            return
        if not self._hosts.entity(entity).state.open:
            self._paging.trouble[entity] = (by, arrival.events[0].dedup_key, repr(arrival.at))
        message = AlertsReceived(arrival.integration_id, arrival.events, arrival.team_id, arrival.policy_id, now)
        self._hosts.tell(entity, message, f"alerts:{name}:{line}", events=len(arrival.events))

    def _ping(self, name: str, ping: Ping) -> None:
        said = PingReceived(ping.kind, self._clock.now)
        self._hosts.tell(f"heartbeat/{ping.heartbeat_id}", said, f"ping:{name}")

    def _by_hand(self, entity: str, dedup: str) -> None:
        line: Line = self._hosts.entity(entity).state
        if line.open:
            self._command(entity, Resolve(line.episode, line.acked_by or "somebody"), dedup)

    def _command(self, entity: str, command: Command | TieCommand, dedup: str) -> None:
        self._hosts.tell(entity, command, dedup, halts=isinstance(command, HALTING))

    # -- people ------------------------------------------------------------------------------------------

    def _reached(self, delivery: Delivery) -> None:
        user = self._hosts.env.users.get(delivery.user)
        if user is None:
            return
        behaviour = self._scenario.people.get(delivery.user, DEFAULT)
        now = self._clock.now
        what = answer(behaviour, user, delivery.channel, now, self._chance, delivery.name)
        if what is not None:
            self._clock.at(now + what.after_s, self._acts, delivery, what)

    def _acts(self, delivery: Delivery, what: Answer) -> None:
        """They open the incident; if it is theirs to act on, they do."""
        line: Line = self._hosts.entity(delivery.entity).state
        current = line.episode == delivery.episode and line.status is Status.TRIGGERED
        if not current and self._chance.happens(LOOKS_AWAY, "looks away", *delivery.name):
            return
        now, by, episode = self._clock.now, delivery.user, delivery.episode
        tie = self._tie(delivery, line)
        if tie is not None:
            self._command(delivery.entity, tie, f"act:{delivery.id}")
            return
        commands: dict[str, Command] = {
            "ack": Acknowledge(episode, by, "", by),
            "unack": Acknowledge(episode, by, "", by),
            "snooze": Snooze(episode, by, now + SNOOZE_S),
            "reassign": Reassign(episode, by, self._colleague(self._hosts.env, by)),
            "escalate": EscalateNow(episode, by),
        }
        self._command(delivery.entity, commands[what.what], f"act:{delivery.id}")
        if what.what == "unack":
            later = self._chance.pause(UNACK_AFTER_S, "takes back", *delivery.name)
            back = TakeBack(episode, by, "", by)
            self._clock.at(now + later, self._command, delivery.entity, back, f"back:{delivery.id}")
        if what.what == "ack":
            later = self._chance.around(FORGOTTEN_AFTER_S, 0.5, "forgotten", *delivery.name)
            self._clock.at(now + later, self._forgotten, delivery, f"forgotten:{delivery.id}")

    def _tie(self, delivery: Delivery, line: Line) -> TieCommand | None:
        """What somebody with habits does now and then instead of answering: merge it, take it apart, attach it."""
        by, episode, chance = delivery.user, delivery.episode, self._chance
        habits = self._scenario.people.get(by, DEFAULT).habits
        if chance.happens(SPLITS * habits, "splits", *delivery.name):
            keys = [alert.key for alert in firing(line)]
            some = tuple(key for key in keys[1:] if chance.happens(0.5, "leaves", key, *delivery.name))
            if some:
                return Split(episode, by, some)
        if chance.happens(TIES * habits, "merges", *delivery.name):
            other = self._other(delivery.entity, line)
            if other and chance.happens(0.3, "only attaches", *delivery.name):
                return Attach(episode, by, other)
            if other:
                return Merge(episode, by, other)
        return None

    def _other(self, entity: str, line: Line) -> str:
        """Another open incident of the team, the oldest."""
        for hosted in self._hosts.all_open():
            if hosted.state.team_id == line.team_id and hosted.name != entity:
                return incident_id(hosted.id.key, hosted.state.episode)
        return ""

    def _forgotten(self, delivery: Delivery, dedup: str) -> None:
        line: Line = self._hosts.entity(delivery.entity).state
        theirs = delivery.user in {ack.user_id for ack in line.acks}
        if line.episode == delivery.episode and line.status is Status.ACKNOWLEDGED and theirs:
            self._command(delivery.entity, Resolve(line.episode, delivery.user), dedup)

    def _colleague(self, config: Configuration, user: str) -> tuple[Target, ...]:
        """The next member of one of their teams."""
        for team in config.teams.values():
            if user in team.member_ids and len(team.member_ids) > 1:
                where = team.member_ids.index(user)
                return (Target("user", team.member_ids[(where + 1) % len(team.member_ids)]),)
        return (Target("user", user),)
