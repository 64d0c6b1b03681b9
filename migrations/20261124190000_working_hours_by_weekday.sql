-- Working hours are stretches of a person's own week, in minutes since its Monday began on their clocks, and days that differ from it.
alter table users add column work_week int4multirange not null
    default '{[540,1020),[1980,2460),[3420,3900),[4860,5340),[6300,6780)}';
comment on column users.work_week is 'minutes since Monday 00:00 on the person''s clocks';
alter table users add constraint users_work_week_check check (work_week <@ int4range(0, 10080)) not valid;

create function kairos_work_week(starts integer, ends integer, weekdays integer) returns int4multirange
language sql immutable
as $$
    select coalesce(range_agg(int4range(day * 1440 + starts, day * 1440 + ends)), '{}')
    from generate_series(0, 6) day where weekdays & (1 << day) <> 0
$$;

-- The release before writes one stretch and the days it is for. While it runs beside this one, what it writes counts.
create function kairos_follow_old_hours() returns trigger
language plpgsql
as $$
begin
    new.work_week := kairos_work_week(new.work_starts_minute, new.work_ends_minute, new.work_weekdays);
    return new;
end
$$;
create trigger users_follow_old_hours before update of work_starts_minute, work_ends_minute, work_weekdays on users
    for each row execute function kairos_follow_old_hours();

-- A holiday, a Saturday at work, a short day. No stretch: a day off.
create table working_exceptions (
    user_id uuid not null references users on delete cascade,
    on_date date not null,
    hours int4multirange not null check (hours <@ int4range(0, 1440)),
    primary key (user_id, on_date)
);
comment on column working_exceptions.hours is 'minutes since 00:00 on the person''s clocks';
call kairos_protect('working_exceptions', 'select, insert, update, delete');
create policy own on working_exceptions to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());
