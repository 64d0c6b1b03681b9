-- no-transaction
create unique index concurrently calendars_id_user on calendars (id, user_id);
