-- Tokens of removed connections, until their provider was told to revoke them (RFC 7009): a process that dies in between, or a provider that does not answer,
-- leaves no consent behind. A week at most.
create table token_revocations (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    provider text not null constraint token_revocations_provider_check check (provider in ('google', 'outlook')),
    account_hash bytea not null,
    token_sealed bytea not null,
    asked_at timestamptz not null
);
create index token_revocations_user on token_revocations (user_id);
call kairos_protect('token_revocations', 'select, insert, delete');
create policy own on token_revocations to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

-- Its job gives up before; this is for one that was lost.
create function kairos_purge_token_revocations(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (delete from token_revocations where asked_at < at - interval '8 days' returning 1) select count(*) from gone;
$$;
revoke all on function kairos_purge_token_revocations(timestamptz) from public;

create or replace function kairos_purge_expired_rows(at timestamptz) returns table (name text, removed bigint)
language sql security definer set search_path = public, pg_temp
as $$
    values ('sessions', kairos_purge_sessions(at)),
           ('oauth_attempts', kairos_purge_oauth_attempts(at)),
           ('token_revocations', kairos_purge_token_revocations(at)),
           ('user_tokens', kairos_purge_user_tokens(at)),
           ('calendar_sync_logs', kairos_purge_calendar_sync_logs(at)),
           ('calendar_health', kairos_purge_calendar_health(at)),
           ('calendar_channels', kairos_purge_calendar_channels(at)),
           ('calendar_events', kairos_purge_due('calendar_events', at)),
           ('rate_limits', kairos_purge_limits(at)),
           ('api_keys', kairos_purge_api_keys(at)),
           ('security_events', kairos_purge_security_events(at)),
           ('users', kairos_purge_unverified_users(at)),
           ('bookings', kairos_purge_due('bookings', at)),
           ('booking_clients', kairos_purge_due('booking_clients', at)),
           ('refunds', kairos_purge_due('refunds', at)),
           ('payments', kairos_purge_due('payments', at)),
           ('webhook_deliveries', kairos_purge_webhook_deliveries(at)),
           ('privacy_requests', kairos_purge_due('privacy_requests', at)),
           ('privacy_letters', kairos_purge_privacy_letters(at)),
           ('privacy_archives', kairos_purge_privacy_archives(at)),
           ('installation_checks', kairos_purge_installation_checks(at)),
           ('job_queues', kairos_purge_job_queues()),
           ('audit_events', kairos_purge_audit_subjects(at)),
           ('audit_checkpoints', kairos_purge_audit_checkpoints(at));
$$;
