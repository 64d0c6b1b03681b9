-- An account that an admin locked signs in nowhere, and neither sessions nor keys of it count.
set local lock_timeout = '5s';
alter table users add column locked_at timestamptz;
