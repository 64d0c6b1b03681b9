-- What providers of bookings and money told us, once each: verified over the bytes that came, and written down before it is answered. What is kept of a
-- body is masked: ids, amounts and states. The objects themselves are read back from the provider before anything is done.
create table webhook_deliveries (
    id uuid primary key,
    source text not null constraint webhook_deliveries_source_check check (source in ('stripe', 'calendly')),
    event_key text not null,
    kind text not null,
    object_id text,
    about text,
    payload jsonb not null,
    verdict text not null constraint webhook_deliveries_verdict_check check (verdict in ('accepted', 'unknown_kind', 'wrong_mode')),
    copies integer not null default 0,
    happened_at timestamptz not null,
    received_at timestamptz not null,
    effect text,
    failures integer not null default 0,
    handled_at timestamptz,
    constraint webhook_deliveries_event_key_key unique (source, event_key)
);
comment on column webhook_deliveries.about is 'the booking that the event names, if it names one';
comment on column webhook_deliveries.copies is 'how often it came again';
create index webhook_deliveries_by_age on webhook_deliveries (received_at);
call kairos_protect('webhook_deliveries', 'select');

-- Writes a delivery down. `false`: it was there already, and this one is counted as a copy.
create function kairos_take_delivery(of_id uuid, of_source text, key text, of_kind text, object text, named text, masked jsonb, of_verdict text,
                                     happened timestamptz, at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    insert into webhook_deliveries (id, source, event_key, kind, object_id, about, payload, verdict, happened_at, received_at, handled_at, effect)
    values (of_id, of_source, key, of_kind, object, named, masked, of_verdict, happened, at,
            case when of_verdict <> 'accepted' then at end, case when of_verdict <> 'accepted' then of_verdict end)
    on conflict (source, event_key) do nothing;
    if found then
        return true;
    end if;
    update webhook_deliveries set copies = copies + 1 where source = of_source and event_key = key;
    return false;
end
$$;
revoke all on function kairos_take_delivery(uuid, text, text, text, text, text, jsonb, text, timestamptz, timestamptz) from public;
grant execute on function kairos_take_delivery(uuid, text, text, text, text, text, jsonb, text, timestamptz, timestamptz) to kairos_server;

-- A delivery that waits to be acted on, and whose rows it is about: of the payment behind a Checkout session, a payment intent or a charge, or
-- of the booking that is named, or that Calendly knows by this event or invitee.
create function kairos_open_delivery(of_id uuid, keys bytea[], out source text, out kind text, out object_id text, out payload jsonb,
                                     out happened_at timestamptz, out builder_id uuid, out booking_id uuid)
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    named text;
begin
    select d.source, d.kind, d.object_id, d.payload, d.happened_at, d.about
    into source, kind, object_id, payload, happened_at, named
    from webhook_deliveries d where d.id = of_id and d.handled_at is null;
    if source is null then
        return;
    end if;
    if source = 'stripe' then
        select p.builder_id, p.booking_id into builder_id, booking_id from payments p
        where p.checkout_session_id = kairos_open_delivery.object_id
           or p.payment_intent_id in (payload->'data'->'object'->>'payment_intent', payload->'data'->'object'->>'id')
           or p.charge_id in (payload->'data'->'object'->>'charge', payload->'data'->'object'->>'id')
        limit 1;
    else
        select b.builder_id, b.id into builder_id, booking_id from bookings b
        where b.event_hash = any (keys) or b.invitee_hash = any (keys) limit 1;
    end if;
    if booking_id is null and named is not null then
        select b.builder_id, b.id into builder_id, booking_id from bookings b
        where b.id = case when named ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then named::uuid end;
    end if;
end
$$;
revoke all on function kairos_open_delivery(uuid, bytea[]) from public;
grant execute on function kairos_open_delivery(uuid, bytea[]) to kairos_server;

-- That a delivery was acted on, or that it was tried.
create function kairos_close_delivery(of_id uuid, what text, at timestamptz) returns void
language sql security definer set search_path = public, pg_temp
as $$
    update webhook_deliveries
    set effect = what, handled_at = at, failures = failures + case when at is null then 1 else 0 end
    where id = of_id;
$$;
revoke all on function kairos_close_delivery(uuid, text, timestamptz) from public;
grant execute on function kairos_close_delivery(uuid, text, timestamptz) to kairos_server;
