"""One turn, pure: positions, timers, cancelled effects, deterministic ids."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.codec import Kind, json_of
from runtime.ids import EntityId
from runtime.store import TimerRow
from runtime.turn import DecideFailed, Message, Position, run_turn
from tests.unit.counter import Add, Added, Break, Counter, Forward, Later, Stop, Total

KIND = Kind(Counter())
ENTITY = EntityId("counter", "a")


class Env:
    version = 7


def mail(number: int, value: Any) -> Message:
    return Message(f"inbox:{number}", type(value).__name__, json_of(value), inbox_id=number)


def timer(row: TimerRow) -> Message:
    return Message(f"timer:{row.name}:{row.gen}", "TimerFired", "", timer=row)


def start(seq: int = 0, state: Total | None = None, **timers: TimerRow) -> Position:
    return Position(3, seq, state or Total(), timers)


def test_events_take_the_next_positions_and_the_state_follows_them() -> None:
    turn, after = run_turn(KIND, ENTITY, start(5), [mail(1, Add(2)), mail(2, Add(3))], 100.0, Env)
    assert [(j.seq, j.kind, j.body) for j in turn.journal] == [(5, "Added", {"amount": 2}), (6, "Added", {"amount": 3})]
    assert (turn.seq, after.seq, after.state) == (7, 7, Total(5))
    assert turn.done == [1, 2]
    assert turn.replies == {1: {"value": 2}, 2: {"value": 5}}
    folded = Counter().apply(Counter().apply(Total(), Added(2)), Added(3))
    assert KIND.state(1, turn.state, "a") == folded
    assert [r.body for r in turn.records] == [{"value": 5}], "one record per id: the last"


def test_a_timer_is_armed_with_the_position_as_its_generation() -> None:
    turn, after = run_turn(KIND, ENTITY, start(4), [mail(1, Later(30))], 100.0, Env)
    assert turn.set_timers == [TimerRow("counter/a", 3, "t", 4, 130.0)]
    assert after.timers == {"t": turn.set_timers[0]}


def test_a_fired_timer_is_consumed_and_a_stale_one_changes_nothing() -> None:
    armed = TimerRow("counter/a", 3, "t", 4, 130.0)
    turn, after = run_turn(KIND, ENTITY, start(9, t=armed), [timer(armed)], 131.0, Env)
    assert (turn.drop_timers, after.timers) == ([("t", 4)], {})
    assert [j.body for j in turn.journal] == [{"what": "fired t"}]
    stale = TimerRow("counter/a", 3, "t", 2, 90.0)
    turn, after = run_turn(KIND, ENTITY, start(9, t=armed), [timer(stale)], 131.0, Env)
    assert (turn.journal, turn.drop_timers, after.timers) == ([], [], {"t": armed})


def test_a_timer_read_from_the_store_is_the_one_that_was_armed_though_its_time_is_rounded() -> None:
    armed = TimerRow("counter/a", 3, "t", 4, 1795885815.5683699)
    read = TimerRow("counter/a", 3, "t", 4, 1795885815.568370)
    assert armed.due_at != read.due_at
    turn, after = run_turn(KIND, ENTITY, start(9, t=armed), [timer(read)], 1795885816.0, Env)
    assert (turn.drop_timers, after.timers) == ([("t", 4)], {})
    assert [j.body for j in turn.journal] == [{"what": "fired t"}]


def test_cancelling_withdraws_effects_decided_earlier_in_the_same_turn() -> None:
    armed = TimerRow("counter/a", 3, "t", 4, 130.0)
    turn, _ = run_turn(KIND, ENTITY, start(9, t=armed), [timer(armed), mail(1, Stop())], 131.0, Env)
    assert (turn.effects, turn.cancel_groups) == ([], ["notes"])


def test_running_a_turn_again_yields_the_same_ids() -> None:
    armed = TimerRow("counter/a", 3, "t", 4, 130.0)
    messages = [timer(armed), mail(1, Forward("b"))]
    first, _ = run_turn(KIND, ENTITY, start(9, t=armed), messages, 131.0, Env)
    again, _ = run_turn(KIND, ENTITY, start(9, t=armed), messages, 140.0, Env)
    assert [e.id for e in first.effects] == [e.id for e in again.effects]
    assert [t.dedup for t in first.tells] == [t.dedup for t in again.tells]
    assert first.tells[0].env_version == 7


def test_a_message_that_breaks_its_entity_is_named_by_its_place() -> None:
    with pytest.raises(DecideFailed) as failed:
        run_turn(KIND, ENTITY, start(), [mail(1, Add(1)), mail(2, Break())], 100.0, Env)
    assert failed.value.index == 1


def test_a_state_that_cannot_be_stored_is_the_fault_of_a_message_not_of_the_host() -> None:
    with pytest.raises(DecideFailed) as failed:
        run_turn(KIND, ENTITY, start(state=Total(2**64)), [mail(1, Add(1))], 100.0, Env)
    assert failed.value.index == 0
