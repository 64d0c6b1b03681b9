-- What is suspicious, and what is done about it. docs/adr/0021.

-- Whether somebody is an admin, for policies: asked with its owner's rights, so that the policy of the table it asks does not ask it again.
create function kairos_is_admin(person uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp
as $$ select exists (select from users where id = person and 'admin' = any(roles) and locked_at is null) $$;
revoke all on function kairos_is_admin(uuid) from public;
grant execute on function kairos_is_admin(uuid) to kairos_server;
create or replace function kairos_administers() returns boolean
language sql stable
as $$ select coalesce(current_setting('kairos.administers', true), '') = 'on' and kairos_is_admin(kairos_user()) $$;

-- Set by the guard itself, in the transactions in which it looks at everybody's entries or keeps what it found.
create function kairos_guards() returns boolean
language sql stable parallel safe
as $$ select coalesce(current_setting('kairos.guards', true), '') = 'on' $$;
-- How often something suspicious happened that is no entry of the audit log, by the minute: a storm of ten thousand is one row.
create table security_events (
    minute timestamptz not null,
    kind text not null,
    address_pseudonym bytea not null,
    user_id uuid not null,
    happened bigint not null,
    primary key (minute, kind, address_pseudonym, user_id)
);
comment on column security_events.address_pseudonym is 'empty: not known, or one of too many';
comment on column security_events.user_id is 'all zeros: nobody who is known';
create index security_events_kind on security_events (kind, address_pseudonym);
call kairos_protect('security_events', 'select');
create policy guard_and_admins_read on security_events for select to kairos_server using ((select kairos_guards() or kairos_administers()));

create function kairos_add_security_events(events jsonb) returns void
language sql security definer set search_path = public, pg_temp
as $$
    insert into security_events as s (minute, kind, address_pseudonym, user_id, happened)
    select e.minute, e.kind, e.address_pseudonym, e.user_id, e.happened
    from jsonb_to_recordset(events) e(minute timestamptz, kind text, address_pseudonym bytea, user_id uuid, happened bigint)
    -- In one order, so that two replicas do not wait for each other.
    order by 1, 2, 3, 4
    on conflict (minute, kind, address_pseudonym, user_id) do update set happened = s.happened + excluded.happened;
$$;
revoke all on function kairos_add_security_events(jsonb) from public;
grant execute on function kairos_add_security_events(jsonb) to kairos_server;

create table incidents (
    id uuid primary key,
    number bigint generated always as identity unique,
    rule text not null,
    severity text not null constraint incidents_severity_check check (severity in ('critical', 'high', 'medium')),
    status text not null constraint incidents_status_check check (status in ('open', 'contained', 'eradicated', 'recovered', 'closed')),
    subject_user_id uuid,
    address_pseudonym bytea,
    found bigint not null,
    first_found_at timestamptz not null,
    last_found_at timestamptz not null,
    opened_at timestamptz not null,
    status_changed_at timestamptz not null
);
comment on column incidents.subject_user_id is 'no foreign key: who is gone was attacked all the same, and two who are gone are still two';
comment on column incidents.found is 'how much the rule counted the last time it found it';
-- What is found again belongs to the incident that is not closed.
create unique index incidents_under_way on incidents
    (rule, coalesce(subject_user_id, '00000000-0000-0000-0000-000000000000'), coalesce(address_pseudonym, '')) where status <> 'closed';
create index incidents_opened on incidents (opened_at);

create table incident_entries (
    id uuid primary key,
    incident_id uuid not null references incidents on delete cascade,
    occurred_at timestamptz not null,
    kind text not null constraint incident_entries_kind_check check (
        kind in ('opened', 'status', 'action', 'undone', 'note', 'check', 'alert', 'alert_failed')),
    actor_id uuid,
    detail jsonb not null default '{}',
    note text constraint incident_entries_note_check check (char_length(note) between 1 and 4000)
);
create index incident_entries_incident on incident_entries (incident_id, occurred_at);

-- What the rule counted, kept with the proof that it is in the log, so that it outlives the log's own retention.
create table incident_evidence (
    incident_id uuid not null references incidents on delete cascade,
    audit_event_id uuid not null,
    added_at timestamptz not null,
    proof text,
    primary key (incident_id, audit_event_id)
);
comment on column incident_evidence.proof is 'in the form of https://c2sp.org/tlog-proof; null: it waits for its seal';

create table address_blocks (
    id uuid primary key,
    incident_id uuid references incidents on delete set null,
    address_pseudonym bytea,
    network cidr,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    lifted_at timestamptz,
    constraint address_blocks_what_check check ((address_pseudonym is null) <> (network is null))
);

create table provider_isolations (
    provider text primary key constraint provider_isolations_provider_check check (provider in ('google', 'outlook', 'caldav')),
    incident_id uuid references incidents on delete set null,
    since timestamptz not null
);

call kairos_protect('incidents', 'select, insert, update');
call kairos_protect('incident_entries', 'select, insert');
call kairos_protect('incident_evidence', 'select, insert, update');
call kairos_protect('address_blocks', 'select, insert, update');
call kairos_protect('provider_isolations', 'select, insert, delete');
create policy guard_and_admins on incidents to kairos_server
    using ((select kairos_guards() or kairos_administers())) with check ((select kairos_guards() or kairos_administers()));
create policy guard_and_admins on incident_entries to kairos_server
    using ((select kairos_guards() or kairos_administers())) with check ((select kairos_guards() or kairos_administers()));
create policy guard_and_admins on incident_evidence to kairos_server
    using ((select kairos_guards() or kairos_administers())) with check ((select kairos_guards() or kairos_administers()));
create policy guard_and_admins on address_blocks to kairos_server
    using ((select kairos_guards() or kairos_administers())) with check ((select kairos_guards() or kairos_administers()));
create policy guard_and_admins on provider_isolations to kairos_server
    using ((select kairos_guards() or kairos_administers())) with check ((select kairos_guards() or kairos_administers()));

-- What proves one entry: the newest checkpoint and the tiles above its leaf and at the tree's edge.
create function kairos_audit_proof(at_place bigint) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'entry', row_to_json(e),
            'size', c.size,
            'checkpoint', c.note,
            'tiles', (
                select json_agg(x) from (
                    select t.level, t.index, t.hashes from audit_tiles t join generate_series(0, 7) l on t.level = l
                    -- A shift by 64 is one by nothing.
                    where t.index in (case when l < 7 then at_place >> (8 * (l + 1)) else 0 end,
                                      case when l < 7 then c.size >> (8 * (l + 1)) else 0 end)) x))
        from audit_events e
        join (select k.size, k.note from audit_checkpoints k order by k.size desc limit 1) c on e.place < c.size
        where e.place = at_place);
