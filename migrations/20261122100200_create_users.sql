-- People, their data keys, their single-use links and their sessions.
create table users (
    id uuid primary key,
    email_hash bytea not null unique,
    email_sealed bytea not null,
    name_sealed bytea not null,
    password_hash text not null,
    roles text[] not null default '{user}'
        constraint users_roles_check check (roles <@ array['user', 'builder', 'admin'] and cardinality(roles) > 0),
    email_verified_at timestamptz,
    time_zone text not null default 'UTC',
    work_starts_minute smallint not null default 540 check (work_starts_minute between 0 and 1439),
    work_ends_minute smallint not null default 1020 check (work_ends_minute between 1 and 1440),
    work_weekdays smallint not null default 31 check (work_weekdays between 0 and 127),
    calendar_connected boolean not null default false,
    created_at timestamptz not null,
    check (work_ends_minute > work_starts_minute)
);
comment on column users.work_weekdays is 'bit 0 is Monday, bit 6 is Sunday';
call kairos_protect('users', 'select, insert, update');
create policy own on users to kairos_server
    using (id = kairos_user() or email_hash = kairos_lookup())
    with check (id = kairos_user());

create table data_keys (
    id uuid primary key,
    user_id uuid not null unique references users on delete cascade,
    master_key_id text not null,
    wrapped bytea not null,
    created_at timestamptz not null
);
call kairos_protect('data_keys', 'select, insert, update, delete');
create policy own on data_keys to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

create table user_tokens (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    purpose text not null constraint user_tokens_purpose_check check (purpose in ('verify_email', 'reset_password')),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index user_tokens_user on user_tokens (user_id, purpose);
call kairos_protect('user_tokens', 'select, insert, update, delete');
create policy own on user_tokens to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

create table sessions (
    id_hash bytea primary key,
    user_id uuid references users on delete cascade,
    data jsonb not null,
    created_at timestamptz not null,
    last_seen_at timestamptz not null
);
create index sessions_user on sessions (user_id);
create index sessions_last_seen on sessions (last_seen_at);
call kairos_protect('sessions', 'select, insert, update, delete');
create policy own on sessions to kairos_server
    using (id_hash = kairos_lookup() or user_id = kairos_user())
    with check (id_hash = kairos_lookup() or user_id = kairos_user());
