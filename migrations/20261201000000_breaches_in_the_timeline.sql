-- What is said of a breach stands in the timeline of its incident, and is no measure that stops anything.
set local lock_timeout = '5s';
alter table incident_entries drop constraint incident_entries_kind_check;
alter table incident_entries add constraint incident_entries_kind_check check (
    kind in ('opened', 'status', 'action', 'undone', 'note', 'check', 'alert', 'alert_failed', 'breach')) not valid;