end
$$;
create or replace function kairos_audit_entry(owner uuid, entry jsonb, at_place bigint) returns json
language plpgsql
as $$
begin
    return case when kairos_enter_audit(owner, entry) then kairos_audit_proof(at_place) end;
end
$$;

-- What every replica holds in memory: from where nothing is answered, and which providers nothing is asked of.
create function kairos_containment(at timestamptz) returns json
language sql stable security definer set search_path = public, pg_temp
as $$
    select json_build_object(
        'blocks', (
            select coalesce(json_agg(x), '[]') from (
                select b.address_pseudonym, b.network, b.expires_at
                from address_blocks b where b.lifted_at is null and b.expires_at > at) x),
        'isolated', (
            select coalesce(json_agg(x), '[]') from (select i.provider, i.since from provider_isolations i) x));
$$;
revoke all on function kairos_containment(timestamptz) from public;
grant execute on function kairos_containment(timestamptz) to kairos_server;

create function kairos_purge_security_events(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (delete from security_events where minute < at - interval '7 days' returning 1) select count(*) from gone;
$$;
revoke all on function kairos_purge_security_events(timestamptz) from public;

create or replace function kairos_purge_expired_rows(at timestamptz) returns table (name text, removed bigint)
language sql security definer set search_path = public, pg_temp
as $$
    values ('sessions', kairos_purge_sessions(at)),
           ('oauth_attempts', kairos_purge_oauth_attempts(at)),
           ('user_tokens', kairos_purge_user_tokens(at)),
           ('calendar_sync_logs', kairos_purge_calendar_sync_logs(at)),
           ('calendar_health', kairos_purge_calendar_health(at)),
           ('calendar_channels', kairos_purge_calendar_channels(at)),
           ('rate_limits', kairos_purge_limits(at)),
           ('api_keys', kairos_purge_api_keys(at)),
           ('security_events', kairos_purge_security_events(at)),
           ('users', kairos_purge_unverified_users(at)),
           ('audit_checkpoints', kairos_purge_audit_checkpoints(at));
$$;
