-- A push notification with news is two statements: who it is for, and everything that comes of it, in one transaction that commits by itself.

-- One audit entry, as an object with a key a column. It is kept if and only if the transaction is.
create function kairos_append_audit(entry jsonb) returns void
language plpgsql
as $$
begin
    insert into audit_events select * from jsonb_populate_record(null::audit_events, entry);
end
$$;

-- One job for the queue: `identifier`, `payload`, and where they are given `queue_name`, `run_at`, `job_key` and `flags`.
create function kairos_enqueue(job jsonb) returns void
language plpgsql
as $$
begin
    perform graphile_worker.add_job(
        identifier => job->>'identifier', payload => (job->'payload')::json, queue_name => job->>'queue_name',
        run_at => (job->>'run_at')::timestamptz, job_key => job->>'job_key',
        flags => array(select jsonb_array_elements_text(job->'flags')));
end
$$;

-- Finds the channel behind the keyed hash of a notification's secret and makes the rows of its person visible. Nobody's: null.
create function kairos_enter_channel(of_secret bytea, out channel_id uuid)
language plpgsql
as $$
declare
    ignored text;
    person uuid;
begin
    ignored := set_config('kairos.lookup', encode(of_secret, 'hex'), true);
    select c.id, c.user_id into channel_id, person from calendar_channels c where c.secret_hash = of_secret;
    ignored := set_config('kairos.user_id', coalesce(person::text, ''), true);
end
$$;

-- A message came. What it says of the channel itself is kept, because the answer that should have said it may never have come.
create function kairos_message_received(of_channel uuid, new_external_id text, new_resource_id text, at timestamptz) returns void
language sql
as $$
    update calendar_channels c
    set last_message_at = at, confirmed_at = coalesce(c.confirmed_at, at), missed_at = null,
        external_id = coalesce(c.external_id, new_external_id), resource_id = coalesce(c.resource_id, new_resource_id)
    where c.id = of_channel;
$$;

-- A notification of a change came: the channel lives, and a sync is requested, unless the connection is not as it was when that was decided.
-- `gone`: there is no such connection; `changed`: decide again, nothing was done.
create function kairos_notified(
    owner uuid, of_channel uuid, of_connection uuid, seen_status text, seen_attempts integer, seen_next_attempt_at timestamptz,
    seen_asked_at timestamptz, seen_read_began_at timestamptz, new_external_id text, new_resource_id text, at timestamptz, job jsonb, entry jsonb
) returns text
language plpgsql
as $$
declare
    ignored text := set_config('kairos.user_id', owner::text, true);
    is_same boolean;
begin
    -- Connection before channel, as everybody else.
    select c.status = seen_status and c.attempts = seen_attempts and c.next_attempt_at is not distinct from seen_next_attempt_at
        and c.asked_at is not distinct from seen_asked_at and c.read_began_at is not distinct from seen_read_began_at into is_same
    from calendar_connections c where c.id = of_connection for update;
    if not found then
        return 'gone';
    elsif not is_same then
        return 'changed';
    end if;
    perform kairos_message_received(of_channel, new_external_id, new_resource_id, at);
    if job is not null then
        update calendar_connections c set asked_at = at where c.id = of_connection;
        perform kairos_enqueue(job);
        perform kairos_append_audit(entry);
    end if;
    return 'done';
end
$$;
