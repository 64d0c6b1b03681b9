-- What goes by the data map, by its age: what is past its time now, what will be within thirty days, and of when the oldest of each is. As the purge finds
-- it, of each at most the next thousand, of events five thousand.
drop function kairos_retention_preview(timestamptz);
create function kairos_retention_preview(at timestamptz) returns table (name text, due bigint, within_month bigint, oldest timestamptz)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    if not kairos_administers() then
        raise exception 'only an admin sees what is due' using errcode = 'insufficient_privilege';
    end if;
    return query values
        ('bookings', (select count(*) from kairos_due_bookings(at)),
            (select count(*) from (select from bookings b where b.ends_at < now() - interval '335 days'
                and b.status in ('completed', 'no_show', 'expired', 'cancelled', 'refunded') and b.attention is null limit 1000) x),
            (select min(b.ends_at) from bookings b)),
        ('booking_clients', (select count(*) from kairos_due_booking_clients(at)),
            (select count(*) from (select from booking_clients c where c.created_at < now() + interval '29 days'
                and not exists (select from bookings b where b.client_id = c.id) limit 1000) x),
            (select min(c.created_at) from booking_clients c)),
        ('payments', (select count(*) from kairos_due_payments(at)),
            (select count(*) from (select from payments p where p.created_at < now() - interval '2527 days' limit 1000) x),
            (select min(p.created_at) from payments p)),
        ('refunds', (select count(*) from kairos_due_refunds(at)),
            (select count(*) from (select from refunds r join payments p on p.id = r.payment_id
                where greatest(p.created_at, r.changed_at) < now() - interval '2527 days' limit 1000) x),
            (select min(r.changed_at) from refunds r)),
        ('calendar_events', (select count(*) from kairos_due_calendar_events(at)),
            (select count(*) from (select from users u cross join lateral (
                select from calendar_events c where c.user_id = u.id and c.starts_at < now() - interval '335 days'
                    and c.ends_at < now() - interval '335 days' limit 1000) e limit 5000) x),
            (select min(e.starts_at) from users u cross join lateral (
                select c.starts_at from calendar_events c where c.user_id = u.id order by c.starts_at limit 1) e)),
        ('privacy_requests', (select count(*) from kairos_due_privacy_requests(at)),
            (select count(*) from (select from privacy_requests r where r.ended_at < now() - interval '1066 days' limit 1000) x),
            (select min(r.ended_at) from privacy_requests r));
end
$$;
revoke all on function kairos_retention_preview(timestamptz) from public;
grant execute on function kairos_retention_preview(timestamptz) to kairos_server;
