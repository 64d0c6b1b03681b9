-- What is past its time goes by itself: a function a table, and one that calls them all. The server's role may not see other people's rows, so
-- they have their owner's rights; it may call only the one.
create function kairos_purge_sessions(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (
        delete from sessions where last_seen_at < at - interval '2 hours' or created_at < at - interval '24 hours' returning 1)
    select count(*) from gone;
$$;

create function kairos_purge_oauth_attempts(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (delete from oauth_attempts where expires_at < at - interval '1 day' returning 1)
    select count(*) from gone;
$$;

create function kairos_purge_user_tokens(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (delete from user_tokens where expires_at < at - interval '1 day' returning 1)
    select count(*) from gone;
$$;

-- The last of each connection is kept: pages show it.
create function kairos_purge_calendar_sync_logs(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (
        delete from calendar_sync_logs l where l.started_at < at - interval '180 days'
            and exists (select from calendar_sync_logs later
                        where later.connection_id = l.connection_id and (later.started_at, later.id) > (l.started_at, l.id))
        returning 1)
    select count(*) from gone;
$$;

-- The last change before that is kept: it says how the connection still is.
create function kairos_purge_calendar_health(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (
        delete from calendar_health h where h.changed_at < at - interval '180 days'
            and exists (select from calendar_health later where later.connection_id = h.connection_id
                            and later.changed_at > h.changed_at and later.changed_at < at - interval '180 days')
        returning 1)
    select count(*) from gone;
$$;

-- Nothing comes through them any more, and nothing is left to close.
create function kairos_purge_calendar_channels(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (delete from calendar_channels where expires_at < at - interval '1 day' returning 1)
    select count(*) from gone;
$$;

create function kairos_purge_expired_rows(at timestamptz) returns table (name text, removed bigint)
language sql security definer set search_path = public, pg_temp
as $$
    values ('sessions', kairos_purge_sessions(at)),
           ('oauth_attempts', kairos_purge_oauth_attempts(at)),
           ('user_tokens', kairos_purge_user_tokens(at)),
           ('calendar_sync_logs', kairos_purge_calendar_sync_logs(at)),
           ('calendar_health', kairos_purge_calendar_health(at)),
           ('calendar_channels', kairos_purge_calendar_channels(at)),
           ('rate_limits', kairos_purge_limits(at)),
           ('users', kairos_purge_unverified_users(at));
$$;
revoke all on function kairos_purge_sessions(timestamptz), kairos_purge_oauth_attempts(timestamptz), kairos_purge_user_tokens(timestamptz),
    kairos_purge_calendar_sync_logs(timestamptz), kairos_purge_calendar_health(timestamptz), kairos_purge_calendar_channels(timestamptz),
    kairos_purge_expired_rows(timestamptz) from public;
grant execute on function kairos_purge_expired_rows(timestamptz) to kairos_server;
