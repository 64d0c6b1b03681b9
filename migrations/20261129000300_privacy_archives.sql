-- Copies of what is kept of somebody, made by a job and fetched once: how far each is, and its parts, sealed under its person's key.
create table privacy_archives (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    asked_at timestamptz not null,
    steps integer not null default 0,
    done integer not null default 0,
    bytes bigint not null default 0,
    ready_at timestamptz,
    expires_at timestamptz,
    constraint privacy_archives_ready_check check ((ready_at is null) = (expires_at is null))
);
create unique index privacy_archives_under_way on privacy_archives (user_id) where ready_at is null;
create index privacy_archives_by_user on privacy_archives (user_id, asked_at desc);
call kairos_protect('privacy_archives', 'select, insert, update, delete');
create policy own on privacy_archives to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

create table privacy_archive_parts (
    id uuid primary key,
    archive_id uuid not null references privacy_archives on delete cascade,
    user_id uuid not null references users on delete cascade,
    number integer not null,
    part_sealed bytea not null,
    unique (archive_id, number)
);
create index privacy_archive_parts_by_user on privacy_archive_parts (user_id, id);
call kairos_protect('privacy_archive_parts', 'select, insert, delete');
create policy own on privacy_archive_parts to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

-- Those that nobody fetched, and those that never became ready.
create function kairos_purge_privacy_archives(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (
        delete from privacy_archives where expires_at <= at or (ready_at is null and asked_at < at - interval '7 days') returning 1)
    select count(*) from gone;
$$;
revoke all on function kairos_purge_privacy_archives(timestamptz) from public;
