-- What a person sees of their second factors, of their own sessions, and of who signed in or tried to: as before, with their
-- passkeys, the account at Google that signs them in, and whether a password does.
create or replace function kairos_account_security(owner uuid, of_session bytea, at timestamptz) returns json
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
            'passkeys', (
                select json_agg(x) from (
                    select p.id, p.name_sealed, p.created_at, p.last_used_at
                    from passkeys p where p.user_id = owner
                    order by p.created_at, p.id) x),
            'google', (
                select row_to_json(x) from (
                    select i.email_sealed, i.created_at, i.last_used_at
                    from openid_identities i where i.user_id = owner and i.unlinked_at is null) x),
            'has_password', (select not starts_with(u.password_hash, '!') from users u where u.id = owner),
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
                    select e.occurred_at, e.action, e.detail->>'by' as by, e.address_pseudonym
                    from audit_events e
                    where e.subject_user_id = owner
                        and e.action in ('user.signed_in', 'user.sign_in_refused', 'user.signed_out', 'user.password_reset',
                                         'user.password_changed', 'user.sessions_ended', 'user.code_refused',
                                         'user.password_accepted', 'user.proof_refused', 'user.recovery_codes_renewed',
                                         'user.second_factor_added', 'user.second_factor_removed', 'user.passkey_added',
                                         'user.passkey_removed', 'user.google_linked', 'user.google_unlinked')
                    order by e.occurred_at desc, e.id desc limit 20) x)));
end
$$;
