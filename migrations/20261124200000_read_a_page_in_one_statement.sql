-- A page is one statement: it finds the person, makes their rows visible to itself, and returns them. Every setting is local to the
-- statement's own transaction, so a connection that goes back to the pool carries nobody. docs/adr/0015 says why this way.
--
-- `kairos_enter` is volatile: it writes, and it takes snapshots of its own that are at least as new as the statement's. Every other function
-- here is stable and so sees the statement's one snapshot: two parts of a page never contradict each other. None has its owner's rights.

-- When the last read of a connection began; pushes ask for another only some time after it.
alter table calendar_connections add column read_began_at timestamptz;

-- Changes with everything that the frame of a person's pages shows of them, in the same transaction, to a value that never was before: who
-- holds rows that were read with the present value holds the present rows. docs/adr/0016.
alter table users add column page_version uuid not null default '00000000-0000-0000-0000-000000000000';

create function kairos_renew_own_page() returns trigger
language plpgsql
as $$
begin
    new.page_version := gen_random_uuid();
    return new;
end
$$;
create trigger users_renew_page before insert or update on users for each row execute function kairos_renew_own_page();

create function kairos_renew_page() returns trigger
language plpgsql
as $$
begin
    if kairos_user() is not null then
        -- The server's role writes rows of nobody but the person it acts for.
        update users set page_version = page_version where id = kairos_user();
    elsif pg_trigger_depth() = 1 then
        -- The owner may have changed anybody's. What goes along with a parent was told of with the parent.
        update users set page_version = page_version;
    end if;
    return null;
end
$$;
create trigger working_exceptions_renew_page after insert or update or delete on working_exceptions
    for each statement execute function kairos_renew_page();
create trigger data_keys_renew_page after insert or update or delete on data_keys
    for each statement execute function kairos_renew_page();
-- Not what only the sync itself looks at: its lease, its tokens, and what was asked of it.
create trigger calendar_connections_renew_page
    after insert or delete or update of provider, status, account_sealed, server_url_sealed, health_reason, health_since, attempts,
                                       next_attempt_at, last_sync_at, created_at on calendar_connections
    for each statement execute function kairos_renew_page();
create trigger calendars_renew_page
    after insert or delete or update of connection_id, name_sealed, is_primary, can_read_details, selected, generation, health_reason,
                                       next_attempt_at, last_sync_at, window_starts_at, window_ends_at, unreadable, created_at on calendars
    for each statement execute function kairos_renew_page();
create trigger calendar_events_renew_page after insert or update or delete on calendar_events
    for each statement execute function kairos_renew_page();
-- Only the last sync of a connection is on the frame, and the purge keeps it.
create trigger calendar_sync_logs_renew_page after insert or update on calendar_sync_logs
    for each statement execute function kairos_renew_page();

-- Finds who is asking, by the keyed hash of a session's id or, for work of the server itself, by the person's id. A session lives 24 hours
-- from its beginning and 2 hours from its last use, which is remembered at most once a minute, and only while the password it began with
-- holds.
create function kairos_enter(of_session bytea, of_person uuid, at timestamptz, out has_entered boolean, out data jsonb, out user_id uuid,
                             out roles text[], out page_version uuid)
language plpgsql
as $$
declare
    ignored text;
    present_number integer;
    seen_at timestamptz;
begin
    has_entered := false;
    user_id := of_person;
    if of_session is not null then
        ignored := set_config('kairos.lookup', encode(of_session, 'hex'), true);
        select s.data, s.user_id, s.last_seen_at into data, user_id, seen_at
        from sessions s
        where s.id_hash = of_session and s.created_at > at - interval '24 hours' and s.last_seen_at > at - interval '2 hours';
        if not found then
            return;
        end if;
    end if;
    if user_id is not null then
        ignored := set_config('kairos.user_id', user_id::text, true);
        select u.roles, u.page_version, u.password_number into roles, page_version, present_number from users u where u.id = user_id;
        -- Sessions of before passwords were numbered say nothing, and were begun with the first.
        if of_session is not null and present_number is distinct from coalesce((data->>'password_number')::integer, 0) then
            ignored := set_config('kairos.user_id', '', true);
            user_id := null;
            roles := null;
            return;
        end if;
    end if;
    if seen_at < at - interval '1 minute' then
        -- That a session was used a moment ago is not worth waiting for the disk.
        ignored := set_config('synchronous_commit', 'off', true);
        update sessions s set last_seen_at = at where s.id_hash = of_session and s.last_seen_at < at - interval '1 minute';
    end if;
    has_entered := true;
end
$$;

-- Whether there is a part of a page to read: not for nobody. Each is asked for on behalf of the person who entered; anybody else is a mistake in
-- a query, and it fails instead of showing nothing.
create function kairos_has_entered_as(owner uuid) returns boolean
language plpgsql stable
as $$
begin
    if owner is distinct from kairos_user() and owner is not null then
        raise exception 'rows of % were asked for on behalf of %', owner, kairos_user() using errcode = 'insufficient_privilege';
    end if;
    return owner is not null;
end
$$;

-- Parts of several rows are JSON, because one value costs nothing where it is not asked
-- for and sixty columns do; `domain::calendar::availability::store` says what is in each.

