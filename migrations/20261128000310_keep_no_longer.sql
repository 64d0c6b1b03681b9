-- What is past its time by the data map: bookings a year after they are over, with clients who have none left; what was paid after seven years; events
-- a year after they are over; requests three years after they were answered. A part at a time, and never before it is due by the clock of the database: whoever takes the server over makes no record of money go.
create function kairos_due_bookings(at timestamptz) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
as $$
    select id from bookings
    where ends_at < least(at, now()) - interval '365 days'
        and status in ('completed', 'no_show', 'expired', 'cancelled', 'refunded') and attention is null
    order by ends_at limit 1000;
$$;

create function kairos_due_booking_clients(at timestamptz) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
as $$
    select c.id from booking_clients c
    where c.created_at < least(at, now()) - interval '1 day' and not exists (select from bookings b where b.client_id = c.id)
    limit 1000;
$$;

create function kairos_due_refunds(at timestamptz) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
as $$
    select r.id from refunds r join payments p on p.id = r.payment_id
    where greatest(p.created_at, r.changed_at) < least(at, now()) - interval '2557 days' limit 1000;
$$;

create function kairos_due_payments(at timestamptz) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
as $$
    select p.id from payments p
    where p.created_at < least(at, now()) - interval '2557 days' and not exists (select from refunds r where r.payment_id = p.id)
    limit 1000;
$$;

create function kairos_due_calendar_events(at timestamptz) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
as $$
    select e.id from users u
    cross join lateral (
        select id from calendar_events c
        where c.user_id = u.id and c.starts_at < least(at, now()) - interval '365 days' and c.ends_at < least(at, now()) - interval '365 days'
        limit 1000) e
    limit 5000;
$$;

create function kairos_due_privacy_requests(at timestamptz) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
as $$
    select id from privacy_requests where ended_at < least(at, now()) - interval '1096 days' limit 1000;
$$;

-- What is due of a table goes; what a preview counts is the same.
create function kairos_purge_due(of_table text, at timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    removed bigint;
begin
    execute format('delete from %I where id in (select %I($1))', of_table, 'kairos_due_' || of_table) using at;
    get diagnostics removed = row_count;
    return removed;
end
$$;

-- What would go now, for an admin: the next part of each, at most a thousand, of events five thousand.
create function kairos_retention_preview(at timestamptz) returns table (name text, due bigint)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    if not kairos_administers() then
        raise exception 'only an admin sees what is due' using errcode = 'insufficient_privilege';
    end if;
    return query values
        ('bookings', (select count(*) from kairos_due_bookings(at))),
        ('booking_clients', (select count(*) from kairos_due_booking_clients(at))),
        ('payments', (select count(*) from kairos_due_payments(at))),
        ('refunds', (select count(*) from kairos_due_refunds(at))),
        ('calendar_events', (select count(*) from kairos_due_calendar_events(at))),
        ('privacy_requests', (select count(*) from kairos_due_privacy_requests(at)));
end
$$;
revoke all on function kairos_due_bookings(timestamptz), kairos_due_booking_clients(timestamptz), kairos_due_refunds(timestamptz),
    kairos_due_payments(timestamptz), kairos_due_calendar_events(timestamptz), kairos_due_privacy_requests(timestamptz),
    kairos_retention_preview(timestamptz) from public;
grant execute on function kairos_retention_preview(timestamptz) to kairos_server;

-- Serial keys of jobs of which none waits: their names hold the numbers of whom they were for.
create function kairos_purge_job_queues() returns bigint
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    removed bigint;
begin
    delete from graphile_worker._private_job_queues q
    where q.locked_at is null and not exists (select from graphile_worker._private_jobs j where j.job_queue_id = q.id);
    get diagnostics removed = row_count;
    return removed;
end
$$;

revoke all on function kairos_purge_job_queues(), kairos_purge_due(text, timestamptz) from public;

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
           ('job_queues', kairos_purge_job_queues()),
           ('audit_events', kairos_purge_audit_subjects(at)),
           ('audit_checkpoints', kairos_purge_audit_checkpoints(at));
$$;
