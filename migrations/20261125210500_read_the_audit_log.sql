-- What an admin sees of the audit log: one statement a page, as for every page (docs/adr/0015). Looking is itself an entry, written by the same
-- statement; so these two are volatile, and see themselves.

create function kairos_enter_audit(owner uuid, entry jsonb) returns boolean
language plpgsql
as $$
declare
    ignored text;
begin
    if not kairos_has_entered_as(owner) then
        return false;
    end if;
    ignored := set_config('kairos.administers', 'on', true);
    -- An admin who must have a second factor and has none sees nothing, and so looked at nothing.
    if not kairos_administers() or (entry->>'needs_second_factor' = 'true' and not exists (
        select from users where id = owner and has_second_factor)) then
        return false;
    end if;
    perform kairos_append_audit((entry - 'needs_second_factor') || jsonb_build_object('actor_kind', 'user', 'actor_id', owner, 'subject_user_id', owner));
    return true;
end
$$;

-- `filter` has `bucket`, the width of a bar of the chart, `chart_since`, when its first may begin, and each where it is given: `since`, `before` (a place), `actor_kind`, `resource_kind`, `outcome`, and `text`: the beginning of an
-- action, or an id of whatever kind. Newest first, those that wait for their seal before all others.
create function kairos_audit_page(owner uuid, entry jsonb, filter jsonb, at_most integer) returns json
language plpgsql
as $$
declare
    since timestamptz := coalesce((filter->>'since')::timestamptz, '-infinity');
    searched text := filter->>'text';
    width interval := (filter->>'bucket')::interval;
    searched_id uuid;
begin
    if not kairos_enter_audit(owner, entry) then
        return null;
    end if;
    if searched ~ '^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$' then
        searched_id := searched::uuid;
    end if;
    return (
        with found as not materialized (
            select * from audit_events e
            where e.occurred_at >= since
                and (filter->>'actor_kind' is null or e.actor_kind = filter->>'actor_kind')
                and (filter->>'resource_kind' is null or e.resource_kind = filter->>'resource_kind')
                and (filter->>'outcome' is null or e.outcome = filter->>'outcome')
                and (searched_id is null or searched_id in (e.id, e.actor_id, e.subject_user_id, e.resource_id, e.request_id))
                and (searched is null or searched_id is not null or starts_with(e.action, searched)))
        select json_build_object(
            'tree', (select row_to_json(x) from (select t.origin, t.size, t.sealed_at from audit_tree t) x),
            'first_at', (select e.occurred_at from audit_events e where e.place = 0),
            'waiting', (select count(*) from audit_events e where e.place is null),
            'verification', (
                select row_to_json(x) from (
                    select v.started_at, v.finished_at, v.size, v.checked, v.erased, v.finding, v.key_fingerprint, v.asked_at
                    from audit_verifications v order by v.asked_at desc limit 1) x),
            'copies', (
                select json_agg(x) from (
                    select c.destination, c.size, c.copied_at, c.failed_at, c.failure from audit_copies c order by c.destination) x),
            'chart', (
                select json_agg(x) from (
                    select date_bin(width, f.occurred_at, '2000-01-01T00:00:00Z') as begins_at, count(*) as entries,
                           count(*) filter (where f.outcome = 'refused') as refused
                    from found f
                    where filter->>'before' is null and f.occurred_at >= (filter->>'chart_since')::timestamptz
                    group by 1 order by 1) x),
            'entries', (
                select json_agg(x) from (
                    select f.id, f.place, f.occurred_at, f.actor_kind, f.actor_id, f.action, f.resource_id, f.outcome, f.address_pseudonym
                    from found f
                    where filter->>'before' is null or f.place < (filter->>'before')::bigint
                    order by f.place desc nulls first, f.id desc limit at_most) x)));
end
$$;

-- One entry, and what proves it: the newest checkpoint and the tiles above its leaf and at the tree's edge.
create function kairos_audit_entry(owner uuid, entry jsonb, at_place bigint) returns json
language plpgsql
as $$
begin
    if not kairos_enter_audit(owner, entry) then
        return null;
    end if;
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
