-- Limits are counted within spans: so many in a span, which begins with the first that is counted. That is what a reply can say of a limit: how
-- many are left, and when the span ends. `full_at` keeps its name and is that end. The function of before, which refilled evenly, stays for
-- replicas of before.
set local lock_timeout = '5s';
alter table rate_limits add column taken integer not null default 0;
comment on column rate_limits.taken is 'how many were taken in the span that ends at full_at';

-- Takes one of the `most` of a span. `remaining`: how many are left then, or -1: there was none, and nothing was taken.
create function kairos_count(of_bucket bytea, at timestamptz, most integer, span interval, out remaining integer, out resets_at timestamptz)
language plpgsql
security definer
set search_path = public, pg_temp
as $$
begin
    -- The end of a span is not touched while it lasts, so that counting changes nothing that is indexed.
    insert into rate_limits as l (bucket, full_at, taken) values (of_bucket, at + span, 1)
    on conflict (bucket) do update set
        taken = case when l.full_at <= at then 1 else l.taken + 1 end,
        full_at = case when l.full_at <= at then at + span else l.full_at end
        where l.full_at <= at or l.taken < most
    returning most - l.taken, l.full_at into remaining, resets_at;
    if not found then
        remaining := -1;
        select l.full_at into resets_at from rate_limits l where l.bucket = of_bucket;
    end if;
end
$$;
revoke all on function kairos_count(bytea, timestamptz, integer, interval) from public;
grant execute on function kairos_count(bytea, timestamptz, integer, interval) to kairos_server;
