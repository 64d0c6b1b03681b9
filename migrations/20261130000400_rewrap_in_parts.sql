-- A part of the data keys at once, in one statement a table instead of one a key: a hundred thousand keys are a matter of seconds then, also where the
-- planner does not know yet how many there are.
drop function kairos_rewrap(text, uuid, bytea, text, bytea);
create function kairos_rewrap(kinds text[], ids uuid[], before bytea[], by_key text, anew bytea[]) returns bigint
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    of_people bigint;
    of_clients bigint;
begin
    update data_keys k set master_key_id = by_key, wrapped = x.anew
    from unnest(kinds, ids, before, anew) as x (kind, id, before, anew)
    where x.kind = 'person' and k.id = x.id and k.wrapped = x.before;
    get diagnostics of_people = row_count;
    update booking_clients c set master_key_id = by_key, wrapped = x.anew
    from unnest(kinds, ids, before, anew) as x (kind, id, before, anew)
    where x.kind = 'client' and c.id = x.id and c.wrapped = x.before;
    get diagnostics of_clients = row_count;
    return of_people + of_clients;
end
$$;
revoke all on function kairos_rewrap(text[], uuid[], bytea[], text, bytea[]) from public;
grant execute on function kairos_rewrap(text[], uuid[], bytea[], text, bytea[]) to kairos_server;

-- As before; each table is read from where the last part ended, and no further than the part.
create or replace function kairos_keys_to_rewrap(current_key text, after uuid, most integer)
    returns table (kind text, id uuid, owner uuid, master_key_id text, wrapped bytea)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare
    since uuid := coalesce(after, '00000000-0000-0000-0000-000000000000');
begin
    return query
        select x.kind, x.id, x.owner, x.master_key_id, x.wrapped from (
            (select 'person' as kind, k.id, k.user_id as owner, k.master_key_id, k.wrapped from data_keys k
             where k.id > since and k.master_key_id <> current_key order by k.id limit most)
            union all
            (select 'client', c.id, c.id, c.master_key_id, c.wrapped from booking_clients c
             where c.id > since and c.master_key_id not in (current_key, '') order by c.id limit most)) x
        order by x.id limit most;
end
$$;
