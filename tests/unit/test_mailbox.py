"""The order in which a host takes its mail."""

from __future__ import annotations

from runtime.mailbox import MAX_MAIL, Mailroom
from runtime.turn import Message


def of(*entities: str) -> Mailroom:
    room = Mailroom()
    for entity in entities:
        room.put(entity, 1, Message(f"alert for {entity}", "Alert", ""), MAX_MAIL)
    return room


def test_what_must_be_taken_again_comes_before_what_came_later() -> None:
    room = of("a", "b", "c", "d")
    taken = room.take(2)
    assert [box.entity for box in taken] == ["a", "b"]
    room.retry(*taken)
    assert [box.entity for box in room.take(4)] == ["a", "b", "c", "d"], "who was due first is paged first"


def test_a_settled_box_with_more_mail_waits_for_the_others() -> None:
    room = of("a", "b")
    (box,) = room.take(1)
    room.put("a", 1, Message("another", "Alert", ""), MAX_MAIL)
    room.settle(box)
    assert [box.entity for box in room.take(2)] == ["b", "a"]
