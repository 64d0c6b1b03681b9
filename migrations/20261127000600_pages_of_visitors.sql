-- Somebody who is not signed in comes in by an address: that of a builder's page, or the link to one booking. From here to the end of the statement
-- or transaction it is the builder's rows that are read, and nobody else's; what of it is shown is up to the page.
create function kairos_enter_by(of_slug text, of_token bytea, out owner uuid, out booking_id uuid)
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    ignored text;
begin
    if of_slug is not null then
        select p.user_id into owner from builder_pages p join users u on u.id = p.user_id
        where p.slug = of_slug and 'builder' = any (u.roles) and u.locked_at is null and u.email_verified_at is not null;
    elsif of_token is not null then
        select b.builder_id, b.id into owner, booking_id from bookings b where b.token_hash = of_token;
    end if;
    ignored := set_config('kairos.user_id', coalesce(owner::text, ''), true);
end
$$;
revoke all on function kairos_enter_by(text, bytea) from public;
grant execute on function kairos_enter_by(text, bytea) to kairos_server;

-- What a builder says of themselves on their public page.
create function kairos_builder_page(owner uuid) returns json
language sql stable
as $$
    select row_to_json(x) from (select p.slug, p.name, p.about from builder_pages p where p.user_id = owner) x;
$$;

-- What a builder sells, those first that are open, the cheapest first; with the event type at Calendly that each stands on.
create function kairos_session_types(owner uuid, only_open boolean) returns json
language sql stable
as $$
    select json_agg(x) from (
        select s.id, s.slug, s.title, s.description, s.minutes, s.price, s.currency, s.tax, s.policy, s.policy_version, s.is_open,
               e.id as event_type, e.minutes as event_minutes, e.refusal
        from session_types s
        left join calendly_event_types e on e.user_id = s.builder_id and e.uri_hash = s.event_type_hash
        where s.builder_id = owner and (s.is_open or not only_open)
        order by s.is_open desc, s.price, s.title) x;
$$;

-- What everybody sees of a builder: their page and what is on it. Of one session type, if it is named, also the times that Calendly offers and
-- those that are taken here.
create function kairos_shop(owner uuid, of_session text, at timestamptz) returns json
language sql stable
as $$
    select json_build_object(
        'page', kairos_builder_page(owner),
        'sessions', kairos_session_types(owner, true),
        'account', (
            select row_to_json(x) from (select a.failed_since from calendly_accounts a where a.user_id = owner) x),
        'times', (
            select row_to_json(x) from (
                select t.read_at, t.until, t.starts
                from session_types s
                join calendly_event_types e on e.user_id = s.builder_id and e.uri_hash = s.event_type_hash
                join calendly_times t on t.event_type_id = e.id
                where s.builder_id = owner and s.slug = of_session) x),
        'taken', (
            select json_agg(x) from (
                select b.starts_at, b.ends_at from bookings b
                where b.builder_id = owner and b.ends_at > at
                    and b.status in ('held', 'awaiting_payment', 'paid', 'confirmed')) x));
$$;

-- One booking with everything that its page shows.
create function kairos_booking(owner uuid, of_booking uuid) returns json
language sql stable
as $$
    select json_build_object(
        'booking', (
            select row_to_json(x) from (
                select b.id, b.builder_id, b.session_type_id, b.client_id, b.status, b.attention, b.starts_at, b.ends_at, b.held_until, b.title,
                       b.price, b.currency, b.tax, b.policy, b.policy_version, b.client_zone, b.calendly_sealed, b.times_moved, b.created_at,
                       s.slug as session_slug
                from bookings b join session_types s on s.id = b.session_type_id
                where b.builder_id = owner and b.id = of_booking) x),
        'client', (
            select row_to_json(x) from (
                select c.id, c.master_key_id, c.wrapped, b.client_sealed
                from booking_clients c join bookings b on b.client_id = c.id where b.builder_id = owner and b.id = of_booking) x),
        'page', kairos_builder_page(owner),
        'changes', (
            select json_agg(x) from (
                select c.id, c.happened_at, c.what, c.cause, c.status, c.detail from booking_changes c
                where c.builder_id = owner and c.booking_id = of_booking order by c.number desc) x),
        'payments', (
            select json_agg(x) from (
                select p.id, p.attempt, p.status, p.amount, p.currency, p.expires_at, p.checkout_session_id, p.payment_intent_id, p.paid_amount,
                       p.tax_amount, p.card_brand, p.card_last4, p.risk_level, p.dispute_status, p.paid_at
                from payments p where p.builder_id = owner and p.booking_id = of_booking order by p.attempt desc) x),
        'refunds', (
            select json_agg(x) from (
                select r.id, r.payment_id, r.amount, r.currency, r.reason, r.status, r.failure, r.created_at, r.changed_at
                from refunds r where r.builder_id = owner and r.booking_id = of_booking order by r.created_at desc, r.id desc) x));
$$;

-- What a builder sees of what they sell.
create function kairos_offers(owner uuid) returns json
language sql stable
as $$
    select json_build_object(
        'page', kairos_builder_page(owner),
        'sessions', kairos_session_types(owner, false),
        'account', (
            select row_to_json(x) from (select a.failed_since from calendly_accounts a where a.user_id = owner) x),
        'event_types', (
            select json_agg(x) from (
                select e.id, e.offer_sealed, e.minutes, e.refusal from calendly_event_types e where e.user_id = owner order by e.id) x),
        'calendars', (select count(*) from calendars c where c.user_id = owner and c.selected));
