-- The times that Calendly offers for an event type, as they were last read: what a public page shows. What is sold is asked for again.
create table calendly_times (
    event_type_id uuid primary key references calendly_event_types on delete cascade,
    user_id uuid not null,
    read_at timestamptz not null,
    until timestamptz not null,
    starts timestamptz[] not null
);
comment on column calendly_times.until is 'times after this were not asked for';
call kairos_protect('calendly_times', 'select, insert, update, delete');
create policy own on calendly_times to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());
