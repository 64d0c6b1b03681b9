-- Keys with which a person's programs ask in their name. A key is shown once; what is kept of it is a keyed hash. One that has ended stays for a
-- while, so that its use can be told from a guess.
create table api_keys (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    name_sealed bytea not null,
    key_hash bytea not null unique,
    scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array['calendar:read', 'events:read', 'free_busy:read', 'audit:read']),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    last_used_at timestamptz,
    ended_at timestamptz
);
create index api_keys_user_id on api_keys (user_id);
call kairos_protect('api_keys', 'select, insert, update');
create policy own on api_keys to kairos_server
    using (user_id = kairos_user() or key_hash = kairos_lookup())
    with check (user_id = kairos_user());

create function kairos_purge_api_keys(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (
        delete from api_keys where least(ended_at, expires_at) < at - interval '90 days' returning 1)
    select count(*) from gone;
$$;
revoke all on function kairos_purge_api_keys(timestamptz) from public;

-- Who asks, by a session, by a person the server itself knows, or by a key of a person's program. Of a request that is counted, `bucket` is by
-- what: by the person, or for who is nobody by `of_address`. It is counted at the end of the statement (`kairos_count`), so that the one row in which
-- all requests of a person are counted is locked for no longer than that takes.
create function kairos_enter(of_session bytea, of_person uuid, of_key uuid, of_address bytea, is_counted boolean, of_place bytea,
                             at timestamptz,
                             out has_entered boolean, out data jsonb, out user_id uuid, out roles text[], out page_version uuid,
                             out has_second_factor boolean, out bucket bytea, out returned_to_place boolean)
language plpgsql
as $$
declare
    ignored text;
    last_place bytea;
    earlier_place bytea;
    moved_at timestamptz;
    times_returned smallint;
    is_locked boolean;
    present_number integer;
    seen_at timestamptz;
    has_factor boolean;
begin
    has_entered := true;
    user_id := of_person;
    if of_session is not null then
        ignored := set_config('kairos.lookup', encode(of_session, 'hex'), true);
        select s.data, s.user_id, s.last_seen_at, s.place, s.place_before, s.place_changed_at, s.returns
        into data, user_id, seen_at, last_place, earlier_place, moved_at, times_returned
        from sessions s
        where s.id_hash = of_session and s.created_at > at - interval '24 hours' and s.last_seen_at > at - interval '2 hours';
        has_entered := found;
    end if;
    if has_entered and user_id is not null then
        ignored := set_config('kairos.user_id', user_id::text, true);
        select u.roles, u.page_version, u.password_number, u.has_second_factor, u.locked_at is not null
        into roles, page_version, present_number, has_factor, is_locked
        from users u where u.id = user_id;
        -- Sessions of before passwords were numbered say nothing, and were begun with the first.
        -- One that was begun without the second factor that the person has now is none either.
        if of_session is not null then
            has_entered := present_number is not distinct from coalesce((data->>'password_number')::integer, 0)
                and not (has_factor and data->>'second_factor' is distinct from 'true');
            has_second_factor := has_factor and data->>'second_factor' = 'true';
            if not has_factor and data->>'second_factor' = 'true' then
                -- It was removed since.
                data := data - 'second_factor';
            end if;
        elsif of_key is not null then
            has_entered := exists (
                select from api_keys k where k.id = of_key and k.user_id = of_person and k.ended_at is null and k.expires_at > at);
            has_second_factor := has_factor;
        end if;
        if is_locked and (of_session is not null or of_key is not null) then
            has_entered := false;
        end if;
        if not has_entered then
            ignored := set_config('kairos.user_id', '', true);
            user_id := null;
            roles := null;
        end if;
    end if;
    if is_counted then
        bucket := case when user_id is null then of_address else sha256(convert_to('requests of ' || user_id, 'UTF8')) end;
        -- That somebody asked is not worth waiting for the disk.
        ignored := set_config('synchronous_commit', 'off', true);
    end if;
    if has_entered and of_session is not null and of_place is not null and last_place is distinct from of_place then
        -- Ten times are enough to be told of.
        returned_to_place := last_place is not null and earlier_place = of_place and moved_at > at - interval '10 minutes' and times_returned < 10;
        ignored := set_config('synchronous_commit', 'off', true);
        update sessions s set place = of_place, place_before = last_place, place_changed_at = at,
                              returns = s.returns + case when returned_to_place then 1 else 0 end
        where s.id_hash = of_session;
    end if;
    if has_entered and seen_at < at - interval '1 minute' then
        ignored := set_config('synchronous_commit', 'off', true);
        update sessions s set last_seen_at = at where s.id_hash = of_session and s.last_seen_at < at - interval '1 minute';
    end if;
end
$$;

-- The same without counting, in the shape that replicas of before ask it in.
create or replace function kairos_enter(of_session bytea, of_person uuid, at timestamptz, out has_entered boolean, out data jsonb, out user_id uuid,
                             out roles text[], out page_version uuid)
language sql
as $$
    select e.has_entered, e.data, e.user_id, e.roles, e.page_version
    from kairos_enter(of_session, of_person, null, null, false, null, at) e;
$$;

-- What a person sees of their keys, newest first: of those that ended, none.
create function kairos_api_keys(owner uuid, at timestamptz) returns json
language plpgsql stable
as $$
begin
    if not kairos_has_entered_as(owner) then
        return null;
    end if;
    return coalesce((
        select json_agg(x) from (
            select k.id, k.name_sealed, k.scopes, k.created_at, k.expires_at, k.last_used_at
            from api_keys k where k.user_id = owner and k.ended_at is null and k.expires_at > at
            order by k.created_at desc, k.id desc) x), '[]');
end
$$;
