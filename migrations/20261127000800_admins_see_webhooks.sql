-- What came in from providers, as admins see it, and what grows old of it.
set local lock_timeout = '5s';
create policy admins_read on webhook_deliveries for select to kairos_server using ((select kairos_administers()));

-- `state`: `failed` (tried and not done), `waiting`, `unknown` (nothing is done about its kind), `wrong_mode`; otherwise all. The newest first.
create function kairos_admin_webhooks(state text, at timestamptz) returns json
language sql stable
as $$
    select json_build_object(
        'counts', (
            select coalesce(json_agg(x), '[]') from (
                select d.source, d.verdict, count(*) as deliveries, sum(d.copies)::bigint as copies,
                       count(*) filter (where d.handled_at is null and d.failures > 0) as failed, max(d.received_at) as newest
                from webhook_deliveries d where d.received_at > at - interval '7 days' group by 1, 2 order by 1, 2) x),
        'deliveries', (
            select coalesce(json_agg(x), '[]') from (
                select d.id, d.source, d.kind, d.object_id, d.verdict, d.copies, d.happened_at, d.received_at, d.effect, d.failures, d.handled_at, d.payload
                from webhook_deliveries d
                where case state
                        when 'failed' then d.handled_at is null and d.failures > 0
                        when 'waiting' then d.handled_at is null and d.failures = 0
                        when 'unknown' then d.verdict = 'unknown_kind'
                        when 'wrong_mode' then d.verdict = 'wrong_mode'
                        else true end
                order by d.received_at desc, d.id desc limit 100) x));
$$;

create or replace function kairos_admin_page(owner uuid, entry jsonb, which text, arguments jsonb, at timestamptz) returns json
language plpgsql
as $$
begin
    if not kairos_enter_audit(owner, entry) then
        return null;
    end if;
    return case which
        when 'overview' then kairos_admin_overview(at)
        when 'people' then kairos_admin_people(arguments, at)
        when 'person' then kairos_admin_person((arguments->>'person')::uuid, (arguments->>'opens')::boolean, at)
        when 'jobs' then kairos_admin_jobs(arguments->>'state', at)
        when 'webhooks' then kairos_admin_webhooks(arguments->>'state', at)
        when 'incidents' then kairos_admin_incidents(arguments)
        when 'incident' then kairos_admin_incident((arguments->>'incident')::uuid, at) end;
end
$$;

-- Lets a delivery be acted on once more. `false`: there is none, or nothing is done about it.
create function kairos_reopen_delivery(of_id uuid) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    update webhook_deliveries set handled_at = null, effect = null where id = of_id and verdict = 'accepted';
    return found;
end
$$;
revoke all on function kairos_reopen_delivery(uuid) from public;
grant execute on function kairos_reopen_delivery(uuid) to kairos_server;

-- Stripe keeps events for thirty days; after ninety nobody asks for what it told.
create function kairos_purge_webhook_deliveries(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (
        delete from webhook_deliveries d where d.id in (
            select o.id from webhook_deliveries o where o.received_at < at - interval '90 days' order by o.received_at limit 5000)
        returning 1)
    select count(*) from gone;
$$;
revoke all on function kairos_purge_webhook_deliveries(timestamptz) from public;

create or replace function kairos_purge_expired_rows(at timestamptz) returns table (name text, removed bigint)
language sql security definer set search_path = public, pg_temp
as $$
    values ('sessions', kairos_purge_sessions(at)),
           ('oauth_attempts', kairos_purge_oauth_attempts(at)),
           ('user_tokens', kairos_purge_user_tokens(at)),
           ('calendar_sync_logs', kairos_purge_calendar_sync_logs(at)),
           ('calendar_health', kairos_purge_calendar_health(at)),
           ('calendar_channels', kairos_purge_calendar_channels(at)),
           ('rate_limits', kairos_purge_limits(at)),
           ('api_keys', kairos_purge_api_keys(at)),
           ('security_events', kairos_purge_security_events(at)),
           ('webhook_deliveries', kairos_purge_webhook_deliveries(at)),
           ('users', kairos_purge_unverified_users(at)),
           ('audit_events', kairos_purge_audit_subjects(at)),
           ('audit_checkpoints', kairos_purge_audit_checkpoints(at));
$$;
