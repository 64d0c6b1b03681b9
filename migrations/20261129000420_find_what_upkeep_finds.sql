-- As before, with what upkeep finds.
create or replace function kairos_find(rules jsonb, at timestamptz)
returns table (rule text, subject uuid, address bytea, found bigint, first_at timestamptz, last_at timestamptz, evidence uuid[])
language plpgsql stable
as $$
#variable_conflict use_column
begin
    return query
    with wanted as (
        select * from jsonb_to_recordset(rules) r(rule text, source text, kinds text[], details jsonb, outcome text, per text,
                                                 more_than bigint, span interval)),
    closed as (
        select i.rule, i.subject_user_id, i.address_pseudonym, max(i.status_changed_at) as closed_at
        from incidents i where i.status = 'closed' and i.status_changed_at > at - interval '1 day' group by 1, 2, 3),
    seen as (
        select w.rule, w.more_than, e.id, e.occurred_at, 1::bigint as happened,
               case w.per when 'account' then e.subject_user_id when 'actor' then e.actor_id end as subject,
               case w.per when 'address' then e.address_pseudonym end as address, w.per
        from wanted w
        join audit_events e on e.action = any(w.kinds) and e.occurred_at > at - w.span and e.occurred_at <= at
            and e.action in ('user.sign_in_refused', 'user.signed_in', 'user.code_refused', 'user.proof_refused', 'user.session_returned',
                             'user.session_planted', 'api_key.refused', 'connection.refused', 'connection.reported', 'audit.exported',
                             'audit.verified', 'keys.scanned', 'privacy.overdue', 'secret.overdue')
            and (w.outcome is null or e.outcome = w.outcome)
            and (w.details is null or exists (select from jsonb_array_elements(w.details) d where e.detail @> d))
        where w.source = 'audit'
        union all
        -- A minute that an incident was closed in is not looked at again.
        select w.rule, w.more_than, null, s.minute, s.happened,
               case w.per when 'account' then nullif(s.user_id, '00000000-0000-0000-0000-000000000000') end,
               case w.per when 'address' then nullif(s.address_pseudonym, '') end, w.per
        from wanted w join security_events s on s.kind = any(w.kinds) and s.minute > at - w.span
        where w.source = 'events')
    select s.rule, s.subject, s.address, sum(s.happened)::bigint, min(s.occurred_at), max(s.occurred_at),
           coalesce((array_agg(s.id order by s.occurred_at desc, s.id) filter (where s.id is not null))[1:50], '{}')
    from seen s
    left join closed c on c.rule = s.rule and c.subject_user_id is not distinct from s.subject and c.address_pseudonym is not distinct from s.address
    where (s.per = 'installation' or s.subject is not null or s.address is not null) and (c.closed_at is null or s.occurred_at > c.closed_at)
    group by s.rule, s.subject, s.address, s.more_than
    having sum(s.happened) > s.more_than;
end
$$;
