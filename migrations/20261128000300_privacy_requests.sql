-- What somebody asked about what is kept of them. A request outlives its person: then it says nothing of them but when they asked and what became of it.
create table privacy_requests (
    id uuid primary key,
    user_id uuid references users on delete set null,
    kind text not null constraint privacy_requests_kind_check check (kind in ('erasure')),
    status text not null constraint privacy_requests_status_check check (status in ('grace', 'running', 'done', 'cancelled')),
    token_hash bytea not null unique,
    asked_at timestamptz not null,
    due_at timestamptz not null,
    runs_at timestamptz not null,
    ended_at timestamptz,
    holdings jsonb,
    certificate text,
    constraint privacy_requests_person_check check (user_id is not null or status in ('done', 'cancelled')),
    constraint privacy_requests_done_check check ((status = 'done') = (certificate is not null)),
    constraint privacy_requests_ended_check check ((ended_at is not null) = (status in ('done', 'cancelled')))
);
comment on column privacy_requests.due_at is 'by when the law wants it answered';
comment on column privacy_requests.runs_at is 'until when it can be taken back';
comment on column privacy_requests.holdings is 'how much of what there was when it began, as counts';
create unique index privacy_requests_open on privacy_requests (user_id, kind) where status in ('grace', 'running');
create index privacy_requests_by_time on privacy_requests (asked_at desc);
call kairos_protect('privacy_requests', 'select, insert, update');
create policy own on privacy_requests to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());
create policy admins_read on privacy_requests for select to kairos_server using ((select kairos_administers()));

-- Whether a booking still waits for its day, for money, or for somebody.
create function kairos_is_unsettled(of_status text) returns boolean
language sql immutable
as $$
    select of_status in ('held', 'awaiting_payment', 'paid', 'confirmed', 'refund_pending', 'needs_attention');
$$;

-- How much there is of somebody, by what it is: what they see before they decide, and what the certificate says afterwards.
create function kairos_holdings(person uuid) returns json
language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare
    hash bytea;
begin
    if person is distinct from kairos_user() then
        raise exception 'holdings of % were asked for on behalf of %', person, kairos_user() using errcode = 'insufficient_privilege';
    end if;
    select u.email_hash into hash from users u where u.id = person and u.email_verified_at is not null;
    return json_build_object(
        'connections', (select count(*) from calendar_connections where user_id = person),
        'calendars', (select count(*) from calendars where user_id = person),
        'events', (select count(*) from calendar_events where user_id = person),
        'sessions', (select count(*) from sessions where user_id = person),
        'passkeys', (select count(*) from passkeys where user_id = person),
        'api_keys', (select count(*) from api_keys where user_id = person),
        'calendly', (select count(*) from calendly_accounts where user_id = person),
        'session_types', (select count(*) from session_types where builder_id = person),
        'sold', (select count(*) from bookings where builder_id = person),
        'sold_ahead', (select count(*) from bookings where builder_id = person and kairos_is_unsettled(status)),
        'bought', (select count(*) from bookings b join booking_clients c on c.id = b.client_id where c.email_hash = hash),
        'bought_ahead', (select count(*) from bookings b join booking_clients c on c.id = b.client_id where c.email_hash = hash
                         and kairos_is_unsettled(b.status)),
        'payments', (select count(*) from payments p where p.builder_id = person)
                    + (select count(*) from payments p join bookings b on b.id = p.booking_id join booking_clients c on c.id = b.client_id
                       where c.email_hash = hash and b.builder_id <> person),
        'audit_entries', (select count(*) from audit_events where subject_user_id = person));
end
$$;
revoke all on function kairos_holdings(uuid) from public;
grant execute on function kairos_holdings(uuid) to kairos_server;

-- What somebody sees of their own requests.
create function kairos_privacy(owner uuid) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'holdings', kairos_holdings(owner),
        'request', (
            select row_to_json(x) from (
                select r.id, r.status, r.asked_at, r.runs_at, r.ended_at from privacy_requests r
                where r.user_id = owner order by r.asked_at desc limit 1) x));
end
$$;

-- A request by the link that was mailed when it was made; whoever has it may take the request back, signed in or not.
create function kairos_privacy_request_by(of_token bytea, out id uuid, out user_id uuid, out status text, out asked_at timestamptz, out runs_at timestamptz,
                                          out ended_at timestamptz, out certificate text)
language sql stable security definer set search_path = public, pg_temp
as $$
    select r.id, r.user_id, r.status, r.asked_at, r.runs_at, r.ended_at, r.certificate from privacy_requests r where r.token_hash = of_token;
$$;
revoke all on function kairos_privacy_request_by(bytea) from public;
grant execute on function kairos_privacy_request_by(bytea) to kairos_server;

