"""`python -m runtime.leave` ends in time also where Ray does not."""

from __future__ import annotations

import sys
import threading

import pytest

from runtime import leave


def test_a_head_that_never_answers_does_not_keep_a_node_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    gave_up = threading.Event()
    monkeypatch.setattr(sys, "argv", ["leave"])
    monkeypatch.setattr(leave, "GIVE_UP_S", 0.0)
    monkeypatch.setattr(leave, "give_up", gave_up.set)
    monkeypatch.setattr(leave, "leave", lambda *_: ([], [] if gave_up.wait(10) else ["host-0"]))
    assert leave.main() == 0 and gave_up.is_set()
