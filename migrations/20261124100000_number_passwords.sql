-- A session is worth as much as the password it was begun with. Somebody may check the old password just before it is changed and get the
-- session just after: so a session says which password it was begun with, and one that was begun with an earlier one is none.
alter table users add column password_number integer not null default 0;

create or replace function kairos_session(hash bytea, at timestamptz)
returns table (data jsonb, user_id uuid, roles text[])
language plpgsql
as $$
declare
    found_data jsonb;
    found_user uuid;
    found_roles text[];
    present_number integer;
begin
    perform set_config('kairos.lookup', encode(hash, 'hex'), true);
    select s.data, s.user_id into found_data, found_user
    from sessions s
    where s.id_hash = hash and s.created_at > at - interval '24 hours' and s.last_seen_at > at - interval '2 hours';
    if not found then
        return;
    end if;
    if found_user is not null then
        perform set_config('kairos.user_id', found_user::text, true);
        select u.roles, u.password_number into found_roles, present_number from users u where u.id = found_user;
        -- Sessions of before this was counted say nothing, and were begun with the first.
        if present_number is distinct from coalesce((found_data->>'password_number')::integer, 0) then
            perform set_config('kairos.user_id', '', true);
            return;
        end if;
    end if;
    update sessions s set last_seen_at = at where s.id_hash = hash and s.last_seen_at < at - interval '1 minute';
    return query select found_data, found_user, coalesce(found_roles, '{}');
end
$$;

-- The keys of the installation may be wrapped by another SESSION_KEY.
grant update on installation_keys to kairos_server;
