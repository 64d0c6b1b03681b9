-- The audit log becomes a Merkle log: each entry gets its place in the order in which a sealer found it, and the head over all of them is
-- signed. docs/adr/0018 says what is signed and what can be erased without breaking a proof.
--
-- An entry is written once, with the action. Its place, and what stands for the person in its leaf, come to it once, with its seal.
alter table audit_events add column place bigint, add column salt bytea, add column commitment bytea,
    add constraint audit_events_seal_check check ((place is null) = (commitment is null)) not valid;
-- The server's role appends; places, salts and commitments come from the seal alone. Times that no calendar knows are refused: what reads them
-- would fail on them for ever.
alter policy append on audit_events with check (
    place is null and salt is null and commitment is null and occurred_at between '2000-01-01T00:00:00Z' and '2200-01-01T00:00:00Z');
comment on column audit_events.place is 'from 0 on; null: not sealed yet';

create function kairos_refuse_audit_change() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'UPDATE' and old.place is null and new.place is not null
        and (old.id, old.occurred_at, old.actor_kind, old.actor_id, old.subject_user_id, old.action, old.resource_kind, old.resource_id,
             old.outcome, old.request_id, old.address_pseudonym, old.detail)
            is not distinct from
            (new.id, new.occurred_at, new.actor_kind, new.actor_id, new.subject_user_id, new.action, new.resource_kind, new.resource_id,
             new.outcome, new.request_id, new.address_pseudonym, new.detail) then
        return new;
    end if;
    raise exception 'audit_events is append-only' using errcode = 'insufficient_privilege';
end
$$;
drop trigger audit_events_append_only on audit_events;
create trigger audit_events_append_only before update or delete on audit_events
    for each row execute function kairos_refuse_audit_change();

-- The tree: how large it is, and the roots of the complete subtrees at its right edge.
create table audit_tree (
    is_only boolean primary key default true constraint audit_tree_only_check check (is_only),
    origin text not null,
    size bigint not null,
    edge bytea not null,
    sealed_at timestamptz not null
);
comment on column audit_tree.origin is 'the name of the log, in every checkpoint; it stays when the address of the site changes';
call kairos_protect('audit_tree', 'select');
create policy public_facts on audit_tree for select to kairos_server using (true);

-- Its nodes, 256 hashes a row, in the form of https://c2sp.org/tlog-tiles. Hashes of leaves say nothing of who is in them.
create table audit_tiles (
    level integer not null,
    index bigint not null,
    hashes bytea not null,
    primary key (level, index)
);
call kairos_protect('audit_tiles', 'select');
create policy public_facts on audit_tiles for select to kairos_server using (true);

-- Signed heads, in the form of https://c2sp.org/tlog-checkpoint.
create table audit_checkpoints (
    size bigint primary key,
    note text not null,
    signed_at timestamptz not null
);
call kairos_protect('audit_checkpoints', 'select');
create policy public_facts on audit_checkpoints for select to kairos_server using (true);

-- Where checkpoints are kept out of reach of whoever can change this database.
create table audit_copies (
    destination text primary key constraint audit_copies_destination_check check (destination in ('folder', 'mail', 'address')),
    size bigint,
    copied_at timestamptz,
    failed_at timestamptz,
    failure text
);
call kairos_protect('audit_copies', 'select, insert, update');
create policy installation on audit_copies to kairos_server using (true) with check (true);

-- Each time that the whole log is checked, with its progress.
create table audit_verifications (
    id uuid primary key,
    asked_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    size bigint not null default 0,
    checked bigint not null default 0,
    erased bigint not null default 0,
    finding text,
    key_fingerprint text
);
comment on column audit_verifications.finding is 'what was wrong first; null: nothing, if it has finished';
call kairos_protect('audit_verifications', 'select, insert, update');
create policy installation on audit_verifications to kairos_server using (true) with check (true);

-- Who reads everybody's entries: an admin, in a statement that is about the log.
create function kairos_administers() returns boolean
language sql stable
as $$
    select coalesce(current_setting('kairos.administers', true), '') = 'on'
        and exists (select from users where id = kairos_user() and 'admin' = any(roles))
$$;
create policy admins_read on audit_events for select to kairos_server using ((select kairos_administers()));

-- The sealer belongs to nobody, so what it reads and writes has its owner's rights. It can only put what waits behind what is there.
create function kairos_unsealed_audit(at_most integer) returns setof audit_events
language sql stable security definer set search_path = public, pg_temp
as $$
    select * from audit_events where place is null order by id limit at_most;
