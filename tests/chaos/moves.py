"""How long a shard is nobody's when it moves in an orderly way: written down by the database, at the moments themselves.

The pause of a shard runs from its release, before which its owner has ended what was under way, to its next claim. How
long an owner that gives a shard up took nothing new for it before is what hosts log (`quiet_s`).
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

from tests.chaos.installation import Installation

TRIGGER = """
create schema chaos;
create table chaos.moves (shard int, before text, after text, epoch bigint, at timestamptz default clock_timestamp());
create function chaos.note() returns trigger language plpgsql as $$ begin
    insert into chaos.moves (shard, before, after, epoch) values (new.id, old.owner, new.owner, new.epoch);
    return null;
end $$;
create trigger moves after update of owner on rt.shard
    for each row when (old.owner is distinct from new.owner) execute function chaos.note();"""
PAUSES = """
select extract(epoch from m.at - released.at)::float8 from chaos.moves m
join lateral (select r.at from chaos.moves r where r.shard = m.shard and r.at < m.at and r.after is null
              order by r.at desc limit 1) released on true
where m.before is null and m.after is not null and m.at between {first} and {last}"""


def watch(it: Installation) -> None:
    """Begin to write down who owns what."""
    it.execute(TRIGGER)


def moment(it: Installation) -> str:
    """Now, as the database says it."""
    return str(it.sql("select clock_timestamp()::text")[0][0])


def pauses(it: Installation, first: str, last: str) -> tuple[int, float, float]:
    """Shards that moved in order between two moments, and the median and longest pause, seconds."""
    found = sorted(float(s) for (s,) in it.sql(PAUSES.format(first=f"'{first}'", last=f"'{last}'")))
    return (len(found), median(found), found[-1]) if found else (0, 0.0, 0.0)


def quiet_s(log: Path) -> float:
    """Longest time that a host in this directory of logs took nothing new for a shard before it released it."""
    longest = 0.0
    for path in log.glob("host-*.log"):
        for line in path.read_text(errors="replace").splitlines():
            if '"shards_handed_over"' in line:
                longest = max(longest, json.loads(line)["quiet_s"])
    return longest
