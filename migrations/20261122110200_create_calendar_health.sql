-- How a connection was, whenever that changed; and since when it needs the person, for the mail that says so.
create table calendar_health (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    connection_id uuid not null references calendar_connections on delete cascade,
    changed_at timestamptz not null,
    status text not null constraint calendar_health_status_check check (status in ('active', 'degraded', 'needs_reconsent', 'failing')),
    reason text
);
create index calendar_health_connection on calendar_health (connection_id, changed_at desc);
call kairos_protect('calendar_health', 'select, insert, update, delete');
create policy own on calendar_health to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

alter table calendar_connections add column broken_since timestamptz;
-- When consent was last given: Google ends it seven days later while the app is in testing.
alter table calendar_connections add column consented_at timestamptz;
alter table calendar_connections drop constraint calendar_connections_health_reason_check;
alter table calendar_connections add constraint calendar_connections_health_reason_check check (health_reason in (
    'consent_withdrawn', 'app_in_testing', 'partial_consent', 'password_refused', 'provider_down', 'rate_limited', 'calendar_gone',
    'no_mailbox', 'admin_approval', 'access_forbidden', 'unreadable_answer', 'key_missing', 'client_refused', 'address_refused')) not valid;
alter table calendar_connections validate constraint calendar_connections_health_reason_check;

create or replace function kairos_purge_expired(at timestamptz, out sessions_removed bigint, out attempts_removed bigint, out tokens_removed bigint, out sync_logs_removed bigint)
language plpgsql
security definer
set search_path = public, pg_temp
as $$
begin
    delete from sessions where last_seen_at < at - interval '2 hours' or created_at < at - interval '24 hours';
    get diagnostics sessions_removed = row_count;
    delete from oauth_attempts where expires_at < at - interval '1 day';
    get diagnostics attempts_removed = row_count;
    delete from user_tokens where expires_at < at - interval '1 day';
    get diagnostics tokens_removed = row_count;
    delete from calendar_sync_logs where started_at < at - interval '180 days';
    get diagnostics sync_logs_removed = row_count;
    -- The last change before that is kept: it says how the connection still is.
    delete from calendar_health h where h.changed_at < at - interval '180 days'
        and exists (select from calendar_health later where later.connection_id = h.connection_id and later.changed_at > h.changed_at
                    and later.changed_at < at - interval '180 days');
end
$$;
