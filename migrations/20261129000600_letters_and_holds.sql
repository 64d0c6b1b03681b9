-- Requests about privacy that came by mail, as an admin enters them: a number under which each is filed, and never what it says.
create table privacy_letters (
    id uuid primary key,
    user_id uuid references users on delete set null,
    kind text not null constraint privacy_letters_kind_check check (kind in ('access', 'erasure', 'correction', 'objection', 'other')),
    status text not null constraint privacy_letters_status_check check (status in ('checking', 'open', 'answered', 'refused')),
    reference text not null constraint privacy_letters_reference_check check (reference ~ '^[A-Za-z0-9_#/.-]{1,40}$'),
    received_at timestamptz not null,
    due_at timestamptz not null,
    checking_since timestamptz,
    ended_at timestamptz,
    entered_by uuid references users on delete set null,
    constraint privacy_letters_checking_check check ((checking_since is not null) = (status = 'checking')),
    constraint privacy_letters_ended_check check ((ended_at is not null) = (status in ('answered', 'refused')))
);
comment on column privacy_letters.due_at is 'by when the law wants it answered; the time of checking who it is from does not count';
create index privacy_letters_by_time on privacy_letters (received_at desc);
create index privacy_letters_by_user on privacy_letters (user_id);
create index privacy_letters_by_admin on privacy_letters (entered_by);
call kairos_protect('privacy_letters', 'select, insert, update');
create policy admins on privacy_letters to kairos_server using ((select kairos_administers())) with check ((select kairos_administers()));

-- What is kept of somebody that a court or an authority wants kept: their account, events and bookings are not purged or erased until it ends.
create table legal_holds (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    reference text not null constraint legal_holds_reference_check check (reference ~ '^[A-Za-z0-9_#/.-]{1,40}$'),
    set_at timestamptz not null,
    until timestamptz not null,
    lifted_at timestamptz,
    set_by uuid references users on delete set null
);
create unique index legal_holds_that_hold on legal_holds (user_id) where lifted_at is null;
create index legal_holds_by_user on legal_holds (user_id, set_at desc);
create index legal_holds_by_admin on legal_holds (set_by);
call kairos_protect('legal_holds', 'select, insert, update');
create policy own on legal_holds for select to kairos_server using (user_id = kairos_user());
create policy admins on legal_holds to kairos_server using ((select kairos_administers())) with check ((select kairos_administers()));

-- Whether what is kept of somebody must stay. By the clock of the database as well: whoever takes the server over ends none early.
create function kairos_is_held(person uuid, at timestamptz) returns boolean
language sql stable
as $$
    select exists (select from legal_holds h where h.user_id = person and h.lifted_at is null and h.until > least(at, now()));
$$;

create or replace function kairos_due_bookings(at timestamptz) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
as $$
    select b.id from bookings b
    where b.ends_at < least(at, now()) - interval '365 days'
        and b.status in ('completed', 'no_show', 'expired', 'cancelled', 'refunded') and b.attention is null
        and not kairos_is_held(b.builder_id, at)
        and not exists (
            select from booking_clients c join users u on u.email_hash = c.email_hash where c.id = b.client_id and kairos_is_held(u.id, at))
    order by b.ends_at limit 1000;
$$;

create or replace function kairos_due_calendar_events(at timestamptz) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
as $$
    select e.id from users u
    cross join lateral (
        select id from calendar_events c
        where c.user_id = u.id and c.starts_at < least(at, now()) - interval '365 days' and c.ends_at < least(at, now()) - interval '365 days'
        limit 1000) e
    where not kairos_is_held(u.id, at)
    limit 5000;
$$;

