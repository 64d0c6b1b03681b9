-- Which run reads a connection. A worker that was silent for a minute counts as dead and another takes over; should it come back, what it
-- still wants to write is refused, because the run it belongs to is not this one any more.
alter table calendar_connections add column reading uuid;
comment on column calendar_connections.reading is 'the calendar_sync_logs row of the run that may write';

-- Trouble of one calendar alone, with its own next attempt; the others are read meanwhile.
alter table calendars add column attempts integer not null default 0;
alter table calendars add column next_attempt_at timestamptz;
alter table calendars drop constraint calendars_health_reason_check;
alter table calendars add constraint calendars_health_reason_check
    check (health_reason in ('calendar_gone', 'access_forbidden', 'unreadable_answer', 'provider_down')) not valid;
