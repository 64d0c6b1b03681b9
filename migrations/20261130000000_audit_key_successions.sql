-- One key of the audit log after another: the old one signs the new. docs/adr/0018 says what is signed.
create table audit_key_successions (
    new_key text primary key,
    old_key text not null,
    size bigint not null,
    note text not null,
    followed_at timestamptz not null
);
comment on column audit_key_successions.note is 'a signed note of both keys (c2sp.org/signed-note): from which size on the new one signs';
comment on column audit_key_successions.new_key is 'a verifier key: name+id+base64';
call kairos_protect('audit_key_successions', 'select');
create policy public_facts on audit_key_successions for select to kairos_server using (true);

-- False: the log has grown, or another replica was quicker, and nothing was done.
create function kairos_succeed_audit_key(of_size bigint, of_old_key text, of_new_key text, of_note text, at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    if split_part(of_note, E'\n', 2) <> of_size::text or split_part(of_note, E'\n', 4) <> of_old_key
        or split_part(of_note, E'\n', 5) <> of_new_key then
        raise exception 'this is no succession at %', of_size using errcode = 'invalid_parameter_value';
    end if;
    perform from audit_tree where size = of_size for update;
    if not found or exists (
        select from (select s.new_key from audit_key_successions s order by s.size desc, s.followed_at desc limit 1) newest
        where newest.new_key <> of_old_key) then
        return false;
    end if;
    insert into audit_key_successions (new_key, old_key, size, note, followed_at)
    values (of_new_key, of_old_key, of_size, of_note, at) on conflict do nothing;
    return found;
end
$$;
revoke all on function kairos_succeed_audit_key(bigint, text, text, text, timestamptz) from public;
grant execute on function kairos_succeed_audit_key(bigint, text, text, text, timestamptz) to kairos_server;

-- As before; and a key that was followed seals nothing any more.
-- False: the tree is not of `from_size` any more, another replica sealed first, and nothing was done.
create or replace function kairos_seal_audit(of_origin text, from_size bigint, new_edge bytea, ids uuid[], salts bytea[], commitments bytea[],
                                  levels integer[], indexes bigint[], tiles bytea[], checkpoint text, at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    signer text;
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
    -- After the tree is locked: whoever follows a key locks it too.
    select split_part(s.new_key, '+', 2) into signer from audit_key_successions s order by s.size desc, s.followed_at desc limit 1;
    if signer <> encode(substring(decode(split_part(rtrim(checkpoint, E'\n'), ' ', -1), 'base64') for 4), 'hex') then
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
