-- Copies of what is kept of somebody, made by a job and fetched once: how far each is, and its parts, sealed under its person's key.
create table privacy_archives (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    asked_at timestamptz not null,
    steps integer not null default 0,
    done integer not null default 0,
    bytes bigint not null default 0,
    ready_at timestamptz,
    expires_at timestamptz,
    constraint privacy_archives_ready_check check ((ready_at is null) = (expires_at is null))
);
create unique index privacy_archives_under_way on privacy_archives (user_id) where ready_at is null;
create index privacy_archives_by_user on privacy_archives (user_id, asked_at desc);
call kairos_protect('privacy_archives', 'select, insert, update, delete');
create policy own on privacy_archives to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

create table privacy_archive_parts (
    id uuid primary key,
    archive_id uuid not null references privacy_archives on delete cascade,
    user_id uuid not null references users on delete cascade,
    number integer not null,
    part_sealed bytea not null,
    unique (archive_id, number)
);
create index privacy_archive_parts_by_user on privacy_archive_parts (user_id, id);
call kairos_protect('privacy_archive_parts', 'select, insert, delete');
create policy own on privacy_archive_parts to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

-- Those that nobody fetched, and those that never became ready.
create function kairos_purge_privacy_archives(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (
        delete from privacy_archives where expires_at <= at or (ready_at is null and asked_at < at - interval '7 days') returning 1)
    select count(*) from gone;
$$;
revoke all on function kairos_purge_privacy_archives(timestamptz) from public;

create or replace function kairos_purge_expired_rows(at timestamptz) returns table (name text, removed bigint)
language sql security definer set search_path = public, pg_temp
as $$
    values ('sessions', kairos_purge_sessions(at)),
           ('oauth_attempts', kairos_purge_oauth_attempts(at)),
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
           ('privacy_archives', kairos_purge_privacy_archives(at)),
           ('installation_checks', kairos_purge_installation_checks(at)),
           ('job_queues', kairos_purge_job_queues()),
           ('audit_events', kairos_purge_audit_subjects(at)),
           ('audit_checkpoints', kairos_purge_audit_checkpoints(at));
$$;

-- What somebody sees of their own requests and archives.
create or replace function kairos_privacy(owner uuid) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'holdings', kairos_holdings(owner),
        'archive', (
            select row_to_json(x) from (
                select a.id, a.asked_at, a.steps, a.done, a.ready_at, a.expires_at, a.bytes from privacy_archives a
                where a.user_id = owner order by a.asked_at desc limit 1) x),
        'request', (
            select row_to_json(x) from (
                select r.id, r.status, r.asked_at, r.runs_at, r.ended_at from privacy_requests r
                where r.user_id = owner order by r.asked_at desc limit 1) x));
end
$$;
