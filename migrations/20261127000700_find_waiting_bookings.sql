-- Bookings for which something ought to have happened by now: held beyond their time, paid and not booked, or with money that is not back. Whoever
-- repairs them is a job for their builder.
create function kairos_waiting_bookings(before timestamptz) returns table (builder_id uuid, booking_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    select b.builder_id, b.id from bookings b
    where (b.status = 'held' and b.held_until < before)
       or (b.status = 'awaiting_payment' and b.changed_at < before)
       or (b.status in ('paid', 'refund_pending') and b.changed_at < before)
       or (b.status = 'confirmed' and b.ends_at < before)
       or exists (select from refunds r where r.booking_id = b.id and r.status in ('requested', 'pending') and r.changed_at < before)
    order by b.changed_at limit 500;
$$;
-- Builders who have something ahead that stands at Calendly too.
create function kairos_builders_with_bookings(at timestamptz) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
as $$
    select distinct b.builder_id from bookings b where b.status = 'confirmed' and b.starts_at > at;
$$;
revoke all on function kairos_builders_with_bookings(timestamptz) from public;
grant execute on function kairos_builders_with_bookings(timestamptz) to kairos_server;

-- Since when Stripe is to be asked what happened, because webhooks may not have said it: since the last thing that is known, with an hour for what
-- came out of order; nothing: there is no payment that anything could happen to.
create function kairos_stripe_gap(at timestamptz) returns timestamptz
language sql stable security definer set search_path = public, pg_temp
as $$
    select case when exists (select from payments p where p.created_at > at - interval '30 days') then
        greatest(at - interval '30 days', least(at - interval '1 hour', coalesce(
            (select max(d.happened_at) from webhook_deliveries d where d.source = 'stripe') - interval '1 hour',
            (select min(p.created_at) from payments p where p.created_at > at - interval '30 days')))) end;
$$;
revoke all on function kairos_stripe_gap(timestamptz) from public;
grant execute on function kairos_stripe_gap(timestamptz) to kairos_server;
revoke all on function kairos_waiting_bookings(timestamptz) from public;
grant execute on function kairos_waiting_bookings(timestamptz) to kairos_server;
