-- An event type that asks its invitee something, or where it is to be, cannot be booked by a program that has no answer.
set local lock_timeout = '5s';
alter table calendly_event_types drop constraint calendly_event_types_refusal_check;
alter table calendly_event_types add constraint calendly_event_types_refusal_check
    check (refusal in ('paid', 'inactive', 'group', 'team', 'not_instant', 'asks')) not valid;
