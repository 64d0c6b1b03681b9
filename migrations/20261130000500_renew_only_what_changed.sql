-- What the owner of the tables does renews the pages of those whose rows it changed, and of nobody else: a part of a rotation of keys, or of a purge of
-- events, wrote to every person there is.
set local lock_timeout = '5s';

create function kairos_renew_changed_pages() returns trigger
language plpgsql
as $$
begin
    if kairos_user() is not null then
        -- The server's role writes rows of nobody but the person it acts for.
        update users set page_version = page_version where id = kairos_user();
    elsif pg_trigger_depth() = 1 then
        -- What goes along with a parent was told of with the parent.
        update users set page_version = page_version where id in (select c.user_id from changed c);
    end if;
    return null;
end
$$;

-- Rows that changed are named by triggers of one event only.
drop trigger data_keys_renew_page on data_keys;
create trigger data_keys_renew_page after insert on data_keys
    referencing new table as changed for each statement execute function kairos_renew_changed_pages();
create trigger data_keys_renew_page_when_wrapped_anew after update on data_keys
    referencing new table as changed for each statement execute function kairos_renew_changed_pages();
create trigger data_keys_renew_page_when_destroyed after delete on data_keys
    referencing old table as changed for each statement execute function kairos_renew_changed_pages();

-- A first sync inserts thousands, for one person: nothing is gathered for that.
drop trigger calendar_events_renew_page on calendar_events;
create trigger calendar_events_renew_page after insert or update on calendar_events
    for each statement execute function kairos_renew_page();
create trigger calendar_events_renew_page_when_removed after delete on calendar_events
    referencing old table as changed for each statement execute function kairos_renew_changed_pages();
