-- How long an entry of the audit log says who it is about. After that only what was done and when is left: the fields that its commitment stands
-- for go, with the salt, so that nobody can find out what they were; the leaf and every proof over it stay as they are.
create function kairos_audit_keeps(of_action text) returns interval
language sql immutable
as $$
    select case
        -- What the application did by itself, or was set to do.
        when of_action in ('connection.synced', 'connection.sync_failed', 'connection.sync_requested', 'connection.token_refreshed',
                           'connection.calendars_chosen', 'channel.opened', 'channel.renewed', 'channel.heard', 'channel.closed',
                           'user.hours_changed', 'user.profile_changed') then interval '180 days'
        -- Who came in, who tried to, who changed what others rely on.
        else interval '365 days'
    end
$$;

-- As before, and an entry that is sealed may lose who it is about: all of it, and nothing else. The server's role can write neither by itself; it
-- can ask for the purge, which takes only what is due by the clock of the database.
create or replace function kairos_refuse_audit_change() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'UPDATE' then
        if old.place is null and new.place is not null
            and (old.id, old.occurred_at, old.actor_kind, old.actor_id, old.subject_user_id, old.action, old.resource_kind, old.resource_id,
                 old.outcome, old.request_id, old.address_pseudonym, old.detail)
                is not distinct from
                (new.id, new.occurred_at, new.actor_kind, new.actor_id, new.subject_user_id, new.action, new.resource_kind, new.resource_id,
                 new.outcome, new.request_id, new.address_pseudonym, new.detail) then
            return new;
        end if;
        if old.place is not null
            and (new.actor_id, new.subject_user_id, new.resource_id, new.address_pseudonym, new.salt) is not distinct from
                (null::uuid, null::uuid, null::uuid, null::bytea, null::bytea)
            and new.request_id = '00000000-0000-0000-0000-000000000000'
            and (old.id, old.occurred_at, old.actor_kind, old.action, old.resource_kind, old.outcome, old.detail, old.place, old.commitment)
                is not distinct from
                (new.id, new.occurred_at, new.actor_kind, new.action, new.resource_kind, new.outcome, new.detail, new.place, new.commitment) then
            return new;
        end if;
    end if;
    raise exception 'audit_events is append-only' using errcode = 'insufficient_privilege';
end
$$;

-- A few thousand at a time, the oldest first; while there are as many, it is asked again. `at` can only be earlier than the database's own clock:
-- whoever takes the server over erases nobody before their time. Entries that are evidence of an incident keep what they say for as long as it is kept.
create function kairos_purge_audit_subjects(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with old as (
        select id from audit_events
        where salt is not null
            and occurred_at < least(at, now()) - interval '180 days' and occurred_at < least(at, now()) - kairos_audit_keeps(action)
            and not exists (select from incident_evidence e where e.audit_event_id = audit_events.id)
        order by occurred_at
        limit 5000),
    gone as (
        update audit_events e
        set actor_id = null, subject_user_id = null, resource_id = null, address_pseudonym = null, salt = null,
            request_id = '00000000-0000-0000-0000-000000000000'
        from old where e.id = old.id
        returning 1)
    select count(*) from gone;
$$;
revoke all on function kairos_purge_audit_subjects(timestamptz) from public;

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
           ('users', kairos_purge_unverified_users(at)),
           ('audit_events', kairos_purge_audit_subjects(at)),
           ('audit_checkpoints', kairos_purge_audit_checkpoints(at));
$$;
