-- Accounts at an OpenID provider with which a person signs in: known by a keyed hash of issuer and subject, which stay the same when the address of
-- the account changes.
create table openid_identities (
    subject_hash bytea primary key,
    user_id uuid not null unique references users on delete cascade,
    email_sealed bytea not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    unlinked_at timestamptz
);
comment on column openid_identities.unlinked_at is 'it opens nothing any more, and is not linked again by its address alone';
comment on column openid_identities.email_sealed is 'what the account was called when it was linked: for its owner to read, never to find them by';
call kairos_protect('openid_identities', 'select, insert, update, delete');
create policy own on openid_identities to kairos_server
    using (user_id = kairos_user() or subject_hash = kairos_lookup())
    with check (user_id = kairos_user());
