-- Which keys are in use, by going from one to the next in their index: /readyz asks it, and anybody may ask /readyz. No row of anybody.
create function kairos_keys_in_use() returns setof text
language sql stable security definer set search_path = public, pg_temp
as $$
    with recursive used (id) as (
        select min(k.master_key_id) from data_keys k
        union all
        select (select min(k.master_key_id) from data_keys k where k.master_key_id > used.id) from used where used.id is not null)
    select id from used where id is not null;
$$;
revoke all on function kairos_keys_in_use() from public;
grant execute on function kairos_keys_in_use() to kairos_server;
