-- Whether what is kept can be had back: each night's scan of what is sealed, each copy of the database, each time one came back. Nothing of anybody.
create table installation_checks (
    id uuid primary key,
    kind text not null constraint installation_checks_kind_check check (kind in ('scan', 'look', 'backup', 'restore', 'rehearsal')),
    started_at timestamptz not null,
    finished_at timestamptz,
    is_whole boolean,
    detail jsonb not null,
    constraint installation_checks_finished_check check ((finished_at is null) = (is_whole is null))
);
comment on column installation_checks.detail is 'counts, and of a scan the place of each value that does not open';
create index installation_checks_by_time on installation_checks (kind, started_at desc);
call kairos_protect('installation_checks', 'select, insert, update');
create policy installation on installation_checks to kairos_server using (true) with check (true);

-- Everybody who has a data key, a part at a time, for the scan of what is sealed under it. Whose it is and nothing else.
create function kairos_people(after uuid, most integer) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
as $$
    select k.user_id from data_keys k where after is null or k.user_id > after order by k.user_id limit most;
$$;
revoke all on function kairos_people(uuid, integer) from public;
grant execute on function kairos_people(uuid, integer) to kairos_server;

create function kairos_purge_installation_checks(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (delete from installation_checks where started_at < at - interval '365 days' returning 1) select count(*) from gone;
$$;
revoke all on function kairos_purge_installation_checks(timestamptz) from public;

-- The last of each, for an admin.
create function kairos_last_checks() returns json
language plpgsql stable
as $$
begin
    return (
        select coalesce(json_agg(x), '[]') from (
            select distinct on (c.kind) c.kind, c.started_at, c.finished_at, c.is_whole, c.detail
            from installation_checks c where c.finished_at is not null order by c.kind, c.started_at desc) x);
end
$$;
