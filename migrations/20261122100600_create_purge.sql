-- What is past its time goes by itself. The server's role may not see other people's rows, so the owner's function removes
-- what has expired at the given time and says how much it was.
create function kairos_purge_expired(at timestamptz, out sessions_removed bigint, out attempts_removed bigint, out tokens_removed bigint, out sync_logs_removed bigint)
language plpgsql
security definer
set search_path = public, pg_temp
as $$
begin
    delete from sessions where last_seen_at < at - interval '2 hours' or created_at < at - interval '24 hours';
    get diagnostics sessions_removed = row_count;
    delete from oauth_attempts where expires_at < at - interval '1 day';
    get diagnostics attempts_removed = row_count;
    delete from user_tokens where expires_at < at - interval '1 day';
    get diagnostics tokens_removed = row_count;
    delete from calendar_sync_logs where started_at < at - interval '180 days';
    get diagnostics sync_logs_removed = row_count;
end
$$;
revoke all on function kairos_purge_expired(timestamptz) from public;
grant execute on function kairos_purge_expired(timestamptz) to kairos_server;
