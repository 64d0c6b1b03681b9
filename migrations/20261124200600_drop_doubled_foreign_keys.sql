-- Every table at once and in the order in which pages read them, so that none waits for a page that waits for it.
lock table users, calendars, calendar_events in access exclusive mode;
alter table calendar_events drop constraint calendar_events_calendar_id_fkey;
alter table calendar_events drop constraint calendar_events_user_id_fkey;
