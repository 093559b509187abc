"""Which tables are the configuration, and how what they said stays known.

Triggers keep each row as it was; views in the schema `past` show the rows of one instant under the tables' own names.
So what reads a table reads its past too, unchanged, with `past` before `public` in its search path (storage/as_of.py).

Nothing secret is kept. Of a sealed column there is a digest: while the live row still holds what it held then, the past
shows it; what was replaced or deleted is gone (storage/sealed.py says so in its place). A further table is a line here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Tracked:
    """`key`: columns that tell its rows apart. `without`: columns that are secret, or no configuration. `sealed`: its

    sealed column, "" if it has none. Columns are separated by commas.
    """

    table: str
    key: str = "id"
    without: str = ""
    sealed: str = ""


TRACKED = (
    Tracked("users", without="password_hash"),
    Tracked("contact_methods", without="code,code_sent_at,code_tries,tested_at", sealed="sealed"),
    Tracked("notification_rules", "user_id,urgency,position"),
    Tracked("shift_notices", "user_id"),
    Tracked("teams"),
    Tracked("team_members", "team_id,user_id"),
    Tracked("holiday_calendars"),
    Tracked("schedules"),
    Tracked("overrides"),
    Tracked("temporary_schedules"),
    Tracked(
        "calendar_sources",
        without="body,etag,last_modified,good_at,changed_at,checked_at,next_at,problem,unknown",
        sealed="sealed",
    ),
    Tracked("schedule_handoffs", "schedule_id", sealed="sealed"),
    Tracked("destinations", sealed="sealed"),
    Tracked("policies"),
    Tracked("services"),
    Tracked("integrations", without="counted_since"),
    Tracked("heartbeats", without="hash"),
    Tracked("silences"),
    Tracked("maintenance"),
    Tracked("settings", without="config_version,changed_at,kept_since"),
    Tracked("applied_tree", without="tree"),
)

FUNCTIONS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")

COLUMNS = text("""
select column_name as name, data_type as type, column_default as value from information_schema.columns
where table_schema = 'public' and table_name = :table order by ordinal_position
""")
VERSION = """(select a.config_version from public.audit a where a.config_version is not null
    and a.at <= past.as_of() order by a.config_version desc limit 1)"""


def remove(connection: Connection) -> None:
    """Take the views away, so that migrations may change the tables under them.

    The triggers stay: what a migration writes is kept like any change, and gateways that run meanwhile are not locked
    out. A migration that drops a column of a table in TRACKED drops that table's trigger `config_keep` first.
    """
    connection.exec_driver_sql("drop schema if exists past cascade")


def install(connection: Connection) -> None:
    """After migrations: functions, triggers and views for the tables as they are now, and what was never kept yet."""
    connection.exec_driver_sql(FUNCTIONS)
    # First, as every change does: so no change holds what the triggers wait for.
    connection.exec_driver_sql("lock table public.settings in share row exclusive mode")
    for tracked in TRACKED:
        columns = connection.execute(COLUMNS, {"table": tracked.table}).all()
        _trigger(connection, tracked, [c.name for c in columns])
        _fill(connection, tracked, {c.name: (c.type, c.value) for c in columns})
        _view(connection, tracked, [c.name for c in columns])


def _trigger(connection: Connection, tracked: Tracked, columns: list[str]) -> None:
    """Only a write of what is kept is looked at: each change counts up in `settings`, beside rules that may be long."""
    kept = ", ".join(name for name in columns if name not in tracked.without.split(","))
    arguments = f"'{tracked.key}', '{tracked.without}', '{tracked.sealed}'"
    connection.exec_driver_sql(
        f"create or replace trigger config_keep after insert or delete or update of {kept} on public.{tracked.table}"
        f" for each row execute function config_keep({arguments})"
    )


def _fill(connection: Connection, tracked: Tracked, columns: dict[str, tuple[str, str | None]]) -> None:
    """Rows that were there before they were kept hold since the history began; columns that are new have in the past

    what they have now, or their default.
    """
    t, key = tracked.table, tracked.key
    shown = f"config_shown(to_jsonb(t), '{tracked.without}', '{tracked.sealed}')"
    connection.exec_driver_sql(
        f"insert into config_history (kind, row_id, valid_from, row)"
        f" select '{t}', config_key(to_jsonb(t), '{key}'), s.kept_since, {shown}"
        f" from public.{t} t cross join (select kept_since from public.settings) s on conflict do nothing"
    )
    kept = [name for name in columns if name not in tracked.without.split(",")]
    connection.exec_driver_sql(
        f"update config_history h set row = {shown} from public.{t} t where h.kind = '{t}' and h.valid_to is null"
        f" and h.row_id = config_key(to_jsonb(t), '{key}') and h.row <> {shown}"
    )
    for name in kept:
        kind, value = columns[name]
        if value is not None and not value.startswith("nextval"):
            connection.exec_driver_sql(
                f"update config_history set row = jsonb_build_object('{name}', to_jsonb(({value})::{kind})) || row"
                f" where kind = '{t}' and not row ? '{name}'"
            )


def _view(connection: Connection, tracked: Tracked, columns: list[str]) -> None:
    t, sealed = tracked.table, tracked.sealed
    special = {"config_version": f"{VERSION} as config_version"} if t == "settings" else {}
    join = ""
    if sealed:
        same = f"config_digest(to_jsonb(live.{sealed})#>>'{{}}') = r.{sealed}::text"
        special[sealed] = f"case when {same} then live.{sealed} else r.{sealed} end as {sealed}"
        on = " and ".join(f"live.{c} = r.{c}" for c in tracked.key.split(","))
        join = f" left join public.{t} live on {on}"
    shown = ", ".join(special.get(c, f"r.{c}") for c in columns)
    connection.exec_driver_sql(
        f"create view past.{t} as select {shown} from public.config_history h"
        f" cross join lateral jsonb_populate_record(null::public.{t}, h.row) r{join}"
        f" where h.kind = '{t}' and h.valid_from <= past.as_of() and (h.valid_to is null or h.valid_to > past.as_of())"
    )