$$;

-- A builder's bookings, the next first or the newest first, at most fifty-one. `filter`: `which` (next, past, attention, all), `before`: an id.
create function kairos_bookings(owner uuid, filter jsonb, at timestamptz) returns json
language sql stable
as $$
    select json_build_object('bookings', (
        select json_agg(x) from (
            select b.id, b.status, b.attention, b.starts_at, b.ends_at, b.title, b.price, b.currency, b.client_id, c.master_key_id, c.wrapped,
                   b.client_sealed,
                   (select sum(r.amount) from refunds r where r.booking_id = b.id and r.status in ('requested', 'pending', 'succeeded')) as refunded
            from bookings b
            join booking_clients c on c.id = b.client_id
            where b.builder_id = owner
                and case filter->>'which'
                        when 'next' then b.ends_at > at and b.status in ('paid', 'confirmed')
                        when 'past' then b.ends_at <= at and b.status in ('confirmed', 'completed', 'no_show')
                        when 'attention' then b.attention is not null
                        else true end
                and (filter->>'before' is null or b.id < (filter->>'before')::uuid)
            order by case when filter->>'which' = 'next' then b.starts_at end, b.id desc
            limit 51) x));
$$;

-- What came in and went back, by currency and month of the builder's zone, of the last six months.
create function kairos_revenue(owner uuid, zone text, at timestamptz) returns json
language sql stable
as $$
    with months as (
        select p.currency, date_trunc('month', p.paid_at at time zone zone)::date as month, sum(p.paid_amount) as paid, 0::bigint as returned
        from payments p
        where p.builder_id = owner and p.status = 'paid' and p.paid_at > at - interval '7 months'
        group by 1, 2
        union all
        select r.currency, date_trunc('month', r.changed_at at time zone zone)::date, 0, sum(r.amount)
        from refunds r
        where r.builder_id = owner and r.status in ('pending', 'succeeded') and r.changed_at > at - interval '7 months'
        group by 1, 2)
    select json_agg(x) from (
        select m.currency, m.month, sum(m.paid)::bigint as paid, sum(m.returned)::bigint as returned
        from months m group by 1, 2 order by 1, 2) x;
$$;

-- A part of a page that rooms above the calendar made: what `which` names, for the person who entered.
create function kairos_part(owner uuid, which text, arguments jsonb, at timestamptz) returns json
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
        when 'dashboard' then json_build_object(
            'next', kairos_bookings(owner, '{"which": "next"}', at), 'attention', kairos_bookings(owner, '{"which": "attention"}', at),
            'revenue', kairos_revenue(owner, (select u.time_zone from users u where u.id = owner), at), 'offers', kairos_offers(owner))
        when 'own_bookings' then kairos_own_bookings(owner, (arguments->>'booking')::uuid, at)
        end;
end
$$;

-- The bookings that somebody made as a client, by the address of theirs that they confirmed; of one, all that its page shows. It is not their own
-- rows that are read, so it is this function that says which.
create function kairos_own_bookings(person uuid, of_booking uuid, at timestamptz) returns json
language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare
    hash bytea;
begin
    if person is distinct from kairos_user() then
        raise exception 'bookings of % were asked for on behalf of %', person, kairos_user() using errcode = 'insufficient_privilege';
    end if;
    select u.email_hash into hash from users u where u.id = person and u.email_verified_at is not null;
    if of_booking is not null then
        return (
            select kairos_booking(b.builder_id, b.id) from bookings b join booking_clients c on c.id = b.client_id
            where b.id = of_booking and c.email_hash = hash);
    end if;
    return json_build_object('bookings', (
        select json_agg(x) from (
            select b.id, b.status, b.attention, b.starts_at, b.ends_at, b.title, b.price, b.currency, p.name as builder,
                   (select sum(r.amount) from refunds r where r.booking_id = b.id and r.status in ('requested', 'pending', 'succeeded')) as refunded
            from bookings b
            join booking_clients c on c.id = b.client_id
            left join builder_pages p on p.user_id = b.builder_id
            where c.email_hash = hash
            order by b.starts_at desc limit 100) x));
end
$$;
revoke all on function kairos_own_bookings(uuid, uuid, timestamptz) from public;
grant execute on function kairos_own_bookings(uuid, uuid, timestamptz) to kairos_server;

-- As before, with the keys of those who book.
create or replace function kairos_keys_in_use() returns setof text
language sql stable security definer set search_path = public, pg_temp
as $$
    with recursive used (id) as (
        select min(k.master_key_id) from data_keys k
        union all
        select (select min(k.master_key_id) from data_keys k where k.master_key_id > used.id) from used where used.id is not null),
    of_clients (id) as (
        select min(c.master_key_id) from booking_clients c
        union all
        select (select min(c.master_key_id) from booking_clients c where c.master_key_id > of_clients.id)
        from of_clients where of_clients.id is not null)
    select id from used where id is not null
    union
    select id from of_clients where id is not null;
$$;
