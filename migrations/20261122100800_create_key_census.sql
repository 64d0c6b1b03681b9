-- Which keys are in use, and by how many people: a count per fingerprint, no row of anybody. /readyz compares it with the keyring.
create function kairos_key_census() returns table (master_key_id text, people bigint)
language sql stable
security definer
set search_path = public, pg_temp
as $$ select k.master_key_id, count(*) from data_keys k group by k.master_key_id $$;
revoke all on function kairos_key_census() from public;
grant execute on function kairos_key_census() to kairos_server;
