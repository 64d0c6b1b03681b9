-- The address under which a person's own calendar programs read what Kairos knows. At most one a person; found by a keyed hash of its
-- secret part, and kept sealed so that its owner can be shown it again.
create table calendar_feeds (
    user_id uuid primary key references users on delete cascade,
    token_hash bytea not null unique,
    token_sealed bytea not null,
    created_at timestamptz not null
);
call kairos_protect('calendar_feeds', 'select, insert, update, delete');
create policy own on calendar_feeds to kairos_server
    using (user_id = kairos_user() or token_hash = kairos_lookup())
    with check (user_id = kairos_user());
