-- A function in SQL is parsed and planned anew in every transaction; one in PL/pgSQL keeps its plans for as long as the connection lives.
create or replace function kairos_message_received(of_channel uuid, new_external_id text, new_resource_id text, at timestamptz) returns void
language plpgsql
as $$
begin
    update calendar_channels c
    set last_message_at = at, confirmed_at = coalesce(c.confirmed_at, at), missed_at = null,
        external_id = coalesce(c.external_id, new_external_id), resource_id = coalesce(c.resource_id, new_resource_id)
    where c.id = of_channel;
end
$$;

-- As before, except that the connection is locked, compared and written at once.
create or replace function kairos_notified(
    owner uuid, of_channel uuid, of_connection uuid, seen_status text, seen_attempts integer, seen_next_attempt_at timestamptz,
    seen_asked_at timestamptz, seen_read_began_at timestamptz, new_external_id text, new_resource_id text, at timestamptz, job jsonb, entry jsonb
) returns text
language plpgsql
as $$
declare
    ignored text := set_config('kairos.user_id', owner::text, true);
begin
    -- Connection before channel, as everybody else.
    update calendar_connections c set asked_at = case when job is null then c.asked_at else at end
    where c.id = of_connection and c.status = seen_status and c.attempts = seen_attempts
        and c.next_attempt_at is not distinct from seen_next_attempt_at and c.asked_at is not distinct from seen_asked_at
        and c.read_began_at is not distinct from seen_read_began_at;
    if not found then
        return case when exists (select from calendar_connections c where c.id = of_connection) then 'changed' else 'gone' end;
    end if;
    perform kairos_message_received(of_channel, new_external_id, new_resource_id, at);
    if job is not null then
        perform kairos_enqueue(job);
        perform kairos_append_audit(entry);
    end if;
    return 'done';
end
$$;
