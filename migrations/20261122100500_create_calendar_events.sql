-- Calendars, their events (what capacity and agenda need, no more) and the log of each sync.
create table calendars (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    connection_id uuid not null references calendar_connections on delete cascade,
    external_hash bytea not null,
    external_sealed bytea not null,
    name_sealed bytea not null,
    time_zone text not null,
    is_primary boolean not null default false,
    can_read_details boolean not null default true,
    selected boolean not null default false,
    sync_token text,
    generation bigint not null default 0,
    window_starts_at timestamptz,
    window_ends_at timestamptz,
    full_sync_at timestamptz,
    last_sync_at timestamptz,
    health_reason text constraint calendars_health_reason_check check (health_reason in ('calendar_gone', 'access_forbidden', 'unreadable_answer')),
    unreadable jsonb not null default '[]',
    created_at timestamptz not null,
    unique (connection_id, external_hash)
);
comment on column calendars.generation is 'events of this generation count; a full sync fills the next one and swaps when it is complete';
create index calendars_user on calendars (user_id);
call kairos_protect('calendars', 'select, insert, update, delete');
create policy own on calendars to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

create table calendar_events (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    calendar_id uuid not null references calendars on delete cascade,
    generation bigint not null,
    event_key bytea not null,
    ical_uid_hash bytea,
    original_starts_at timestamptz,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    all_day boolean not null,
    start_date date,
    end_date date,
    busy boolean not null,
    status text not null constraint calendar_events_status_check check (status in ('confirmed', 'tentative')),
    title_sealed bytea,
    unique (calendar_id, generation, event_key),
    check (ends_at >= starts_at),
    check (all_day = (start_date is not null) and all_day = (end_date is not null))
);
comment on column calendar_events.end_date is 'exclusive, as in RFC 5545';
create index calendar_events_user_time on calendar_events (user_id, starts_at, ends_at);
call kairos_protect('calendar_events', 'select, insert, update, delete');
create policy own on calendar_events to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

create table calendar_sync_logs (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    connection_id uuid not null references calendar_connections on delete cascade,
    kind text not null constraint calendar_sync_logs_kind_check check (kind in ('first', 'incremental', 'full')),
    outcome text not null constraint calendar_sync_logs_outcome_check check (outcome in ('running', 'succeeded', 'failed')),
    reason text,
    started_at timestamptz not null,
    seen_at timestamptz not null,
    finished_at timestamptz,
    calendars_total integer not null default 0,
    calendars_done integer not null default 0,
    events_read integer not null default 0,
    events_removed integer not null default 0,
    unreadable integer not null default 0,
    request_id uuid not null,
    check ((outcome = 'running') = (finished_at is null))
);
create index calendar_sync_logs_connection on calendar_sync_logs (connection_id, started_at desc);
call kairos_protect('calendar_sync_logs', 'select, insert, update, delete');
create policy own on calendar_sync_logs to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());
