-- The rows of before keep to it already.
set local lock_timeout = '5s';
alter table api_keys validate constraint api_keys_scopes_check;