-- Three years after they were answered, as those that were made here.
create function kairos_purge_privacy_letters(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (delete from privacy_letters where ended_at < least(at, now()) - interval '1096 days' returning 1) select count(*) from gone;
$$;
revoke all on function kairos_purge_privacy_letters(timestamptz) from public;

create or replace function kairos_purge_expired_rows(at timestamptz) returns table (name text, removed bigint)
language sql security definer set search_path = public, pg_temp
as $$
    values ('sessions', kairos_purge_sessions(at)),
           ('oauth_attempts', kairos_purge_oauth_attempts(at)),
           ('user_tokens', kairos_purge_user_tokens(at)),
           ('calendar_sync_logs', kairos_purge_calendar_sync_logs(at)),
           ('calendar_health', kairos_purge_calendar_health(at)),
           ('calendar_channels', kairos_purge_calendar_channels(at)),
           ('calendar_events', kairos_purge_due('calendar_events', at)),
           ('rate_limits', kairos_purge_limits(at)),
           ('api_keys', kairos_purge_api_keys(at)),
           ('security_events', kairos_purge_security_events(at)),
           ('users', kairos_purge_unverified_users(at)),
           ('bookings', kairos_purge_due('bookings', at)),
           ('booking_clients', kairos_purge_due('booking_clients', at)),
           ('refunds', kairos_purge_due('refunds', at)),
           ('payments', kairos_purge_due('payments', at)),
           ('webhook_deliveries', kairos_purge_webhook_deliveries(at)),
           ('privacy_requests', kairos_purge_due('privacy_requests', at)),
           ('privacy_letters', kairos_purge_privacy_letters(at)),
           ('privacy_archives', kairos_purge_privacy_archives(at)),
           ('installation_checks', kairos_purge_installation_checks(at)),
           ('job_queues', kairos_purge_job_queues()),
           ('audit_events', kairos_purge_audit_subjects(at)),
           ('audit_checkpoints', kairos_purge_audit_checkpoints(at));
$$;

-- As before, but not while a legal hold stands, and by the function that forgets anew. `false`: it is not to be done, or an entry about them waits for its seal.
create or replace function kairos_erase_user(of_request uuid, certified text, at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    person uuid;
begin
    select r.user_id into person from privacy_requests r
    where r.id = of_request and r.kind = 'erasure' and r.status = 'running' and r.user_id = kairos_user() and r.runs_at <= at
    for update;
    if person is null or kairos_is_held(person, at) or exists (select from audit_events where place is null and subject_user_id = person) then
        return false;
    end if;
    update privacy_requests set status = 'done', ended_at = at, certificate = certified where id = of_request;
    perform kairos_forget(person);
    return true;
end
$$;

-- How many requests about privacy are past the time that the law gives, by whichever way they came. A number, and nobody's row. What a legal hold keeps is
-- not late.
create function kairos_overdue_requests(at timestamptz) returns bigint
language sql stable security definer set search_path = public, pg_temp
as $$
    select (select count(*) from privacy_requests r where r.ended_at is null and r.due_at <= at and not kairos_is_held(r.user_id, at))
         + (select count(*) from privacy_letters l where l.status = 'open' and l.due_at <= at);
$$;

revoke all on function kairos_overdue_requests(timestamptz) from public;
grant execute on function kairos_overdue_requests(timestamptz) to kairos_server;

-- Who has this address or this number, for an admin who enters what came by mail.
create function kairos_find_person(of_hash bytea, of_id uuid) returns uuid
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    if not kairos_administers() then
        raise exception 'only an admin looks for somebody' using errcode = 'insufficient_privilege';
    end if;
    return (select u.id from users u where u.email_hash = of_hash or u.id = of_id);
end
$$;
revoke all on function kairos_find_person(bytea, uuid) from public;
grant execute on function kairos_find_person(bytea, uuid) to kairos_server;

create or replace function kairos_admin_privacy(at timestamptz) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'requests', (
            select coalesce(json_agg(x), '[]') from (
                select r.id, r.user_id, r.kind, r.status, r.asked_at, r.due_at, r.runs_at, r.ended_at from privacy_requests r
                order by r.status in ('grace', 'running') desc, r.asked_at desc, r.id limit 100) x),
        'letters', (
            select coalesce(json_agg(x), '[]') from (
                select l.id, l.user_id, l.kind, l.status, l.reference, l.received_at, l.due_at, l.checking_since, l.ended_at from privacy_letters l
                order by l.status in ('checking', 'open') desc, l.received_at desc, l.id limit 100) x),
        'holds', (
            select coalesce(json_agg(x), '[]') from (
                select h.id, h.user_id, h.reference, h.set_at, h.until from legal_holds h
                where h.lifted_at is null order by h.until, h.id limit 100) x),
        'due', (select coalesce(json_agg(x), '[]') from kairos_retention_preview(at) x));
end
$$;

-- As before, with what they allowed, whether what is kept of them must stay, and their archive.
create or replace function kairos_privacy(owner uuid) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'holdings', kairos_holdings(owner),
        'consents', (
            select coalesce(json_agg(x), '[]') from (
                select c.purpose, c.version, c.given_at, c.withdrawn_at from consents c
                where c.user_id = owner order by c.withdrawn_at is null desc, c.given_at desc limit 20) x),
        'held_until', (select h.until from legal_holds h where h.user_id = owner and h.lifted_at is null and h.until > now()),
        'archive', (
            select row_to_json(x) from (
                select a.id, a.asked_at, a.steps, a.done, a.ready_at, a.expires_at, a.bytes from privacy_archives a
                where a.user_id = owner order by a.asked_at desc limit 1) x),
        'request', (
            select row_to_json(x) from (
                select r.id, r.status, r.asked_at, r.runs_at, r.ended_at from privacy_requests r
                where r.user_id = owner order by r.asked_at desc limit 1) x));
end
$$;
