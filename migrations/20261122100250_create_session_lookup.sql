-- One round trip per request: finds the session, remembers that it was used (at most once a minute), and tells who it is.
--
-- A session lives 24 hours from its beginning and 2 hours from its last use, whatever its cookie says.
create function kairos_session(hash bytea, at timestamptz)
returns table (data jsonb, user_id uuid, roles text[])
language plpgsql
as $$
declare
    found_data jsonb;
    found_user uuid;
    found_roles text[];
begin
    perform set_config('kairos.lookup', encode(hash, 'hex'), true);
    select s.data, s.user_id into found_data, found_user
    from sessions s
    where s.id_hash = hash and s.created_at > at - interval '24 hours' and s.last_seen_at > at - interval '2 hours';
    if not found then
        return;
    end if;
    update sessions s set last_seen_at = at where s.id_hash = hash and s.last_seen_at < at - interval '1 minute';
    if found_user is not null then
        perform set_config('kairos.user_id', found_user::text, true);
        select u.roles into found_roles from users u where u.id = found_user;
    end if;
    return query select found_data, found_user, coalesce(found_roles, '{}');
end
$$;
grant execute on function kairos_session(bytea, timestamptz) to kairos_server;
