-- Requests of one client that came to one replica while another one of theirs was counted are counted together. Replicas of before count one at a time.
--
-- Takes `number` of the `most` of a span, or as many as there are. `granted`: how many those were; `remaining`: how many are left then, or -1: there was
-- none to take. `taken` goes past `most` where more were asked for at once, and says no more than that nothing is left.
create function kairos_count(of_bucket bytea, at timestamptz, most integer, span interval, number integer,
                             out granted integer, out remaining integer, out resets_at timestamptz)
language plpgsql
security definer
set search_path = public, pg_temp
as $$
begin
    -- The end of a span is not touched while it lasts, so that counting changes nothing that is indexed.
    insert into rate_limits as l (bucket, full_at, taken) values (of_bucket, at + span, number)
    on conflict (bucket) do update set
        taken = case when l.full_at <= at then number else l.taken + number end,
        full_at = case when l.full_at <= at then at + span else l.full_at end
        where l.full_at <= at or l.taken < most
    returning number - greatest(l.taken - most, 0), greatest(most - l.taken, 0), l.full_at into granted, remaining, resets_at;
    if not found then
        granted := 0;
        remaining := -1;
        select l.full_at into resets_at from rate_limits l where l.bucket = of_bucket;
    end if;
end
$$;
revoke all on function kairos_count(bytea, timestamptz, integer, interval, integer) from public;
grant execute on function kairos_count(bytea, timestamptz, integer, interval, integer) to kairos_server;
