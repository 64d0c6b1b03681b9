-- An account at Calendly is opened by a personal token, which lasts, or by consent: an access token that ends, and a refresh token that can be used
-- once. Who renews them holds the lease.
set local lock_timeout = '5s';
alter table calendly_accounts add column refresh_token_sealed bytea;
alter table calendly_accounts add column token_expires_at timestamptz;
alter table calendly_accounts add column refresh_lease_until timestamptz;
alter table calendly_accounts add constraint calendly_accounts_consent_check
    check ((refresh_token_sealed is null) = (token_expires_at is null)) not valid;
alter table calendly_accounts drop constraint calendly_accounts_failure_check;
alter table calendly_accounts add constraint calendly_accounts_failure_check
    check (failure in ('token_refused', 'client_refused', 'scope_missing', 'forbidden', 'rate_limited', 'down', 'unreadable')) not valid;
comment on column calendly_accounts.token_expires_at is 'when the access token of a consent ends; null: a personal token, which does not';
comment on column calendly_accounts.refresh_lease_until is 'until when somebody renews the tokens';

-- What a builder sees of their account at Calendly, and whether it was opened by consent.
create or replace function kairos_scheduling(owner uuid) returns json
language plpgsql stable
as $$
begin
    if not kairos_has_entered_as(owner) then
        return null;
    end if;
    return (
        select json_build_object(
            'account', (
                select row_to_json(x) from (
                    select a.account_sealed, a.connected_at, a.read_at, a.failed_since, a.failure,
                        a.refresh_token_sealed is not null as is_by_consent
                    from calendly_accounts a where a.user_id = owner) x),
            'event_types', (
                select json_agg(x) from (
                    select e.id, e.offer_sealed, e.minutes, e.refusal
                    from calendly_event_types e where e.user_id = owner order by e.id) x)));
end
$$;

-- As before, with tokens that are renewed.
create or replace function kairos_audit_keeps(of_action text) returns interval
language sql immutable
as $$
    select case
        when of_action in ('connection.synced', 'connection.sync_failed', 'connection.sync_requested', 'connection.token_refreshed',
                           'connection.calendars_chosen', 'channel.opened', 'channel.renewed', 'channel.heard', 'channel.closed',
                           'user.hours_changed', 'user.profile_changed', 'calendly.read', 'calendly.read_failed',
                           'calendly.token_refreshed') then interval '180 days'
        else interval '365 days'
    end
$$;
