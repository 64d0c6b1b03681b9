-- Push: what Google and Microsoft were asked to say when a calendar changes. A message is known by a keyed hash of the secret it carries,
-- so that a program without that key can neither read nor make one.
create table calendar_channels (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    connection_id uuid not null references calendar_connections on delete cascade,
    -- Null when the calendar is gone here and the channel is still to be closed there.
    calendar_id uuid references calendars on delete set null,
    status text not null constraint calendar_channels_status_check check (status in ('opening', 'open', 'closing')),
    secret_hash bytea not null unique,
    external_id text,
    resource_id text,
    created_at timestamptz not null,
    due_at timestamptz not null,
    expires_at timestamptz not null,
    confirmed_at timestamptz,
    last_message_at timestamptz,
    missed_at timestamptz,
    check (status <> 'open' or external_id is not null)
);
comment on column calendar_channels.external_id is 'the provider''s name of it; its own id at Google, the subscription''s at Microsoft';
comment on column calendar_channels.due_at is 'when it is to be renewed, closed again, or given up';
comment on column calendar_channels.missed_at is 'since when a change was found that it had not told of';
create index calendar_channels_connection on calendar_channels (connection_id);
create index calendar_channels_calendar on calendar_channels (calendar_id);
call kairos_protect('calendar_channels', 'select, insert, update, delete');
create policy own on calendar_channels to kairos_server
    using (user_id = kairos_user() or secret_hash = kairos_lookup())
    with check (user_id = kairos_user());

-- Not before this moment is a calendar's channel asked for again.
alter table calendars add column channel_retry_at timestamptz;
-- Somebody asked for a read that has not begun: whoever ends one then leaves the waiting job alone.
alter table calendar_connections add column asked_at timestamptz;

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
    -- Nothing comes through them any more, and nothing is left to close.
    delete from calendar_channels where expires_at < at - interval '1 day';
end
$$;
