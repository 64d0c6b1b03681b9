-- What a person sees of their own sessions and of who signed in or tried to, for the page about it. `data` of a session has a label, by which it
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
                                         'user.password_changed', 'user.sessions_ended')
                    order by e.occurred_at desc, e.id desc limit 20) x)));
end
$$;
