-- From whom somebody bought, by the address that they confirmed: who has to be asked to forget them elsewhere. It is not their own rows that are read.
create function kairos_bought_from(person uuid) returns setof uuid
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    if person is distinct from kairos_user() then
        raise exception 'bookings of % were asked for on behalf of %', person, kairos_user() using errcode = 'insufficient_privilege';
    end if;
    return query
        select distinct c.builder_id from booking_clients c
        join users u on u.email_hash = c.email_hash
        join calendly_accounts a on a.user_id = c.builder_id
        where u.id = person and u.email_verified_at is not null and c.builder_id <> person;
end
$$;
revoke all on function kairos_bought_from(uuid) from public;
grant execute on function kairos_bought_from(uuid) to kairos_server;

-- Requests to be forgotten that are open, so that a start puts their jobs in: numbers and a time.
create function kairos_open_erasures() returns table (id uuid, user_id uuid, runs_at timestamptz)
language sql stable security definer set search_path = public, pg_temp
as $$
    select r.id, r.user_id, r.runs_at from privacy_requests r where r.kind = 'erasure' and r.status in ('grace', 'running');
$$;
revoke all on function kairos_open_erasures() from public;
grant execute on function kairos_open_erasures() to kairos_server;
