-- no-transaction
create index concurrently audit_events_unsealed on audit_events (id) where place is null;
