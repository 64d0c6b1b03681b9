-- A program may fetch everything that is kept of its person.
set local lock_timeout = '5s';
alter table api_keys drop constraint api_keys_scopes_check;
alter table api_keys add constraint api_keys_scopes_check
    check (cardinality(scopes) > 0
        and scopes <@ array['calendar:read', 'events:read', 'free_busy:read', 'bookings:read', 'me:export', 'audit:read']) not valid;
