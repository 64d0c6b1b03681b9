-- All that somebody booked with others, for a copy of what is kept of them: not cut where their page is. As on that page, this function says which rows
-- are theirs, by the address that they confirmed.
create function kairos_bought(person uuid) returns json
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    if person is distinct from kairos_user() then
        raise exception 'bookings of % were asked for on behalf of %', person, kairos_user() using errcode = 'insufficient_privilege';
    end if;
    return (
        select coalesce(json_agg(x), '[]') from (
            select b.id, b.status, b.starts_at, b.ends_at, b.title, b.price, b.currency, p.name as builder,
                   (select sum(r.amount) from refunds r where r.booking_id = b.id and r.status in ('requested', 'pending', 'succeeded')) as refunded
            from users u
            join booking_clients c on c.email_hash = u.email_hash
            join bookings b on b.client_id = c.id
            left join builder_pages p on p.user_id = b.builder_id
            where u.id = person and u.email_verified_at is not null
            order by b.starts_at desc, b.id) x);
end
$$;
revoke all on function kairos_bought(uuid) from public;
grant execute on function kairos_bought(uuid) to kairos_server;
