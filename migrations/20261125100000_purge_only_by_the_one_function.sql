-- The server's role removes what is past its time by the one function that knows every table. The others take any moment, and one that is far
-- ahead is past everybody's time.
drop function kairos_purge_expired(timestamptz);
revoke execute on function kairos_purge_limits(timestamptz), kairos_purge_unverified_users(timestamptz) from kairos_server;
