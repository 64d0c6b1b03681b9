-- Keys of the installation itself (for keyed hashes and for links in mail), wrapped by SESSION_KEY: they must outlive its rotation.
create table installation_keys (
    purpose text primary key check (purpose in ('lookup', 'link', 'session')),
    wrapping_key_id text not null,
    wrapped bytea not null,
    created_at timestamptz not null
);
call kairos_protect('installation_keys', 'select, insert');
-- Nobody's row in particular, and useless without SESSION_KEY.
create policy server_uses on installation_keys to kairos_server using (true) with check (true);
