"""`python -m bench.schedules`: a year of a schedule of 12 layers, 40 people and 200 overrides, resolved and asked.

Writes bench/results/schedules.md and .json. The baseline in the same run is the bare calendar: turning every edge of
that year's final line from wall clock to instant, one by one, which no resolver can leave out.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.measuring import machine
from domain import calendar, layers
from domain.oncall import gaps, next_change, shifts, who
from domain.schedule import Absence, Handoff, Layer, Override, OverrideKind, Rotation, Schedule, Term
from domain.window import Window

RESULTS = Path(__file__).parent / "results"
PEOPLE = tuple(f"person {n}" for n in range(40))
START = 1_767_225_600.0
"""2026-01-01 00:00 UTC."""
DAY_S = 86_400.0
YEAR_S = 365 * DAY_S
ROUNDS = 30
NIGHT = Window("", (), "22:00", "06:00")
OFFICE = Window("", (0, 1, 2, 3, 4), "09:00", "17:00")
WEEKEND = Window("", (5, 6))


def schedule() -> Schedule:
    """Every kind of layer; the higher ones have windows, so that all of them show through somewhere."""

    def some(first: int, count: int) -> tuple[str, ...]:
        return tuple(PEOPLE[(first + n) % len(PEOPLE)] for n in range(count))

    away = (Absence("person 3", "2026-07-01T00:00:00", "2026-08-01T00:00:00"),)
    terms = (Term("person 9", "2026-03-01T00:00:00"), Term("person 5", None, "2026-09-01T00:00:00"))
    friday = (Handoff(0, "09:00"), Handoff(4, "17:00"))
    pile = (
        Layer("week", Rotation("week", 1, "2025-01-06T09:00:00", some(0, 10), (), away, terms)),
        Layer("second week", Rotation("week", 2, "2025-01-06T09:00:00", some(10, 8)), together=True),
        Layer("month", Rotation("month", 1, "2025-01-31T09:00:00", some(20, 5)), windows=(WEEKEND,)),
        Layer("parts of the week", Rotation("week", 1, "2025-01-06T09:00:00", some(4, 6), friday), windows=(OFFICE,)),
        Layer("day", Rotation("day", 1, "2025-01-01T08:00:00", some(8, 12)), windows=(OFFICE, WEEKEND)),
        Layer("two days", Rotation("day", 2, "2025-01-01T08:00:00", some(12, 12)), windows=(NIGHT,)),
        Layer("half days", Rotation("hour", 12, "2025-01-01T08:00:00", some(16, 9)), windows=(OFFICE,)),
        Layer("Kolkata", Rotation("day", 1, "2025-01-01T09:00:00", some(1, 7)), zone="Asia/Kolkata", windows=(OFFICE,)),
        Layer(
            "New York",
            Rotation("day", 1, "2025-01-01T09:00:00", some(2, 7)),
            zone="America/New_York",
            windows=(OFFICE,),
        ),
        Layer(
            "Sydney", Rotation("week", 1, "2025-01-06T09:00:00", some(3, 7)), zone="Australia/Sydney", windows=(OFFICE,)
        ),
        Layer("nights", Rotation("week", 1, "2025-01-06T22:00:00", some(30, 9)), windows=(NIGHT,), together=True),
        Layer(
            "summer",
            Rotation("day", 3, "2025-01-01T08:00:00", some(35, 9)),
            "2026-09-01T00:00:00",
            "2026-06-01T00:00:00",
            windows=(OFFICE,),
        ),
    )
    assert len(pile) == 12
    kinds: tuple[OverrideKind, ...] = ("replace", "add", "remove", "replace")
    overrides = tuple(
        Override(
            f"o{n}",
            None if n % 4 == 2 else PEOPLE[n * 7 % 40],
            START + n * YEAR_S / 200,
            START + n * YEAR_S / 200 + (4 + n % 60) * 3_600.0,
            float(n),
            kinds[n % 4],
            PEOPLE[n * 11 % 40] if n % 4 >= 2 else None,
        )
        for n in range(200)
    )
    return Schedule("bench", "Bench", "Europe/Berlin", pile, overrides)


def fresh(made: Schedule) -> Schedule:
    """The same schedule as a value of which nothing is remembered, nor of its calendar."""
    calendar.instant_of.cache_clear()
    layers._turns.cache_clear()
    return replace(made)


def timed(ask: Callable[[], object]) -> float:
    """Seconds of processor time: others on this machine do not count."""
    began = time.process_time()
    ask()
    return time.process_time() - began


def main() -> None:
    """Measure, write, print."""
    made, zone = schedule(), ZoneInfo("Europe/Berlin")
    line = shifts(made, START, START + YEAR_S)
    local = [datetime.fromtimestamp(e, zone).replace(tzinfo=None) for s in line for e in (s.start, s.end)]
    years, floors, colds, warms, firsts, changes = [], [], [], [], [], []
    for n in range(ROUNDS):
        new = fresh(made)
        years.append(timed(lambda new=new: shifts(new, START, START + YEAR_S)))  # type: ignore[misc]
        calendar.instant_of.cache_clear()
        floors.append(timed(lambda: [calendar.instant_of(text, zone) for text in local]))
        at = START + (n * 11 % 360) * DAY_S + n * 1_234.0
        new = fresh(made)
        colds.append(timed(lambda new=new, at=at: who(new, at)))  # type: ignore[misc]
        firsts.append(timed(lambda new=new, at=at: who(new, at + 20 * DAY_S)))  # type: ignore[misc]
        changes.append(timed(lambda new=new, at=at: next_change(new, at)))  # type: ignore[misc]
        instants = [at + k for k in range(1_000)]
        for instant in instants:
            who(new, instant)
        warms.append(timed(lambda new=new, instants=instants: [who(new, i) for i in instants]) / len(instants))  # type: ignore[misc]
    figures = {
        "a year of shifts, ms": statistics.median(years) * 1e3,
        "a year of shifts, slowest, ms": max(years) * 1e3,
        "baseline: the calendar alone, ms": statistics.median(floors) * 1e3,
        "ratio to the baseline": statistics.median(years) / statistics.median(floors),
        "who, cached, µs": statistics.median(warms) * 1e6,
        "who, new day of a known schedule, µs": statistics.median(firsts) * 1e6,
        "who, cold, ms": statistics.median(colds) * 1e3,
        "who, cold, slowest, ms": max(colds) * 1e3,
        "next change, ms": statistics.median(changes) * 1e3,
        "shifts in the year": len(line),
        "gaps in the year": len(gaps(made, START, START + YEAR_S)),
        "rounds": ROUNDS,
    }
    on = machine(" (one used)")
    lines = [
        "# A year of a schedule of 12 layers, 40 people, 200 overrides",
        "",
        f"`python -m bench.schedules`; {on}.",
        "",
    ]
    lines += [
        "Cold: nothing is remembered, neither of the schedule nor of its calendar. Processor time, medians unless it says slowest.",
        "",
    ]
    lines += ["| what | figure |", "| --- | ---: |"]
    lines += [f"| {k} | {v:,.2f} |" if isinstance(v, float) else f"| {k} | {v:,} |" for k, v in figures.items()]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "schedules.md").write_text("\n".join(lines) + "\n")
    (RESULTS / "schedules.json").write_text(json.dumps({"machine": on, **figures}, indent=1) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
