-- no-transaction
-- Everything that it was for goes by `audit_events_of_rules`.
drop index concurrently if exists audit_events_watched;
