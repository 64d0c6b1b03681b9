-- Connected calendar accounts and the OAuth round trips that lead to them.
create table oauth_attempts (
    id uuid primary key,
    state_hash bytea not null unique,
    session_hash bytea not null,
    user_id uuid not null references users on delete cascade,
    provider text not null check (provider in ('google', 'outlook')),
    verifier_sealed bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index oauth_attempts_expires on oauth_attempts (expires_at);
call kairos_protect('oauth_attempts', 'select, insert, update, delete');
create policy own on oauth_attempts to kairos_server
    using (state_hash = kairos_lookup() or user_id = kairos_user())
    with check (state_hash = kairos_lookup() or user_id = kairos_user());

create table calendar_connections (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    provider text not null constraint calendar_connections_provider_check check (provider in ('google', 'outlook', 'caldav')),
    status text not null constraint calendar_connections_status_check
        check (status in ('active', 'degraded', 'needs_reconsent', 'failing')),
    calendar_id text not null default 'primary',
    account_hash bytea not null,
    account_sealed bytea not null,
    server_url_sealed bytea,
    password_sealed bytea,
    access_token_sealed bytea,
    refresh_token_sealed bytea,
    access_token_expires_at timestamptz,
    refresh_lease_until timestamptz,
    granted_scopes text[] not null default '{}',
    health_reason text constraint calendar_connections_health_reason_check check (health_reason in (
        'consent_withdrawn', 'partial_consent', 'password_refused', 'provider_down', 'rate_limited', 'calendar_gone',
        'access_forbidden', 'unreadable_answer', 'key_missing', 'client_refused', 'address_refused')),
    health_since timestamptz,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    last_sync_at timestamptz,
    created_at timestamptz not null,
    unique (user_id, provider, account_hash),
    check ((health_reason is null) = (health_since is null)),
    check (status <> 'active' or health_reason is null)
);
comment on column calendar_connections.calendar_id is 'the provider''s alias of the account''s main calendar';
call kairos_protect('calendar_connections', 'select, insert, update, delete');
create policy own on calendar_connections to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

create function follow_calendar_connected() returns trigger
language plpgsql
as $$
declare
    owner_id uuid := coalesce(new.user_id, old.user_id);
begin
    update users set calendar_connected = exists (select from calendar_connections c where c.user_id = owner_id)
    where id = owner_id;
    return null;
end
$$;
create trigger calendar_connections_follow after insert or delete on calendar_connections
    for each row execute function follow_calendar_connected();
