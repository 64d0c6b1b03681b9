-- How often something may be done, shared by all replicas: one row per bucket, which says when it will be full again (the generic cell
-- rate algorithm). A bucket is a keyed hash; the table says neither what it limits nor for whom.
create table rate_limits (
    bucket bytea primary key,
    full_at timestamptz not null
);
create index rate_limits_full_at on rate_limits (full_at);
call kairos_protect('rate_limits', 'select');

-- Takes one from the bucket, which refills by one each `step` up to as many as fit into `span`. Null: taken. Otherwise how long to wait; nothing
-- was taken then.
create function kairos_take(of_bucket bytea, at timestamptz, step interval, span interval) returns interval
language plpgsql
security definer
set search_path = public, pg_temp
as $$
declare
    taken timestamptz;
    remaining interval;
begin
    insert into rate_limits as l (bucket, full_at) values (of_bucket, at + step)
    on conflict (bucket) do update set full_at = greatest(l.full_at, at) + step
        where greatest(l.full_at, at) + step - at <= span
    returning l.full_at into taken;
    if taken is not null then
        return null;
    end if;
    select l.full_at + step - span - at into remaining from rate_limits l where l.bucket = of_bucket;
    return greatest(remaining, interval '1 second');
end
$$;
revoke all on function kairos_take(bytea, timestamptz, interval, interval) from public;
grant execute on function kairos_take(bytea, timestamptz, interval, interval) to kairos_server;

create function kairos_purge_limits(at timestamptz) returns bigint
language sql
security definer
set search_path = public, pg_temp
as $$
    with gone as (delete from rate_limits where full_at < at returning 1) select count(*) from gone;
$$;
revoke all on function kairos_purge_limits(timestamptz) from public;
grant execute on function kairos_purge_limits(timestamptz) to kairos_server;