$$;

-- False: the tree is not of `from_size` any more, another replica sealed first, and nothing was done.
create function kairos_seal_audit(of_origin text, from_size bigint, new_edge bytea, ids uuid[], salts bytea[], commitments bytea[],
                                  levels integer[], indexes bigint[], tiles bytea[], checkpoint text, at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    sealed bigint;
    added bigint := cardinality(ids);
    to_size bigint := from_size + cardinality(ids);
begin
    -- Whoever calls this may be somebody who took the server over: what it takes can only lengthen the log.
    if added = 0 or cardinality(salts) <> added or cardinality(commitments) <> added
        or exists (select from unnest(salts) x where x is null or octet_length(x) <> 16)
        or exists (select from unnest(commitments) x where x is null or octet_length(x) <> 32)
        or octet_length(new_edge) <> 32 * bit_count(to_size::bit(64))
        or split_part(checkpoint, E'\n', 1) <> of_origin or split_part(checkpoint, E'\n', 2) <> to_size::text
        or cardinality(indexes) <> cardinality(levels) or cardinality(tiles) <> cardinality(levels)
        -- Of each level only tiles from the old edge to the new one.
        or exists (select from unnest(levels, indexes, tiles) x(level, index, hashes)
                   where level not between 0 and 7 or index < from_size >> (8 * (level + 1)) or index > to_size >> (8 * (level + 1))
                       or octet_length(hashes) not between 32 and 8192 or octet_length(hashes) % 32 <> 0) then
        raise exception 'this is no seal of % entries behind %', added, from_size using errcode = 'invalid_parameter_value';
    end if;
    if from_size = 0 then
        insert into audit_tree (origin, size, edge, sealed_at) values (of_origin, 0, '', at) on conflict do nothing;
    end if;
    update audit_tree set size = to_size, edge = new_edge, sealed_at = at where size = from_size and origin = of_origin;
    if not found then
        return false;
    end if;
    update audit_events e set place = from_size + x.number - 1, salt = x.salt, commitment = x.commitment
    from unnest(ids, salts, commitments) with ordinality as x(id, salt, commitment, number)
    where e.id = x.id and e.place is null;
    get diagnostics sealed = row_count;
    if sealed <> added then
        raise exception '% of % entries could be sealed', sealed, added;
    end if;
    insert into audit_tiles as t (level, index, hashes)
    select * from unnest(levels, indexes, tiles)
    on conflict (level, index) do update set hashes = excluded.hashes
    where octet_length(excluded.hashes) >= octet_length(t.hashes)
        and substring(excluded.hashes for octet_length(t.hashes)) = t.hashes;
    get diagnostics sealed = row_count;
    if sealed <> cardinality(levels) then
        raise exception 'a tile was to be changed instead of continued';
    end if;
    insert into audit_checkpoints (size, note, signed_at) values (to_size, checkpoint, at);
    return true;
end
$$;

-- Sealed entries from a place on, for exports and for checking all of them.
create function kairos_sealed_audit(from_place bigint, at_most integer) returns setof audit_events
language sql stable security definer set search_path = public, pg_temp
as $$
    select * from audit_events where place >= from_place order by place limit at_most;
$$;
-- Of older heads one an hour is enough to say nearly where something was replaced; every one of the last day is kept.
create function kairos_purge_audit_checkpoints(at timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp
as $$
    with gone as (
        delete from audit_checkpoints c
        where c.signed_at < at - interval '1 day'
            and exists (select from audit_checkpoints later
                        where later.size > c.size and later.signed_at < at - interval '1 day'
                            and date_bin('1 hour', later.signed_at, '2000-01-01T00:00:00Z') = date_bin('1 hour', c.signed_at, '2000-01-01T00:00:00Z'))
        returning 1)
    select count(*) from gone;
$$;
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
           ('users', kairos_purge_unverified_users(at)),
           ('audit_checkpoints', kairos_purge_audit_checkpoints(at));
$$;
revoke all on function kairos_purge_audit_checkpoints(timestamptz) from public;

revoke all on function kairos_unsealed_audit(integer), kairos_sealed_audit(bigint, integer),
    kairos_seal_audit(text, bigint, bytea, uuid[], bytea[], bytea[], integer[], bigint[], bytea[], text, timestamptz) from public;
grant execute on function kairos_unsealed_audit(integer), kairos_sealed_audit(bigint, integer),
    kairos_seal_audit(text, bigint, bytea, uuid[], bytea[], bytea[], integer[], bigint[], bytea[], text, timestamptz) to kairos_server;
