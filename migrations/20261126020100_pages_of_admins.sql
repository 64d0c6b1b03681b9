-- What admins see: one function, called by the statement that finds them; looking is an entry, which that function writes first.
-- (`kairos_enter_audit` does both for the pages of the log.)

create function kairos_admin_overview(at timestamptz) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'incidents', (
            select coalesce(json_agg(x), '[]') from (
                select i.severity, count(*) as under_way from incidents i where i.status <> 'closed' group by 1) x),
        'people', (
            select row_to_json(x) from (
                select count(*) as all, count(*) filter (where u.email_verified_at is null) as unconfirmed,
                       count(*) filter (where u.locked_at is not null) as locked,
                       count(*) filter (where 'admin' = any(u.roles) and not u.has_second_factor) as admins_without_second_factor
                from users u) x),
        'connections', (
            select coalesce(json_agg(x), '[]') from (
                select c.status, count(*) as connections from calendar_connections c group by 1 order by 1) x),
        'jobs', (
            select row_to_json(x) from (
                select count(*) filter (where j.attempts < j.max_attempts and j.run_at <= at and j.locked_at is null) as due,
                       min(j.run_at) filter (where j.attempts < j.max_attempts and j.run_at <= at and j.locked_at is null) as due_since,
                       count(*) filter (where j.locked_at is not null) as running,
                       count(*) filter (where j.attempts > 0 and j.attempts < j.max_attempts and j.locked_at is null) as failing,
                       count(*) filter (where j.attempts >= j.max_attempts and j.locked_at is null) as given_up
                from graphile_worker._private_jobs j) x),
        'audit', (
            select row_to_json(x) from (
                select (select t.size from audit_tree t) as size, (select t.sealed_at from audit_tree t) as sealed_at,
                       (select count(*) from audit_events e where e.place is null) as waiting,
                       (select max(c.copied_at) from audit_copies c) as copied_at,
                       (select v.finished_at from audit_verifications v where v.finished_at is not null order by v.asked_at desc limit 1) as verified_at,
                       (select v.finding from audit_verifications v where v.finished_at is not null order by v.asked_at desc limit 1) as finding) x),
        'keys', (select coalesce(json_agg(x), '[]') from (select k.master_key_id, k.people from kairos_key_census() k order by 1) x),
        'blocks', (select count(*) from address_blocks b where b.lifted_at is null and b.expires_at > at),
        'isolated', (select coalesce(json_agg(x), '[]') from (select i.provider, i.since from provider_isolations i order by 1) x));
end
$$;

-- `filter`: `person` and `email_hash`, each where it was searched for; `state`: locked, unconfirmed, admin, builder; `before`: an id.
create function kairos_admin_people(filter jsonb, at timestamptz) returns json
language plpgsql stable
as $$
declare
    searched boolean := filter->>'person' is not null or filter->>'email_hash' is not null;
begin
    return (
        select coalesce(json_agg(x), '[]') from (
            select u.id, u.roles, u.created_at, u.email_verified_at, u.locked_at, u.has_second_factor,
                   (select count(*) from sessions s where s.user_id = u.id and s.created_at > at - interval '24 hours'
                        and s.last_seen_at > at - interval '2 hours') as sessions,
                   (select max(s.last_seen_at) from sessions s where s.user_id = u.id) as last_seen_at,
                   (select count(*) from calendar_connections c where c.user_id = u.id) as connections,
                   (select count(*) from calendar_connections c where c.user_id = u.id and c.status <> 'active') as troubled
            from users u
            where (not searched or u.id = (filter->>'person')::uuid or u.email_hash = decode(filter->>'email_hash', 'hex'))
                and (filter->>'before' is null or u.id < (filter->>'before')::uuid)
                and case filter->>'state'
                        when 'locked' then u.locked_at is not null
                        when 'unconfirmed' then u.email_verified_at is null
                        when 'admin' then 'admin' = any(u.roles)
                        when 'builder' then 'builder' = any(u.roles)
                        else true end
            order by u.id desc limit 51) x);
end
$$;

-- One person. Name and address, and the key that opens them, only where `opens`: the entry says why.
create function kairos_admin_person(person uuid, opens boolean, at timestamptz) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'id', u.id, 'roles', u.roles, 'created_at', u.created_at, 'email_verified_at', u.email_verified_at, 'locked_at', u.locked_at,
            'has_second_factor', u.has_second_factor,
            'name_sealed', case when opens then u.name_sealed end,
            'email_sealed', case when opens then u.email_sealed end,
            'data_key', case when opens then (
                select row_to_json(x) from (select k.id, k.master_key_id, k.wrapped from data_keys k where k.user_id = u.id) x) end,
            'sessions', (
                select coalesce(json_agg(x), '[]') from (
                    select s.created_at, s.last_seen_at, encode(s.place, 'hex') as place
                    from sessions s
                    where s.user_id = u.id and s.created_at > at - interval '24 hours' and s.last_seen_at > at - interval '2 hours'
                    order by s.last_seen_at desc) x),
            'api_keys', (
                select coalesce(json_agg(x), '[]') from (
                    select k.id, k.scopes, k.created_at, k.expires_at, k.last_used_at
                    from api_keys k where k.user_id = u.id and k.ended_at is null and k.expires_at > at order by k.created_at desc) x),
            'connections', (
                select coalesce(json_agg(x), '[]') from (
                    select c.id, c.provider, c.status, c.health_reason, c.last_sync_at
                    from calendar_connections c where c.user_id = u.id order by c.created_at) x),
            'incidents', (
                select coalesce(json_agg(x), '[]') from (
                    select i.id, i.number, i.rule, i.severity, i.status, i.opened_at
                    from incidents i where i.subject_user_id = u.id order by i.opened_at desc limit 20) x),
            'entries', (
                select coalesce(json_agg(x), '[]') from (
                    select e.place, e.occurred_at, e.actor_kind, e.actor_id = u.id as is_own, e.action, e.outcome
                    from audit_events e where e.subject_user_id = u.id order by e.occurred_at desc, e.id desc limit 20) x))
        from users u where u.id = person);
