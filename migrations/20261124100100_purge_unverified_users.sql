-- Whoever signs up and never confirms the address is not kept: nobody has shown that the name and address are theirs.
create function kairos_purge_unverified_users(at timestamptz) returns bigint
language sql
security definer
set search_path = public, pg_temp
as $$
    with gone as (delete from users where email_verified_at is null and created_at < at - interval '7 days' returning 1)
    select count(*) from gone;
$$;
revoke all on function kairos_purge_unverified_users(timestamptz) from public;
grant execute on function kairos_purge_unverified_users(timestamptz) to kairos_server;
