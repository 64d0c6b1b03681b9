-- An incident in which personal data may have got out: since when that is known, whose data it may be, and what was decided. The law gives 72 hours to
-- tell the authority (GDPR, article 33).
create table incident_breaches (
    incident_id uuid primary key references incidents on delete cascade,
    scope text not null constraint incident_breaches_scope_check check (scope in ('evidence', 'everyone', 'google', 'outlook', 'caldav')),
    status text not null constraint incident_breaches_status_check check (status in ('assessing', 'told', 'not_needed')),
    known_at timestamptz not null,
    decided_at timestamptz,
    reference text,
    constraint incident_breaches_decided_check check ((status = 'assessing') = (decided_at is null))
);
comment on column incident_breaches.known_at is 'when somebody here learned of it: from then on the 72 hours run';
comment on column incident_breaches.reference is 'under which number the authority filed it';
call kairos_protect('incident_breaches', 'select, insert, update');
create policy guard_and_admins on incident_breaches to kairos_server
    using ((select kairos_guards() or kairos_administers())) with check ((select kairos_guards() or kairos_administers()));

-- People with an account whose data it may be, in their order: those whom the evidence or the incident itself names, those with a connection to a
-- provider, or everybody. With what opens their address, for an admin or for the guard.
create function kairos_affected(of_incident uuid, after uuid, most integer)
    returns table (user_id uuid, email_sealed bytea, key_id uuid, master_key_id text, wrapped bytea)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare
    asked text;
begin
    if not (kairos_guards() or kairos_administers()) then
        raise exception 'only an admin asks whose data got out' using errcode = 'insufficient_privilege';
    end if;
    select b.scope into asked from incident_breaches b where b.incident_id = of_incident;
    return query
        select u.id, u.email_sealed, k.id, k.master_key_id, k.wrapped
        from users u left join data_keys k on k.user_id = u.id
        where (after is null or u.id > after) and case asked
            when 'everyone' then true
            when 'evidence' then u.id in (
                select i.subject_user_id from incidents i where i.id = of_incident
                union all
                select unnest(array[e.subject_user_id, e.actor_id]) from incident_evidence v join audit_events e on e.id = v.audit_event_id
                where v.incident_id = of_incident)
            else exists (select from calendar_connections c where c.user_id = u.id and c.provider = asked) end
        order by u.id limit most;
end
$$;

-- How many rows of each table each of them has: the tables, and the column that says whose a row is, are those of the data map.
create function kairos_count_rows(people uuid[], of_tables text[], owners text[]) returns table (user_id uuid, of_table text, rows bigint)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare
    number integer;
begin
    if not (kairos_guards() or kairos_administers()) then
        raise exception 'only an admin counts what is kept of others' using errcode = 'insufficient_privilege';
    end if;
    for number in 1 .. cardinality(of_tables) loop
        return query execute format('select t.%I, $2, count(*) from public.%I t where t.%I = any($1) group by 1',
                                    owners[number], of_tables[number], owners[number])
            using people, of_tables[number];
    end loop;
end
$$;
revoke all on function kairos_affected(uuid, uuid, integer), kairos_count_rows(uuid[], text[], text[]) from public;
grant execute on function kairos_affected(uuid, uuid, integer), kairos_count_rows(uuid[], text[], text[]) to kairos_server;

-- Of one incident, for its page; and all that are not decided, the oldest first.
create function kairos_breach(of_incident uuid) returns json
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
    if not kairos_administers() then
        raise exception 'only an admin sees a breach' using errcode = 'insufficient_privilege';
    end if;
    return (
        select row_to_json(x) from (
            select b.scope, b.status, b.known_at, b.decided_at, b.reference,
                (select count(*) from kairos_affected(of_incident, null, 1000000)) as affected,
                case when b.scope = 'everyone' then (select count(*) from booking_clients) else 0 end as clients
            from incident_breaches b where b.incident_id = of_incident) x);
end
$$;
revoke all on function kairos_breach(uuid) from public;
grant execute on function kairos_breach(uuid) to kairos_server;
create function kairos_open_breaches() returns json
language plpgsql stable
as $$
begin
    return (
        select coalesce(json_agg(x), '[]') from (
            select b.incident_id, i.number, b.known_at from incident_breaches b join incidents i on i.id = b.incident_id
            where b.status = 'assessing' order by b.known_at, i.number limit 100) x);
end
$$;

-- As before, with the last of each check, and with breaches.
create or replace function kairos_admin_page(owner uuid, entry jsonb, which text, arguments jsonb, at timestamptz) returns json
language plpgsql
as $$
begin
    if not kairos_enter_audit(owner, entry) then
        return null;
    end if;
    return case which
        when 'overview' then (kairos_admin_overview(at)::jsonb
            || jsonb_build_object('checks', kairos_last_checks(), 'breaches', kairos_open_breaches()))::json
        when 'people' then kairos_admin_people(arguments, at)
        when 'person' then kairos_admin_person((arguments->>'person')::uuid, (arguments->>'opens')::boolean, at)
        when 'jobs' then kairos_admin_jobs(arguments->>'state', at)
        when 'webhooks' then kairos_admin_webhooks(arguments->>'state', at)
        when 'keys' then kairos_admin_keys()
        when 'privacy' then (kairos_admin_privacy(at)::jsonb || jsonb_build_object('breaches', kairos_open_breaches()))::json
        when 'incidents' then kairos_admin_incidents(arguments)
        when 'incident' then (kairos_admin_incident((arguments->>'incident')::uuid, at)::jsonb
            || jsonb_build_object('breach', kairos_breach((arguments->>'incident')::uuid)))::json end;
end
$$;
