-- no-transaction
create unique index concurrently audit_events_place on audit_events (place);
