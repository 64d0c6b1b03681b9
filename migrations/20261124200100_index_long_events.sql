-- no-transaction
create index concurrently calendar_events_long on calendar_events (user_id, ends_at) where ends_at - starts_at > interval '2 days';
