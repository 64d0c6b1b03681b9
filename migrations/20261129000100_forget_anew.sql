-- Forgets somebody: what `kairos_erase_user` does when it is time, and what is done again where a copy of the database from before comes back. The server's
-- role is not granted it.
create function kairos_forget(person uuid) returns void
language plpgsql set search_path = public, pg_temp
as $$
declare
    hash bytea;
begin
    select u.email_hash into hash from users u where u.id = person and u.email_verified_at is not null;
    -- Without its key what was sealed under it is noise, here and in every copy that the key is not in.
    update bookings b set client_sealed = '', calendly_sealed = null
    from booking_clients c where c.id = b.client_id and c.email_hash = hash;
    update booking_clients set wrapped = '', master_key_id = '', email_hash = uuid_send(gen_random_uuid()) where email_hash = hash;
    update audit_events e
    set actor_id = null, subject_user_id = null, resource_id = null, address_pseudonym = null, salt = null,
        request_id = '00000000-0000-0000-0000-000000000000'
    where e.subject_user_id = person and (e.actor_id is null or e.actor_id = person) and e.salt is not null
        and not exists (select from incident_evidence i where i.audit_event_id = e.id);
    delete from graphile_worker._private_jobs j where j.payload->>'user' = person::text and j.locked_at is null;
    delete from users where id = person;
end
$$;
revoke all on function kairos_forget(uuid) from public;
