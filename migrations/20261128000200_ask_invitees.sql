-- What an event type asks its invitee.
set local lock_timeout = '5s';
alter table calendly_event_types add column questions jsonb not null default '[]';
comment on column calendly_event_types.questions is 'as its public page at Calendly asks them';
