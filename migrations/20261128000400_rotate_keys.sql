-- Secrets that this installation was given, by fingerprint: since when, so that it is known which are due for another. Never a secret itself.
create table known_secrets (
    purpose text not null,
    fingerprint text not null check (fingerprint ~ '^[0-9a-f]{8,16}$'),
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    primary key (purpose, fingerprint)
);
call kairos_protect('known_secrets', 'select, insert, update');
create policy installation on known_secrets to kairos_server using (true) with check (true);

-- Data keys that an older key wraps, a part at a time: of people, and of those who book. Wrapped as they are, they open nothing.
create function kairos_keys_to_rewrap(current_key text, after uuid, most integer)
    returns table (kind text, id uuid, owner uuid, master_key_id text, wrapped bytea)
language sql stable security definer set search_path = public, pg_temp
as $$
    select x.kind, x.id, x.owner, x.master_key_id, x.wrapped from (
        select 'person' as kind, k.id, k.user_id as owner, k.master_key_id, k.wrapped from data_keys k where k.master_key_id <> current_key
        union all
        select 'client', c.id, c.id, c.master_key_id, c.wrapped from booking_clients c where c.master_key_id not in (current_key, '')) x
    where after is null or x.id > after
    order by x.id limit most;
$$;
revoke all on function kairos_keys_to_rewrap(text, uuid, integer) from public;
grant execute on function kairos_keys_to_rewrap(text, uuid, integer) to kairos_server;

-- Puts one in the place of what was read. `false`: something else is there by now, or nothing.
create function kairos_rewrap(of_kind text, of_id uuid, before bytea, by_key text, anew bytea) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    if of_kind = 'person' then
        update data_keys set master_key_id = by_key, wrapped = anew where id = of_id and wrapped = before;
    else
        update booking_clients set master_key_id = by_key, wrapped = anew where id = of_id and wrapped = before;
    end if;
    return found;
end
$$;
revoke all on function kairos_rewrap(text, uuid, bytea, text, bytea) from public;
grant execute on function kairos_rewrap(text, uuid, bytea, text, bytea) to kairos_server;

-- What an admin sees of keys: how many data keys each wraps, and since when each secret is known.
create function kairos_admin_keys() returns json
language sql stable
as $$
    select json_build_object(
        'keys', (select coalesce(json_agg(x), '[]') from (select k.master_key_id, k.people from kairos_key_census() k order by 1) x),
        'secrets', (
            select coalesce(json_agg(x), '[]') from (
                select s.purpose, s.fingerprint, s.first_seen_at, s.last_seen_at from known_secrets s
                order by s.purpose, s.first_seen_at desc limit 200) x),
        'passwords', (
            select row_to_json(x) from (
                select count(*) as count, min(c.created_at) as oldest from calendar_connections c where c.password_sealed is not null) x));
$$;

-- What was asked about privacy, those that are open first, and what is past its time.
create function kairos_admin_privacy(at timestamptz) returns json
language sql stable
as $$
    select json_build_object(
        'requests', (
            select coalesce(json_agg(x), '[]') from (
                select r.id, r.user_id, r.kind, r.status, r.asked_at, r.due_at, r.runs_at, r.ended_at from privacy_requests r
                order by r.status in ('grace', 'running') desc, r.asked_at desc, r.id limit 100) x),
        'due', (select coalesce(json_agg(x), '[]') from kairos_retention_preview(at) x));
$$;

create or replace function kairos_admin_page(owner uuid, entry jsonb, which text, arguments jsonb, at timestamptz) returns json
language plpgsql
as $$
begin
    if not kairos_enter_audit(owner, entry) then
        return null;
    end if;
    return case which
        when 'overview' then kairos_admin_overview(at)
        when 'people' then kairos_admin_people(arguments, at)
        when 'person' then kairos_admin_person((arguments->>'person')::uuid, (arguments->>'opens')::boolean, at)
        when 'jobs' then kairos_admin_jobs(arguments->>'state', at)
        when 'webhooks' then kairos_admin_webhooks(arguments->>'state', at)
        when 'keys' then kairos_admin_keys()
        when 'privacy' then kairos_admin_privacy(at)
        when 'incidents' then kairos_admin_incidents(arguments)
        when 'incident' then kairos_admin_incident((arguments->>'incident')::uuid, at) end;
end
$$;
