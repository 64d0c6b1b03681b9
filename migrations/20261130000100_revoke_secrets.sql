-- A secret stands somewhere: given beforehand, in use, on its way out, gone, or revoked. Only what cannot be seen in the configuration is kept here.
set local lock_timeout = '5s';
alter table known_secrets add column activated_at timestamptz, add column revoked_at timestamptz;
update known_secrets set activated_at = first_seen_at;
comment on column known_secrets.activated_at is 'when it was first the one in use; null: so far only given beside another';
comment on column known_secrets.revoked_at is 'since when no server uses it, whatever its configuration says';

-- Everybody is signed out: what was begun under a session key that is revoked.
create function kairos_end_all_sessions() returns bigint
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    ended bigint;
begin
    if not kairos_administers() then
        raise exception 'only an admin signs everybody out' using errcode = 'insufficient_privilege';
    end if;
    delete from sessions;
    get diagnostics ended = row_count;
    return ended;
end
$$;

-- What would stand still without a secret: how many, and when the last of it was. Counts alone.
create function kairos_secret_uses() returns table (purpose text, uses bigint, last_used_at timestamptz)
language sql stable security definer set search_path = public, pg_temp
as $$
    select 'GOOGLE_CLIENT_SECRET', count(*), max(c.last_sync_at) from calendar_connections c where c.provider = 'google'
    union all select 'OUTLOOK_CLIENT_SECRET', count(*), max(c.last_sync_at) from calendar_connections c where c.provider = 'outlook'
    union all select 'CALENDLY_CLIENT_SECRET', count(*), max(a.read_at) from calendly_accounts a where a.refresh_token_sealed is not null
    union all select 'CALENDLY_WEBHOOK_SECRET', count(*), max(d.received_at) from webhook_deliveries d where d.source = 'calendly'
    union all select 'STRIPE_WEBHOOK_SECRET', count(*), max(d.received_at) from webhook_deliveries d where d.source = 'stripe'
    union all select 'STRIPE_SECRET_KEY', count(*) filter (where p.status = 'open'), max(p.created_at) from payments p
    union all select 'WEBHOOK_PATH_TOKEN', count(*), max(c.last_message_at) from calendar_channels c
    union all select 'SESSION_KEY', count(*), max(s.last_seen_at) from sessions s where s.user_id is not null
    union all select 'AUDIT_SIGNING_KEY', coalesce(max(t.size), 0), max(t.sealed_at) from audit_tree t;
$$;

-- App passwords of people, the oldest first: whose, since when, and when each was last used. Never one itself.
create function kairos_app_passwords() returns table (connection_id uuid, user_id uuid, given_at timestamptz, last_used_at timestamptz, in_all bigint)
language sql stable security definer set search_path = public, pg_temp
as $$
    select c.id, c.user_id, coalesce(c.consented_at, c.created_at), c.last_sync_at, count(*) over ()
    from calendar_connections c where c.password_sealed is not null
    order by 3, c.id limit 100;
$$;

revoke all on function kairos_end_all_sessions(), kairos_secret_uses(), kairos_app_passwords()
    from public;
grant execute on function kairos_end_all_sessions(), kairos_secret_uses(), kairos_app_passwords()
    to kairos_server;

-- As before, with what stands still without each, and app passwords one by one.
create or replace function kairos_admin_keys() returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'keys', (select coalesce(json_agg(x), '[]') from (select k.master_key_id, k.people from kairos_key_census() k order by 1) x),
        'secrets', (
            select coalesce(json_agg(x), '[]') from (
                select s.purpose, s.fingerprint, s.first_seen_at, s.last_seen_at, s.activated_at, s.revoked_at from known_secrets s
                order by s.purpose, s.first_seen_at desc limit 200) x),
        'uses', (select coalesce(json_agg(x), '[]') from kairos_secret_uses() x),
        'passwords', (select coalesce(json_agg(x), '[]') from kairos_app_passwords() x),
        'checks', kairos_last_checks());
end
$$;

-- As before; and a key that was revoked is not one that should be there.
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
    select id from (select id from used union select id from of_clients) x
    where id is not null and not exists (
        select from known_secrets s where s.purpose = 'CALENDAR_ENCRYPTION_KEY' and s.fingerprint = id and s.revoked_at is not null);
$$;

-- As before, with the age of the app password, if it has one.
create or replace function kairos_calendar_connection(owner uuid, of_connection uuid, since timestamptz) returns json
language plpgsql stable
as $$
begin
    if not kairos_has_entered_as(owner) then
        return null;
    end if;
    return (
        select json_build_object(
            'password_given_at', (
                select coalesce(n.consented_at, n.created_at) from calendar_connections n
                where n.user_id = owner and n.id = of_connection and n.password_sealed is not null),
            'health', (
                select json_agg(x) from (
                    select h.changed_at, h.status, h.reason from calendar_health h
                    where h.user_id = owner and h.connection_id = of_connection and h.changed_at >= coalesce((
                        select max(b.changed_at) from calendar_health b where b.connection_id = of_connection and b.changed_at <= since), since)
                    order by h.changed_at, h.id) x),
            'channels', (
                select json_agg(x) from (
                    select c.id, c.calendar_id, c.status, c.external_id, c.resource_id, c.created_at, c.due_at, c.expires_at, c.confirmed_at,
                           c.last_message_at, c.missed_at
                    from calendar_channels c where c.user_id = owner and c.connection_id = of_connection order by c.created_at, c.id) x)));
end
$$;
