-- What keeps the configuration's past (storage/versioned.py); run after every upgrade.

create schema if not exists past;
-- The instant that is asked about; set for a transaction by storage/as_of.py.
create or replace function past.as_of() returns timestamptz language sql stable
    as $$ select pg_catalog.current_setting('sentinel.as_of')::pg_catalog.timestamptz $$;
-- Before pg_catalog in the search path: what asks "now" (silences that are not over) means the instant asked about.
create or replace function past.now() returns timestamptz language sql stable as $$ select past.as_of() $$;

create or replace function config_digest(sealed text) returns text language sql immutable
    as $$ select '\x' || encode('gone:'::bytea || sha256(convert_to(sealed, 'UTF8')), 'hex') $$;
create or replace function config_key(kept jsonb, key text) returns text language sql immutable
    as $$ select string_agg(kept->>c, '/' order by n) from unnest(string_to_array(key, ',')) with ordinality k (c, n) $$;
create or replace function config_shown(kept jsonb, without text, sealed text) returns jsonb language sql immutable
    as $$ select (kept - string_to_array(without, ','))
        || case when kept->>sealed is null then '{}' else jsonb_build_object(sealed, config_digest(kept->>sealed)) end $$;

-- One row of the history for each row that a change wrote, however often: `sentinel.changed_at` is the change's instant
-- (storage/changes.py). Who writes without one is kept by the clock, never before the row that is there.
create or replace function config_keep() returns trigger language plpgsql set search_path = public as $$
declare
    before jsonb;
    after jsonb;
    since timestamptz;
    stamp timestamptz := coalesce(nullif(current_setting('sentinel.changed_at', true), '')::timestamptz, clock_timestamp());
begin
    if tg_op <> 'INSERT' then before := config_shown(to_jsonb(old), tg_argv[1], tg_argv[2]); end if;
    if tg_op <> 'DELETE' then after := config_shown(to_jsonb(new), tg_argv[1], tg_argv[2]); end if;
    if before is not distinct from after then return null; end if;
    if before is not null then
        select valid_from into since from config_history
            where kind = tg_table_name and row_id = config_key(before, tg_argv[0]) and valid_to is null;
        stamp := greatest(stamp, since);
        if since = stamp then
            delete from config_history
                where kind = tg_table_name and row_id = config_key(before, tg_argv[0]) and valid_to is null;
        else
            update config_history set valid_to = stamp
                where kind = tg_table_name and row_id = config_key(before, tg_argv[0]) and valid_to is null;
        end if;
    end if;
    if after is not null then
        insert into config_history (kind, row_id, valid_from, row)
            values (tg_table_name, config_key(after, tg_argv[0]), stamp, after);
    end if;
    return null;
end $$;
