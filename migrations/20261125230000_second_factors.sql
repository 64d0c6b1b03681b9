-- Something a person has besides what they know: an authenticator app (TOTP, RFC 6238), and codes for when it is lost.
create table totp_authenticators (
    user_id uuid primary key references users on delete cascade,
    secret_sealed bytea not null,
    created_at timestamptz not null,
    confirmed_at timestamptz,
    last_step bigint
);
comment on column totp_authenticators.confirmed_at is 'when its first code was right; before, it is asked for nowhere';
comment on column totp_authenticators.last_step is 'the step of the last code that was accepted: none is accepted twice';
call kairos_protect('totp_authenticators', 'select, insert, update, delete');
create policy own on totp_authenticators to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

create table recovery_codes (
    user_id uuid not null references users on delete cascade,
    code_hash bytea not null,
    created_at timestamptz not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
);
call kairos_protect('recovery_codes', 'select, insert, update, delete');
create policy own on recovery_codes to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

-- Whether one is asked for at sign-in.
alter table users add column has_second_factor boolean not null default false;

-- The same as before, and a session that says nothing of a second factor is none for a person who has one: also one that an older release
-- began.
create or replace function kairos_enter(of_session bytea, of_person uuid, at timestamptz, out has_entered boolean, out data jsonb, out user_id uuid,
                             out roles text[], out page_version uuid)
language plpgsql
as $$
declare
    ignored text;
    present_number integer;
    seen_at timestamptz;
    has_factor boolean;
begin
    has_entered := false;
    user_id := of_person;
    if of_session is not null then
        ignored := set_config('kairos.lookup', encode(of_session, 'hex'), true);
        select s.data, s.user_id, s.last_seen_at into data, user_id, seen_at
        from sessions s
        where s.id_hash = of_session and s.created_at > at - interval '24 hours' and s.last_seen_at > at - interval '2 hours';
        if not found then
            return;
        end if;
    end if;
    if user_id is not null then
        ignored := set_config('kairos.user_id', user_id::text, true);
        select u.roles, u.page_version, u.password_number, u.has_second_factor into roles, page_version, present_number, has_factor
        from users u where u.id = user_id;
        -- Sessions of before passwords were numbered say nothing, and were begun with the first.
        -- One that was begun without the second factor that the person has now is none either.
        if of_session is not null and (present_number is distinct from coalesce((data->>'password_number')::integer, 0)
                                       or (has_factor and data->>'second_factor' is distinct from 'true')) then
            ignored := set_config('kairos.user_id', '', true);
            user_id := null;
            roles := null;
            return;
        end if;
        if not has_factor and data->>'second_factor' = 'true' then
            -- It was removed since.
            data := data - 'second_factor';
        end if;
    end if;
    if seen_at < at - interval '1 minute' then
        -- That a session was used a moment ago is not worth waiting for the disk.
        ignored := set_config('synchronous_commit', 'off', true);
        update sessions s set last_seen_at = at where s.id_hash = of_session and s.last_seen_at < at - interval '1 minute';
    end if;
    has_entered := true;
end
$$;

-- What a person sees of their second factor, of their own sessions, and of who signed in or tried to. `data` of a session has a label, by which it
-- is named on the page and ended, and what its browser was, sealed.
create function kairos_account_security(owner uuid, of_session bytea, at timestamptz) returns json
language plpgsql stable
as $$
begin
    if not kairos_has_entered_as(owner) then
        return null;
    end if;
    return (
        select json_build_object(
            'totp', (
                select row_to_json(x) from (
                    select t.created_at, t.confirmed_at, case when t.confirmed_at is null then t.secret_sealed end as secret_sealed
                    from totp_authenticators t where t.user_id = owner) x),
            'recovery_codes_left', (select count(*) from recovery_codes c where c.user_id = owner and c.used_at is null),
            'sessions', (
                select json_agg(x) from (
                    select s.data->>'label' as label, s.data->>'browser_sealed' as browser_sealed, s.created_at, s.last_seen_at,
                           s.id_hash = of_session as is_present
                    from sessions s join users u on u.id = s.user_id
                    where s.user_id = owner and s.created_at > at - interval '24 hours' and s.last_seen_at > at - interval '2 hours'
                        and u.password_number = coalesce((s.data->>'password_number')::integer, 0)
                    order by s.id_hash = of_session desc, s.last_seen_at desc, s.created_at desc) x),
            'history', (
                select json_agg(x) from (
                    select e.occurred_at, e.action, e.address_pseudonym
                    from audit_events e
                    where e.subject_user_id = owner
                        and e.action in ('user.signed_in', 'user.sign_in_refused', 'user.signed_out', 'user.password_reset',
                                         'user.password_changed', 'user.sessions_ended', 'user.code_refused',
                                         'user.password_accepted', 'user.proof_refused', 'user.recovery_codes_renewed',
                                         'user.second_factor_added', 'user.second_factor_removed')
                    order by e.occurred_at desc, e.id desc limit 20) x)));
end
$$;
