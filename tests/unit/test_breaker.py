"""The circuit breaker of one provider, by a clock of our own."""

from __future__ import annotations

from channels.breaker import FAILURES, OPEN_S, PROBE_S, WINDOW_S, Breaker, admit, note


def after(breaker: Breaker, *outcomes: bool, at: float = 0.0) -> Breaker:
    for failed in outcomes:
        breaker = note(breaker, failed, "refused", at)
    return breaker


def opened() -> Breaker:
    return after(Breaker(), *[True] * FAILURES)


def test_it_opens_at_enough_failures_and_says_why() -> None:
    assert after(Breaker(), *[True] * (FAILURES - 1)).state(0.0) == "closed"
    assert (opened().state(0.0), opened().why) == ("open", "refused")
    assert admit(opened(), 1.0) == (opened(), False)


def test_it_stays_closed_while_most_sends_are_answered_or_failures_are_long_ago() -> None:
    mostly_well = after(Breaker(), *[False] * (FAILURES + 1), *[True] * FAILURES)
    assert mostly_well.state(0.0) == "closed"
    spread = Breaker()
    for n in range(3 * FAILURES):
        spread = note(spread, True, "", n * WINDOW_S / (FAILURES - 1))
    assert spread.state(1e6) == "closed" and sum(s.sends for s in spread.recent) < FAILURES


def test_a_storm_of_sends_is_counted_not_kept() -> None:
    """Kept one by one, the sends of half a minute made each further one cost more than its POST."""
    stormy = Breaker()
    for n in range(20_000):
        stormy = note(stormy, False, "", n / 400)
    assert len(stormy.recent) <= WINDOW_S
    assert sum(s.sends for s in stormy.recent) == 400 * WINDOW_S


def test_one_probe_at_a_time_and_a_lost_probe_is_replaced() -> None:
    probing, admitted = admit(opened(), OPEN_S)
    assert (admitted, probing.state(OPEN_S)) == (True, "half-open")
    assert admit(probing, OPEN_S + 1)[1] is False
    assert admit(probing, OPEN_S + PROBE_S)[1] is True


def test_an_answer_closes_it_and_a_failed_probe_opens_it_again() -> None:
    probing, _ = admit(opened(), OPEN_S)
    assert note(probing, False, "", OPEN_S).state(OPEN_S) == "closed"
    again = note(probing, True, "still away", OPEN_S)
    assert (again.state(OPEN_S + 1), again.why) == ("open", "still away")
    assert admit(again, OPEN_S + 1)[1] is False and admit(again, 2 * OPEN_S)[1] is True
