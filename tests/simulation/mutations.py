"""Rules of on-call broken on purpose, one at a time. Each must turn the judge red, or the judge is asleep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from actors import device, incident
from domain import (
    acknowledged,
    alerts,
    commands,
    escalation,
    grouping,
    heartbeat,
    hold,
    merge,
    noise,
    oncall,
    quorum,
    tying,
)
from domain import events as e
from domain.alert import Severity
from domain.draft import Draft
from domain.incident import Acknowledge, Cover, Line
from domain.policy import Step
from domain.schedule import Shift
from domain.step_conditions import Judged
from domain.tie_messages import TakeInAnswer
from runtime.codec import Kind
from runtime.entity import Cancel, Decision, Set
from simulation import hosts, paging


@contextmanager
def replaced(*patches: tuple[Any, str, Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for where, name, value in patches:
            stack.enter_context(patch.object(where, name, value))
        yield


ADVANCE, TAKE_STEP, ON_CALL = escalation._advance, escalation._take_step, oncall.Resolver.at
ENDED, REFUSAL, LINE_KEY, STATE = alerts._ended, commands._refusal, grouping.line_key, Kind.state
PEOPLE, RULES, TURN = escalation.named, escalation.rules_for, hosts.Hosts._turn


def _layers_only(resolver: oncall.Resolver, at: float) -> tuple[Shift, ...]:
    return resolver.pile.crew([next((p.crew for p in line.between(at, at + 1)), ()) for line in resolver.pile.lines])


def _skip(draft: Draft, step: int, round_: int, late_s: float) -> None:
    ADVANCE(draft, 2 if step == 1 else step, round_, late_s)


def _again(draft: Draft, step: int, round_: int, late_s: float) -> None:
    ADVANCE(draft, 0 if step == 1 else step, round_, late_s)


def _regardless(line: Line, name: str, due_at: float, now: float, config: Any, new_id: Any) -> Draft:
    draft = Draft(line, now, config, new_id)
    if line.open and name == "step":
        escalation.proceed(draft)
    return draft


def _recorded_only(line: Line, episode: int, delivery: str, user: str, channel: str, why: str, draft: Draft) -> None:
    draft.add(e.PageFailed(episode, delivery, user, channel, why))


def _noise(draft: Draft, event: Any) -> tuple[str, str]:
    return ("noise", "") if event.severity is Severity.WARNING else ENDED(draft, event)


def _forgetful(draft: Draft, event: Any) -> tuple[str, str]:
    return "", ""


def _busy(line: Line, command: Any, now: float) -> str:
    return "busy" if isinstance(command, Acknowledge) and int(now) % 2 else REFUSAL(line, command, now)


def _without_ladders(kind: Kind, version: int, raw: bytes | None, key: str) -> Any:
    state = STATE(kind, version, raw, key)
    return replace(state, ladders={}) if isinstance(state, Line) else state


def _lazy(self: Any, hosted: Any, message: Any, cause: str) -> None:
    """A timer that is armed again keeps its old time."""
    decide = self._kinds.of(hosted.id.kind).entity.decide

    def slower(state: Any, message: Any, ctx: Any) -> Any:
        decision = decide(state, message, ctx)
        timers: list[Set | Cancel] = [
            Set(t.name, t.at + 600) if isinstance(t, Set) and t.name == "step" else t for t in decision.timers
        ]
        return replace(decision, timers=timers)

    with patch.object(type(self._kinds.of(hosted.id.kind).entity), "decide", lambda _, *a: slower(*a)):
        TURN(self, hosted, message, cause)


def _any_silence(config: Any, line: Line, now: float) -> Cover | None:
    until = max((s.ends_at for s in config.silences if s.starts_at <= now), default=0.0)
    return Cover("silence", (), "silenced", until) if until > now else None


def _tomorrow(draft: Draft, within_s: float) -> None:
    draft.arm("hold", draft.now + 86_400.0)


def _broken(*patches: tuple[Any, str, Any]) -> Callable[[], Any]:
    return lambda: replaced(*patches)


MUTATIONS: dict[str, tuple[str, Callable[[], Any]]] = {
    "a step is left out": ("step-order", _broken((escalation, "_advance", _skip))),
    "a step is taken twice": ("step-order", _broken((escalation, "_advance", _again))),
    "a step waits half its time": (
        "early",
        _broken(
            (
                escalation,
                "_take_step",
                lambda d, step, *rest: TAKE_STEP(d, replace(step, wait_s=step.wait_s / 2), *rest),
            )
        ),
    ),
    "timers fire ten minutes late": ("late", _broken((hosts.Hosts, "_turn", _lazy))),
    "an absence is not noticed": ("late", _broken((heartbeat.Turn, "_missed", lambda *_: None))),
    "an absence is noticed at once": ("early", _broken((heartbeat.Turn, "_expect", lambda *a: _impatient(*a)))),
    "a job that is back stays down": ("unresolved", _broken((heartbeat.Turn, "_recover", lambda *_: None))),
    "a failure is only heard": ("lost", _broken((heartbeat.Turn, "_alarm", lambda *_: None))),
    "what comes to a merged incident stays there": ("lost", _broken((merge, "_forward", lambda *_: None))),
    "what an incident that is over gets is kept": ("muted", _broken((merge, "_returned", lambda *a: _kept(*a)))),
    "a merged incident is let go before it is taken": ("muted", _broken((tying, "on_merge", lambda *a: _hurried(*a)))),
    "conditions are not asked": ("condition", _broken((escalation, "judged", lambda *a: Judged()))),
    "conditions never hold": ("condition", _broken((escalation, "judged", lambda *a: _never(*a)))),
    "a step for one in turn calls everybody": ("wrong-people", _broken((escalation, "_turn", lambda *a: a[-1]))),
    "turns are asked for and the answer is not used": (
        "late",
        _broken((escalation, "ASK_S", 30.0), (incident, "on_turn", lambda line, _, *a: Draft(line, *a))),
    ),
    "a step that reaches nobody waits on": ("no-failover", _broken((escalation, "cut_short", lambda draft: None))),
    "a step is cut short while somebody can be called": (
        "early",
        _broken((escalation, "_unreached", lambda ladder: True)),
    ),
    "a silence covers whatever fires": ("muted", _broken((noise, "_silenced", _any_silence))),
    "what is suppressed is looked at again only tomorrow": ("late", _broken((hold, "_arm", _tomorrow))),
    "an acknowledgement stops nothing": (
        "paged-after-ack",
        _broken((commands, "halt", lambda draft: None), (incident, "on_due", _regardless)),
    ),
    "an acknowledgement is refused now and then": ("ack-lost", _broken((commands, "_refusal", _busy))),
    "hand-offs are an hour late": (
        "hand-off",
        _broken((oncall.Resolver, "at", lambda resolver, at: ON_CALL(resolver, at - 3600))),
    ),
    "overrides are overlooked": ("wrong-people", _broken((oncall.Resolver, "at", _layers_only))),
    "only the first of a step is called": (
        "wrong-people",
        _broken((escalation, "named", lambda *a: PEOPLE(*a)[:1])),
    ),
    "steps find nobody": ("nobody", _broken((escalation, "named", lambda *a: []))),
    "the last resort is nobody": ("nobody", _broken((escalation, "last_resort", lambda *a: []))),
    "the last resort is called every two hours": ("late", _broken((escalation, "LAST_RESORT_EVERY_S", 7_200.0))),
    "only the first rule is used": ("wrong-people", _broken((escalation, "rules_for", lambda *a: RULES(*a)[:1]))),
    "an acknowledgement counts for ever": ("stalled", _broken((commands, "watch", lambda draft: None))),
    "an acknowledgement lapses at its reminder": ("early", _broken((acknowledged, "_remind", lambda *a: _hasty(*a)))),
    "the fallback is left out": ("wrong-people", _broken((escalation, "rules_for", lambda *a: _own_rules(*a)))),
    "quiet hours are overlooked": ("wrong-hours", _broken((escalation, "_quiet_until", lambda d, u: d.now))),
    "quiet hours hold an hour more": ("wrong-hours", _broken((escalation, "_quiet_until", lambda *a: _longer(*a)))),
    "quiet hours hold urgent pages": ("wrong-hours", _broken((Draft, "add", lambda *a: _restful(*a)))),
    "destinations are left out": ("wrong-people", _broken((escalation, "named", lambda *a: _people_only(*a)))),
    "a channel that has the page counts as somebody": (
        "no-failover",
        _broken((escalation, "cut_short", lambda draft: _satisfied(draft))),
    ),
    "somebody who acknowledges twice counts twice": (
        "too-few",
        _broken(
            (commands, "cannot_count", lambda *_: ""),
            (commands, "suffices", lambda line, _: quorum.needed(line) <= len(line.acks) + 1),
        ),
    ),
    "what is split off is lost": ("lost", _broken((tying, "on_split", lambda *a: _silent(SPLIT(*a))))),
    "news of what was split off is kept": ("lost", _broken((merge, "own", lambda *a, **k: _unread(*a, **k)))),
    "only one of two attached incidents knows": (
        "untied",
        _broken((tying, "on_attach", lambda *a: _silent(ATTACH(*a)))),
    ),
    "reports on pages are not heard": ("lost", _broken((device.Device, "decide", lambda *_: Decision()))),
    "a report that comes twice counts twice": (
        "doubled",
        _broken((hosts.Hosts, "tell", lambda *a, **k: _every_time(*a, **k))),
    ),
    "a failed page is only recorded": ("no-failover", _broken((incident, "on_page_failed", _recorded_only))),
    "a page is not queued": ("never-paged", _broken((incident, "_effect", lambda *a: _lost_effect(*a)))),
    "warnings are noise": ("muted", _broken((alerts, "_ended", _noise))),
    "what is over is forgotten": ("reopened", _broken((alerts, "_ended", _forgetful))),
    "the end is overlooked": ("unresolved", _broken((alerts, "firing", lambda line: [line]))),
    "what flaps closes with its source": ("flapping", _broken((alerts, "settle", lambda draft: False))),
    "flapping is not noticed": ("flapping", _broken((alerts, "look", lambda draft, before: None))),
    "each alert is its own incident": (
        "split-group",
        _broken(
            (grouping, "line_key", lambda i, event, line, by: LINE_KEY(replace(i, group_by=()), event, line, None))
        ),
    ),
    "an upgrade forgets who is being called": ("drift", _broken((Kind, "state", _without_ladders))),
    "claims do not look for acknowledgements": (
        "paged-after-ack",
        _broken((paging.Paging, "_attempt", lambda s, h, d: _blind(s, h, d)), (hosts, "TURN_S", 60.0)),
    ),
}

SPLIT, ATTACH, OWN, TELL, CUT_SHORT = tying.on_split, tying.on_attach, merge.own, hosts.Hosts.tell, escalation.cut_short


def _people_only(config: Any, targets: Any, at: float) -> Any:
    return tuple(n for n in PEOPLE(config, targets, at) if n.user_id not in config.destinations)


def _satisfied(draft: Draft) -> None:
    if not any(user in draft.config.destinations for user in draft.line.calling):
        CUT_SHORT(draft)


def _silent(draft: Draft) -> Draft:
    draft.tell.clear()
    return draft


def _unread(line: Line, *rest: Any, **more: Any) -> Draft:
    draft = OWN(line, *rest, **more)
    there = {line for line, _ in line.ties.split.values()}
    draft.tell = [told for told in draft.tell if told[0] not in there]
    return draft


def _every_time(self: Any, name: str, message: Any, dedup: str, **more: Any) -> bool:
    return TELL(self, name, message, f"{dedup}:{len(self.outcome.taken)}", **more)


QUIET_UNTIL, ADD, EXPECT = escalation._quiet_until, Draft.add, heartbeat.Turn._expect
MERGE = merge.on_merge


def _hasty(draft: Draft, vigil: Any) -> None:
    acknowledged._lapse(draft, "timeout", "it was about to")


def _kept(line: Line, message: Any, now: float, config: Any, new_id: Any) -> Draft:
    return Draft(line, now, config, new_id)


def _hurried(line: Line, command: Any, key: str, now: float, config: Any, new_id: Any) -> Draft:
    if merge.not_open(line, command.episode) or merge._cannot_leave(line, command, key):
        return MERGE(line, command, key, now, config, new_id)
    keys = tuple(alert.key for alert in merge.firing(line))
    return merge.on_answer(line, TakeInAnswer(command.into, True, "", command.by, keys), key, now, config, new_id)


def _impatient(turn: heartbeat.Turn, *rest: Any) -> None:
    EXPECT(turn, *rest)
    turn.timers[heartbeat.DEADLINE] = turn._now + 600.0


def _never(step: Step, *rest: Any) -> Judged:
    return Judged(unmet="never") if step.when is not None else Judged()


def _own_rules(*whom: Any) -> Any:
    return tuple(rule for rule in RULES(*whom) if not rule.fallback)


def _longer(draft: Draft, user: str) -> float:
    until = QUIET_UNTIL(draft, user)
    return until + 3_600.0 if until > draft.now else until


def _restful(draft: Draft, event: Any) -> None:
    ADD(draft, replace(event, quiet=True) if isinstance(event, e.PersonCalled) else event)


EFFECT, ATTEMPT = incident._effect, paging.Paging._attempt


def _lost_effect(draft: Draft, order: Any, *rest: Any) -> Any:
    """Another id than the journal's: the page the journal speaks of does not exist."""
    return replace(EFFECT(draft, order, *rest), id=f"{order.delivery}-other")


def _blind(self: paging.Paging, hosted: Any, delivery: Any) -> None:
    waiting, hosted.halting = hosted.halting, 0
    try:
        ATTEMPT(self, hosted, delivery)
    finally:
        hosted.halting = waiting
