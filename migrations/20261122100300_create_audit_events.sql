-- Who did what. Append-only for the server's role, by grants and by trigger; sealing into a Merkle log comes on top of it.
create table audit_events (
    id uuid primary key,
    occurred_at timestamptz not null,
    actor_kind text not null constraint audit_events_actor_kind_check check (actor_kind in ('visitor', 'user', 'job', 'operator')),
    actor_id uuid,
    subject_user_id uuid,
    action text not null,
    resource_kind text not null,
    resource_id uuid,
    outcome text not null constraint audit_events_outcome_check check (outcome in ('succeeded', 'failed', 'refused')),
    request_id uuid not null,
    address_pseudonym bytea,
    detail jsonb not null default '{}'
);
comment on column audit_events.detail is 'codes and counts, never a personal value or a secret';
create index audit_events_subject on audit_events (subject_user_id, occurred_at desc);
call kairos_protect('audit_events', 'select, insert');
create policy append on audit_events for insert to kairos_server with check (true);
create policy own on audit_events for select to kairos_server using (subject_user_id = kairos_user());
create trigger audit_events_append_only before update or delete on audit_events
    for each row execute function kairos_refuse_change();
create trigger audit_events_no_truncate before truncate on audit_events
    for each statement execute function kairos_refuse_change();
