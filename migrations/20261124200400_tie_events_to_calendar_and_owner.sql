-- In the order in which pages read them, so that none waits for a page that waits for it.
lock table calendars, calendar_events in share row exclusive mode;
-- One foreign key for two: an event is of a calendar of the same person, which is checked once a row and not twice.
alter table calendar_events add constraint calendar_events_calendar_user_fkey
    foreign key (calendar_id, user_id) references calendars (id, user_id) on delete cascade not valid;
