-- What differed between here, Stripe and Calendly: found by comparing, and mended, or not yet.
create table booking_drifts (
    id uuid primary key,
    booking_id uuid not null references bookings on delete cascade,
    builder_id uuid not null references users on delete cascade,
    what text not null constraint booking_drifts_what_check check (what in ('unknown', 'payment', 'booking', 'time', 'cancellation', 'refund')),
    found_at timestamptz not null,
    mended_at timestamptz,
    failure text constraint booking_drifts_failure_check check (failure in ('stripe', 'calendly')),
    constraint booking_drifts_mended_check check (mended_at is null or failure is null)
);
comment on column booking_drifts.failure is 'who does not answer, so that it is not mended yet';
-- One at a time of a booking waits to be mended.
create unique index booking_drifts_open on booking_drifts (booking_id) where mended_at is null;
create index booking_drifts_by_builder on booking_drifts (builder_id, found_at desc);
call kairos_protect('booking_drifts', 'select, insert, update, delete');
create policy own on booking_drifts to kairos_server using (builder_id = kairos_user()) with check (builder_id = kairos_user());

set local lock_timeout = '5s';
alter table calendly_accounts add column compared_at timestamptz;
comment on column calendly_accounts.compared_at is 'when everything ahead was last compared with what stands at Calendly';

-- What a builder sees of it: what waits, and what was mended in the last thirty days.
create function kairos_reconciliation(owner uuid, at timestamptz) returns json
language sql stable
as $$
    select json_build_object(
        'compared_at', (select a.compared_at from calendly_accounts a where a.user_id = owner),
        'ahead', (select count(*) from bookings b where b.builder_id = owner and b.status = 'confirmed' and b.starts_at > at),
        'drifts', (
            select json_agg(x) from (
                select d.booking_id, d.what, d.found_at, d.mended_at, d.failure, b.title, b.starts_at, b.ends_at, b.status
                from booking_drifts d join bookings b on b.id = d.booking_id
                where d.builder_id = owner and (d.mended_at is null or d.mended_at > at - interval '30 days')
                order by d.mended_at is null desc, d.found_at desc, d.id limit 100) x));
$$;

-- A builder's bookings: as before, and between two days of theirs; by when they begin, what is ahead the next one first and all else the latest.
-- Of those that follow another, it is named.
create or replace function kairos_bookings(owner uuid, filter jsonb, at timestamptz) returns json
language sql stable
as $$
    select json_build_object('bookings', (
        select json_agg(x) from (
            select b.id, b.status, b.attention, b.starts_at, b.ends_at, b.title, b.price, b.currency, b.client_id, c.master_key_id, c.wrapped,
                   b.client_sealed,
                   (select sum(r.amount) from refunds r where r.booking_id = b.id and r.status in ('requested', 'pending', 'succeeded')) as refunded
            from bookings b
            join booking_clients c on c.id = b.client_id
            cross join (select u.time_zone as zone from users u where u.id = owner) u
            left join bookings last on last.builder_id = owner and last.id = (filter->>'after')::uuid
            where b.builder_id = owner
                and case filter->>'which'
                        when 'next' then b.ends_at > at and b.status in ('paid', 'confirmed')
                        when 'past' then b.ends_at <= at and b.status in ('confirmed', 'completed', 'no_show')
                        when 'attention' then b.attention is not null
                        else true end
                and (filter->>'from' is null or b.starts_at >= (filter->>'from')::date::timestamp at time zone u.zone)
                and (filter->>'to' is null or b.starts_at < ((filter->>'to')::date + 1)::timestamp at time zone u.zone)
                and (last.id is null
                     or case when filter->>'which' = 'next' then (b.starts_at, b.id) > (last.starts_at, last.id)
                             else (b.starts_at, b.id) < (last.starts_at, last.id) end)
            order by case when filter->>'which' = 'next' then b.starts_at end, case when filter->>'which' = 'next' then b.id end,
                     b.starts_at desc, b.id desc
            limit 51) x));
$$;

-- As before, with what was reconciled.
create or replace function kairos_part(owner uuid, which text, arguments jsonb, at timestamptz) returns json
language plpgsql stable
as $$
begin
    if not kairos_has_entered_as(owner) then
        return null;
    end if;
    return case which
        when 'shop' then kairos_shop(owner, arguments->>'session', at)
        when 'offers' then kairos_offers(owner)
        when 'booking' then kairos_booking(owner, (arguments->>'booking')::uuid)
        when 'bookings' then kairos_bookings(owner, arguments, at)
        when 'reconciliation' then kairos_reconciliation(owner, at)
        when 'dashboard' then json_build_object(
            'next', kairos_bookings(owner, '{"which": "next"}', at), 'attention', kairos_bookings(owner, '{"which": "attention"}', at),
            'revenue', kairos_revenue(owner, (select u.time_zone from users u where u.id = owner), at), 'offers', kairos_offers(owner))
        when 'own_bookings' then kairos_own_bookings(owner, (arguments->>'booking')::uuid, at)
        end;
end
$$;