-- Events between two instants, in no order, also those of a generation that does not count (yet). One that began more than two days before is
-- found by an index of long events. Years have four digits in JSON, as in RFC 3339; an event may end after them.
create function kairos_calendar_events(owner uuid, from_at timestamptz, to_at timestamptz) returns json
language plpgsql stable
as $$
begin
    if not kairos_has_entered_as(owner) then
        return null;
    end if;
    return (
        select json_agg(x) from (
            select e.id, e.calendar_id, e.generation, e.event_key, e.ical_uid_hash,
                   greatest(e.starts_at, '0001-01-02T00:00:00Z') as starts_at, least(e.ends_at, '9999-12-30T00:00:00Z') as ends_at,
                   -- Of nothing and a date both return the date.
                   case when e.all_day then greatest(e.start_date, '0001-01-02') end as start_date,
                   case when e.all_day then least(e.end_date, '9999-12-30') end as end_date,
                   e.busy, e.status, e.title_sealed
            from (
                select * from calendar_events e
                where e.user_id = owner and e.starts_at >= from_at - interval '2 days' and e.starts_at < to_at
                    and (e.ends_at > from_at or e.starts_at >= from_at)
                union all
                select * from calendar_events e
                where e.user_id = owner and e.starts_at < from_at - interval '2 days' and e.ends_at > from_at
                    and e.ends_at - e.starts_at > interval '2 days') e) x);
end
$$;

-- The frame of a person's pages, and what their days are made of: who they are, the wrapped key to what is sealed, their connections (oldest
-- first, without what a provider is asked with), calendars (each connection's main one first), last syncs (newest first) and events between
-- two instants, in no order. With the version of it all.
create function kairos_calendar_page(owner uuid, from_at timestamptz, to_at timestamptz, runs integer) returns json
language plpgsql stable
as $$
begin
    if not kairos_has_entered_as(owner) then
        return null;
    end if;
    return (
        select json_build_object(
            'version', u.page_version,
            'person', json_build_object(
                'name_sealed', u.name_sealed, 'email_sealed', u.email_sealed, 'is_verified', u.email_verified_at is not null,
                'time_zone', u.time_zone, 'work_week', u.work_week::text,
                'exceptions', (
                    select json_agg(x) from (
                        select w.on_date, w.hours::text from working_exceptions w where w.user_id = owner order by w.on_date) x)),
            'data_key', (select row_to_json(x) from (select k.id, k.master_key_id, k.wrapped from data_keys k where k.user_id = owner) x),
            'connections', (
                select json_agg(x) from (
                    select n.id, n.provider, n.status, n.account_sealed, n.server_url_sealed, n.health_reason, n.health_since, n.attempts,
                           n.next_attempt_at, n.last_sync_at, n.created_at
                    from calendar_connections n where n.user_id = owner order by n.created_at, n.id) x),
            'calendars', (
                select json_agg(x) from (
                    select c.id, c.connection_id, c.name_sealed, c.is_primary, c.can_read_details, c.selected, c.generation, c.health_reason,
                           c.next_attempt_at, c.last_sync_at, c.window_starts_at, c.window_ends_at, c.unreadable
                    from calendars c where c.user_id = owner order by c.is_primary desc, c.created_at, c.id) x),
            'sync_logs', (
                select json_agg(x) from (
                    select l.*
                    from calendar_connections n
                    cross join lateral (
                        select s.connection_id, s.kind, s.outcome, s.reason, s.started_at, s.seen_at, s.finished_at, s.calendars_total,
                               s.calendars_done, s.events_read, s.events_removed, s.unreadable
                        from calendar_sync_logs s where s.connection_id = n.id order by s.started_at desc, s.id desc limit runs) l
                    where n.user_id = owner order by l.started_at desc) x),
            'events', kairos_calendar_events(owner, from_at, to_at))
        from users u where u.id = owner);
end
$$;

-- One connection more closely: how it was since a moment, oldest first, begun by the change that held then; and its push channels, oldest
-- first.
create function kairos_calendar_connection(owner uuid, of_connection uuid, since timestamptz) returns json
language plpgsql stable
as $$
begin
    if not kairos_has_entered_as(owner) then
        return null;
    end if;
    return (
        select json_build_object(
            'health', (
                select json_agg(x) from (
                    select h.changed_at, h.status, h.reason from calendar_health h
                    where h.user_id = owner and h.connection_id = of_connection and h.changed_at >= coalesce((
                        select max(b.changed_at) from calendar_health b where b.connection_id = of_connection and b.changed_at <= since), since)
                    order by h.changed_at, h.id) x),
            'channels', (
                select json_agg(x) from (
                    select c.id, c.calendar_id, c.status, c.external_id, c.resource_id, c.created_at, c.due_at, c.expires_at, c.confirmed_at,
                           c.last_message_at, c.missed_at
                    from calendar_channels c where c.user_id = owner and c.connection_id = of_connection order by c.created_at, c.id) x)));
end
$$;

-- The sealed part of the feed's address, if the person made one.
create function kairos_calendar_feed(owner uuid) returns bytea
language plpgsql stable
as $$
begin
    if not kairos_has_entered_as(owner) then
        return null;
    end if;
    return (select f.token_sealed from calendar_feeds f where f.user_id = owner);
end
$$;
