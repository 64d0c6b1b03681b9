-- The rows of before keep to it already.
set local lock_timeout = '5s';
alter table incident_entries validate constraint incident_entries_kind_check;