end
$$;

create function kairos_admin_jobs(state text, at timestamptz) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'kinds', (
            select coalesce(json_agg(x), '[]') from (
                select coalesce(j.payload->>'job', 'unknown') as job, count(*) as all,
                       count(*) filter (where j.attempts < j.max_attempts and j.run_at <= at and j.locked_at is null) as due,
                       count(*) filter (where j.locked_at is not null) as running,
                       count(*) filter (where j.attempts > 0 and j.attempts < j.max_attempts and j.locked_at is null) as failing,
                       count(*) filter (where j.attempts >= j.max_attempts and j.locked_at is null) as given_up
                from graphile_worker._private_jobs j group by 1 order by 1) x),
        'jobs', (
            select coalesce(json_agg(x), '[]') from (
                select j.id, coalesce(j.payload->>'job', 'unknown') as job, j.attempts, j.max_attempts, j.run_at, j.locked_at, j.last_error
                from graphile_worker._private_jobs j
                where case state
                        when 'given_up' then j.attempts >= j.max_attempts and j.locked_at is null
                        when 'running' then j.locked_at is not null
                        when 'waiting' then j.attempts < j.max_attempts and j.locked_at is null
                        else j.attempts > 0 end
                order by j.attempts desc, j.run_at limit 100) x));
end
$$;

create function kairos_admin_incidents(filter jsonb) returns json
language plpgsql stable
as $$
begin
    return (
        select coalesce(json_agg(x), '[]') from (
            select i.id, i.number, i.rule, i.severity, i.status, i.subject_user_id, encode(i.address_pseudonym, 'hex') as address,
                   i.found, i.first_found_at, i.last_found_at, i.opened_at, i.status_changed_at
            from incidents i
            where case filter->>'status' when 'closed' then i.status = 'closed' when 'all' then true else i.status <> 'closed' end
                and (filter->>'before' is null or i.number < (filter->>'before')::bigint)
            order by i.number desc limit 51) x);
end
$$;

create function kairos_admin_incident(incident uuid, at timestamptz) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'id', i.id, 'number', i.number, 'rule', i.rule, 'severity', i.severity, 'status', i.status, 'subject_user_id', i.subject_user_id,
            'address', encode(i.address_pseudonym, 'hex'), 'found', i.found, 'first_found_at', i.first_found_at,
            'last_found_at', i.last_found_at, 'opened_at', i.opened_at, 'status_changed_at', i.status_changed_at,
            'timeline', (
                select coalesce(json_agg(x), '[]') from (
                    select t.occurred_at, t.kind, t.actor_id, t.detail, t.note
                    from incident_entries t where t.incident_id = i.id order by t.occurred_at desc, t.id desc) x),
            'evidence', (
                select coalesce(json_agg(x), '[]') from (
                    select v.proof is not null as is_proved, e.place, e.occurred_at, e.action, e.subject_user_id,
                           encode(e.address_pseudonym, 'hex') as address
                    from incident_evidence v left join audit_events e on e.id = v.audit_event_id
                    where v.incident_id = i.id order by e.occurred_at desc nulls last limit 50) x),
            'evidence_count', (select count(*) from incident_evidence v where v.incident_id = i.id),
            'blocks', (
                select coalesce(json_agg(x), '[]') from (
                    select b.id, encode(b.address_pseudonym, 'hex') as address, b.network, b.expires_at, b.lifted_at,
                           coalesce((select sum(s.happened) from security_events s
                                     where s.kind = 'blocked' and s.address_pseudonym = b.address_pseudonym), 0) as turned_away
                    from address_blocks b where b.incident_id = i.id order by b.created_at desc) x),
            'isolated', (select coalesce(json_agg(x), '[]') from (select p.provider, p.since from provider_isolations p) x),
            'subject', (
                select row_to_json(x) from (
                    select u.locked_at, u.has_second_factor,
                           (select count(*) from sessions s where s.user_id = u.id and s.created_at > at - interval '24 hours'
                                and s.last_seen_at > at - interval '2 hours') as sessions,
                           (select count(*) from api_keys k where k.user_id = u.id and k.ended_at is null and k.expires_at > at) as api_keys,
                           (select coalesce(json_agg(distinct c.provider), '[]') from calendar_connections c where c.user_id = u.id) as providers
                    from users u where u.id = i.subject_user_id) x))
        from incidents i where i.id = incident);
end
$$;

create function kairos_admin_page(owner uuid, entry jsonb, which text, arguments jsonb, at timestamptz) returns json
language plpgsql
as $$
begin
    if not kairos_enter_audit(owner, entry) then
        return null;
    end if;
    return case which
        when 'overview' then kairos_admin_overview(at)
        when 'people' then kairos_admin_people(arguments, at)
        when 'person' then kairos_admin_person((arguments->>'person')::uuid, (arguments->>'opens')::boolean, at)
        when 'jobs' then kairos_admin_jobs(arguments->>'state', at)
        when 'incidents' then kairos_admin_incidents(arguments)
        when 'incident' then kairos_admin_incident((arguments->>'incident')::uuid, at) end;
end
$$;
