-- no-transaction
create index concurrently if not exists audit_events_of_upkeep on audit_events (occurred_at)
    where action in ('keys.scanned', 'privacy.overdue', 'secret.overdue');
