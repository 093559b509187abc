"""From the API's reports to figures: bars or columns, the same as a table, how to read it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ui.charts import Bar, Column, Key, bars, columns, duration, share

Report = Mapping[str, Any]


class Figure(TypedDict):
    """`columns` or `bars`; `rows`: the table, none if there is nothing to show, and then `empty` says why."""

    name: str
    title: str
    reading: str
    keys: list[Key]
    bars: list[Bar]
    columns: list[Column]
    heads: list[str]
    rows: list[list[str]]
    csv: str
    empty: str


def _keys(*names: str) -> list[Key]:
    return [{"tone": f"k{n}", "name": name} for n, name in enumerate(names)]


def _figure(name: str, title: str, reading: str, csv: str, **more: Any) -> Figure:
    bare: Figure = {
        "name": name, "title": title, "reading": reading, "csv": csv, "keys": [], "bars": [], "columns": [],
        "heads": [], "rows": [], "empty": "Nothing happened in this period.",
    }  # fmt: skip
    return {**bare, **more}  # type: ignore[typeddict-item]


def response(report: Report, csv: str) -> list[Figure]:
    """Two: to acknowledge, to resolve."""
    groups = [g for g in (*report["groups"], report["total"]) if g["incidents"]]
    found = []
    for name, title, count, field in (
        ("mtta", "Time to acknowledge", "acknowledged", "to_acknowledge"),
        ("mttr", "Time to resolve", "resolved", "to_resolve"),
    ):
        items = [(g["name"], _spread(g[field]), _spread_words(g[field])) for g in groups]
        rows = [
            [
                g["name"],
                str(g["incidents"]),
                str(g[count]),
                *(duration(g[field][how]) for how in ("mean", "median", "p90")),
            ]
            for g in groups
        ]
        reading = (
            f"From the opening of an incident, of those that were {count}. Half were faster than the median, nine of "
            "ten faster than the end of the bar."
        )
        heads = [report["by"].capitalize(), "Incidents", count.capitalize(), "Mean", "Median", "90 % within"]
        keys = _keys("up to the median", "up to 90 %")
        found.append(_figure(name, title, reading, csv, keys=keys, bars=bars(items), heads=heads, rows=rows))
    return found


def _spread(spread: Report) -> list[tuple[float, str]]:
    median, p90 = spread["median"] or 0.0, spread["p90"] or 0.0
    return [(median, f"median {duration(median)}"), (p90 - median, f"90 % within {duration(p90)}")]


def _spread_words(spread: Report) -> str:
    if spread["median"] is None:
        return "none"
    return f"median {duration(spread['median'])}, 90 % within {duration(spread['p90'])}"


def over_time(report: Report, csv: str) -> list[Figure]:
    """Stacked columns."""
    series = [(s["name"], s["counts"]) for s in report["series"]]
    drawn, keys = columns(report["first_days"], report["unit"], series)
    rows = [
        [day, str(sum(s["counts"][n] for s in report["series"])), *(str(s["counts"][n]) for s in report["series"])]
        for n, day in enumerate(report["first_days"])
    ]
    heads = [f"{report['unit'].capitalize()} from", "All", *(s["name"] for s in report["series"])]
    reading = f"Incidents by the {report['unit']} in which they opened, by the clock of {report['zone']}."
    some = {"columns": drawn, "keys": keys, "heads": heads, "rows": rows} if series else {}
    return [_figure("incidents", "Incidents over time", reading, csv, **some)]


def people(report: Report, csv: str) -> list[Figure]:
    """Who is paged, and when."""
    items = [
        (
            p["name"],
            [(p["pages"] - p["off_hours"], "in working hours"), (p["off_hours"], "off hours")],
            f"{_count(p['pages'], 'page')}, {p['off_hours']} off hours",
        )
        for p in report["items"]
    ]
    fields = ("pages", "incidents", "off_hours", "night", "weekend", "holiday")
    rows = [[p["name"], *(str(p[f]) for f in fields)] for p in report["items"]]
    reading = (
        "Pages that went out, by the wall clock of each person's own zone. Off hours: between 22:00 and 07:00, "
        "at a weekend, or on a holiday of a schedule they take part in."
    )
    heads = ["Person", "Pages", "Incidents", "Off hours", "At night", "At weekends", "On holidays"]
    keys = _keys("in working hours", "off hours")
    empty = "Nobody was paged in this period."
    return [
        _figure(
            "people", "Pages per person", reading, csv, keys=keys, bars=bars(items), heads=heads, rows=rows, empty=empty
        )
    ]


def noise(report: Report, csv: str) -> list[Figure]:
    """What comes and goes by itself."""
    items = []
    for n in report["items"][:15]:
        never = round(n["incidents"] * n["never_acted_share"])
        pieces = [(n["incidents"] - never, "somebody acted"), (never, "nobody acted")]
        items.append((n["title"], pieces, f"{n['incidents']}, {share(n['never_acted_share'])} never acted on"))
    rows = [
        [
            n["title"],
            n["integration"],
            str(n["incidents"]),
            share(n["acknowledged_share"]),
            share(n["never_acted_share"]),
            duration(n["median_s"]),
        ]
        for n in report["items"]
    ]
    reading = (
        "The most frequent titles. What nobody ever acts on should not page anybody: lower its severity, silence it, "
        "or mend its threshold."
    )
    heads = ["Alert", "From", "Incidents", "Acknowledged", "Never acted on", "Median length"]
    keys = _keys("somebody acted", "nobody acted")
    return [_figure("noise", "Noisiest alerts", reading, csv, keys=keys, bars=bars(items), heads=heads, rows=rows)]


def delivery(report: Report, csv: str) -> list[Figure]:
    """By channel."""
    items = [
        (
            c["channel"],
            [(c["sent"], "sent"), (c["failed"], "failed"), (c["unknown"], "unknown")],
            f"{share(c['success'])} of {c['ordered'] - c['withdrawn']}, median {duration(c['median_s'])}",
        )
        for c in report["items"]
    ]
    counts = ("ordered", "sent", "delivered", "failed", "unknown", "withdrawn")
    rows = [
        [
            c["channel"],
            *(str(c[f]) for f in counts),
            share(c["success"]),
            *(duration(c[f]) for f in ("median_s", "p90_s", "p99_s")),
        ]
        for c in report["items"]
    ]
    reading = (
        "Pages ordered in this period and what became of them; times from the order to the provider's yes. Withdrawn: "
        "somebody acknowledged before they went out."
    )
    heads = [
        "Channel",
        "Ordered",
        "Sent",
        "Receipt",
        "Failed",
        "Unknown",
        "Withdrawn",
        "Success",
        "Median",
        "90 %",
        "99 %",
    ]
    keys = _keys("sent", "failed", "unknown")
    empty = "No page was ordered in this period."
    return [
        _figure(
            "delivery",
            "Delivery by channel",
            reading,
            csv,
            keys=keys,
            bars=bars(items),
            heads=heads,
            rows=rows,
            empty=empty,
        )
    ]


def canary(report: Report, csv: str) -> list[Figure]:
    """Our own service level."""
    units: Sequence[Report] = report["units"]
    series = [
        ("came through", [u["through"] for u in units]),
        ("late or lost", [u["flown"] - u["through"] for u in units]),
    ]
    drawn, keys = columns([u["first_day"] for u in units], report["unit"], series)
    rows = [
        [u["first_day"], str(u["flown"]), str(u["through"]), share(u["through"] / u["flown"]), duration(u["median_s"])]
        for u in units
    ]
    reading = (
        f"{share(report['success'])} of {report['flown']} test alerts came through from the public address to a "
        f"page, half of them within {duration(report['median_s'])}, 99 % within {duration(report['p99_s'])}. "
        "Late is later than 30 s. They are kept for 30 days."
    )
    heads = [f"{report['unit'].capitalize()} from", "Sent", "Came through", "Service level", "Median"]
    some = {"columns": drawn, "keys": keys, "heads": heads, "rows": rows} if units else {}
    empty = "No test alert flew in this period; the watchdog sends one every minute, and they are kept for 30 days."
    return [_figure("canary", "Service level of Sentinel itself", reading if units else "", csv, empty=empty, **some)]


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
