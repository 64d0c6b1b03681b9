-- A builder's account at Calendly, opened by a token that they brought, and what can be booked there. An account there serves one builder here: two
-- would sell the same hours.
create table calendly_accounts (
    user_id uuid primary key references users on delete cascade,
    account_hash bytea not null unique,
    account_sealed bytea not null,
    token_sealed bytea not null,
    connected_at timestamptz not null,
    read_at timestamptz not null,
    failed_since timestamptz,
    failure text constraint calendly_accounts_failure_check
        check (failure in ('token_refused', 'scope_missing', 'forbidden', 'rate_limited', 'down', 'unreadable')),
    constraint calendly_accounts_failing_check check ((failed_since is null) = (failure is null))
);
comment on column calendly_accounts.read_at is 'when it was last read whole';
comment on column calendly_accounts.failed_since is 'since when every read failed; what was read before stays';
call kairos_protect('calendly_accounts', 'select, insert, update, delete');
create policy own on calendly_accounts to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

create table calendly_event_types (
    id uuid primary key,
    user_id uuid not null references calendly_accounts on delete cascade,
    uri_hash bytea not null,
    offer_sealed bytea not null,
    minutes integer not null check (minutes between 1 and 1440),
    refusal text check (refusal in ('paid', 'inactive', 'group', 'team', 'not_instant')),
    constraint calendly_event_types_uri_key unique (user_id, uri_hash)
);
comment on column calendly_event_types.refusal is 'why it cannot be sold here; null: it can';
call kairos_protect('calendly_event_types', 'select, insert, update, delete');
create policy own on calendly_event_types to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

-- What a builder sees of their account at Calendly.
create function kairos_scheduling(owner uuid) returns json
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
                    select a.account_sealed, a.connected_at, a.read_at, a.failed_since, a.failure
                    from calendly_accounts a where a.user_id = owner) x),
            'event_types', (
                select json_agg(x) from (
                    select e.id, e.offer_sealed, e.minutes, e.refusal
                    from calendly_event_types e where e.user_id = owner order by e.id) x)));
end
$$;

-- As before, with what the application reads of Calendly by itself.
create or replace function kairos_audit_keeps(of_action text) returns interval
language sql immutable
as $$
    select case
        when of_action in ('connection.synced', 'connection.sync_failed', 'connection.sync_requested', 'connection.token_refreshed',
                           'connection.calendars_chosen', 'channel.opened', 'channel.renewed', 'channel.heard', 'channel.closed',
                           'user.hours_changed', 'user.profile_changed', 'calendly.read', 'calendly.read_failed') then interval '180 days'
        else interval '365 days'
    end
$$;