-- What somebody bought that is not over, by the address that they confirmed: it is not their own rows that are read.
create function kairos_bought_ahead(person uuid) returns table (builder_id uuid, booking_id uuid)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    if person is distinct from kairos_user() then
        raise exception 'bookings of % were asked for on behalf of %', person, kairos_user() using errcode = 'insufficient_privilege';
    end if;
    return query
        select b.builder_id, b.id from bookings b
        join booking_clients c on c.id = b.client_id
        join users u on u.email_hash = c.email_hash
        where u.id = person and u.email_verified_at is not null
            and kairos_is_unsettled(b.status);
end
$$;
revoke all on function kairos_bought_ahead(uuid) from public;
grant execute on function kairos_bought_ahead(uuid) to kairos_server;

-- Forgets somebody: their rows, the keys under which they are known as a client elsewhere, who their entries of the audit log are about, and their
-- jobs. `false`: it is not to be done, or an entry about them waits for its seal. What they paid and were paid stays, and says nothing of them. An
-- entry that somebody else made about them keeps its number; nobody can tell any more whose it was.
create function kairos_erase_user(of_request uuid, certified text, at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    person uuid;
    hash bytea;
begin
    select r.user_id into person from privacy_requests r
    where r.id = of_request and r.kind = 'erasure' and r.status = 'running' and r.user_id = kairos_user() and r.runs_at <= at
    for update;
    if person is null or exists (select from audit_events where place is null and subject_user_id = person) then
        return false;
    end if;
    select u.email_hash into hash from users u where u.id = person and u.email_verified_at is not null;
    -- Without its key what was sealed under it is noise, here and in every copy that the key is not in.
    update bookings b set client_sealed = '', calendly_sealed = null
    from booking_clients c where c.id = b.client_id and c.email_hash = hash;
    update booking_clients set wrapped = '', master_key_id = '', email_hash = uuid_send(gen_random_uuid()) where email_hash = hash;
    update audit_events e
    set actor_id = null, subject_user_id = null, resource_id = null, address_pseudonym = null, salt = null,
        request_id = '00000000-0000-0000-0000-000000000000'
    where e.subject_user_id = person and (e.actor_id is null or e.actor_id = person) and e.salt is not null
        and not exists (select from incident_evidence i where i.audit_event_id = e.id);
    delete from graphile_worker._private_jobs j where j.payload->>'user' = person::text and j.locked_at is null;
    update privacy_requests set status = 'done', ended_at = at, certificate = certified where id = of_request;
    delete from users where id = person;
    return true;
end
$$;
revoke all on function kairos_erase_user(uuid, text, timestamptz) from public;
grant execute on function kairos_erase_user(uuid, text, timestamptz) to kairos_server;

-- As before, without the keys that were destroyed.
create or replace function kairos_keys_in_use() returns setof text
language sql stable security definer set search_path = public, pg_temp
as $$
    with recursive used (id) as (
        select min(k.master_key_id) from data_keys k
        union all
        select (select min(k.master_key_id) from data_keys k where k.master_key_id > used.id) from used where used.id is not null),
    of_clients (id) as (
        select min(c.master_key_id) from booking_clients c where c.master_key_id <> ''
        union all
        select (select min(c.master_key_id) from booking_clients c where c.master_key_id > of_clients.id)
        from of_clients where of_clients.id is not null)
    select id from used where id is not null
    union
    select id from of_clients where id is not null;
$$;

-- As before, with clients, who have keys too.
create or replace function kairos_key_census() returns table (master_key_id text, people bigint)
language sql stable security definer set search_path = public, pg_temp
as $$
    select k.master_key_id, count(*) from (
        select d.master_key_id from data_keys d
        union all
        select c.master_key_id from booking_clients c where c.master_key_id <> '') k
    group by k.master_key_id
$$;

-- As before, with what somebody asked about what is kept of them.
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
        when 'privacy' then kairos_privacy(owner)
        end;
end
$$;

-- Rows of somebody's own, of one table of the data map, a part at a time: those whose key follows `after`. It reads with the rights of whoever asks, so
-- that row-level security says whose they are once more.
create function kairos_own_rows(person uuid, of_table text, owner_column text, key_column text, after text, most integer) returns setof jsonb
language plpgsql stable
as $$
begin
    if person is distinct from kairos_user() then
        raise exception 'rows of % were asked for on behalf of %', person, kairos_user() using errcode = 'insufficient_privilege';
    end if;
    return query execute format(
        'select to_jsonb(t) from %I t where t.%I = $1 and ($2::text is null or t.%I > $2::uuid) order by t.%I limit $3',
        of_table, owner_column, key_column, key_column)
        using person, after, most;
end
$$;
