-- The rows of before keep to it already.
set local lock_timeout = '5s';
alter table calendly_event_types validate constraint calendly_event_types_refusal_check;
