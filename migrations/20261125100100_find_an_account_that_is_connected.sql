-- Whether anybody has a connection to an account of a provider. Some providers end every grant of an account with one of them: nobody's is to
-- be ended that somebody else, or the same person by now, connected. It tells no more than that to whoever knows the account's keyed hash.
create function kairos_account_is_connected(of_provider text, of_account_hash bytea) returns boolean
language sql stable security definer set search_path = public, pg_temp
as $$
    select exists (select from calendar_connections c where c.provider = of_provider and c.account_hash = of_account_hash);
$$;
revoke all on function kairos_account_is_connected(text, bytea) from public;
grant execute on function kairos_account_is_connected(text, bytea) to kairos_server;
