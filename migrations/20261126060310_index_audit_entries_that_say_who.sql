-- no-transaction
-- What the purge of who entries are about looks through: never what it has done already.
create index concurrently audit_events_say_who on audit_events (occurred_at) where salt is not null;
