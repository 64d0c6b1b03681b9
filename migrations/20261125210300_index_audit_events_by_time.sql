-- no-transaction
-- Entries come in the order of their time, which is all that a block range index needs, and it costs an append next to nothing.
create index concurrently audit_events_time on audit_events using brin (occurred_at) with (pages_per_range = 32, autosummarize = on);
