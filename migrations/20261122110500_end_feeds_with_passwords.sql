-- A new password ends every way in that the old one may have opened; the address of the feed is one.
create function end_feed_with_password() returns trigger
language plpgsql
as $$
begin
    delete from calendar_feeds where user_id = new.id;
    return null;
end
$$;
create trigger users_end_feed after update of password_hash on users
    for each row when (old.password_hash is distinct from new.password_hash) execute function end_feed_with_password();
