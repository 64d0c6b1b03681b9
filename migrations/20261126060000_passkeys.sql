-- Passkeys (WebAuthn): a public key, and by what its authenticator names it. Both are sealed under the person's key: a copy of the table says neither
-- who has passkeys with which authenticators nor whether two accounts share one.
create table passkeys (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    credential_hash bytea not null unique,
    credential_sealed bytea not null,
    name_sealed bytea not null,
    opens_alone boolean not null default true,
    created_at timestamptz not null,
    last_used_at timestamptz
);
comment on column passkeys.opens_alone is 'false: the password was set anew by mail since, and comes first; who had it before may have added this';
comment on column passkeys.credential_hash is 'a keyed hash of the credential id: a credential belongs to one account (WebAuthn Level 3, 7.1, step 27)';
create index passkeys_user_id on passkeys (user_id);
call kairos_protect('passkeys', 'select, insert, update, delete');
create policy own on passkeys to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());
