-- From where a session is used, as a keyed hash, and from where before. One that goes back and forth between two places within minutes is in two
-- hands.
set local lock_timeout = '5s';
alter table sessions add column place bytea, add column place_before bytea, add column place_changed_at timestamptz,
    add column returns smallint not null default 0;
