-- Who books with a builder, under a key of their own: destroyed, they are forgotten, and what they paid stays.
create table booking_clients (
    id uuid primary key,
    builder_id uuid not null references users on delete cascade,
    email_hash bytea not null,
    master_key_id text not null,
    wrapped bytea not null,
    created_at timestamptz not null,
    constraint booking_clients_email_key unique (builder_id, email_hash)
);
create index booking_clients_by_email on booking_clients (email_hash);
create index booking_clients_by_master_key on booking_clients (master_key_id);
call kairos_protect('booking_clients', 'select, insert, update, delete');
create policy own on booking_clients to kairos_server using (builder_id = kairos_user()) with check (builder_id = kairos_user());

create table bookings (
    id uuid primary key,
    builder_id uuid not null references users on delete cascade,
    session_type_id uuid not null references session_types,
    client_id uuid not null references booking_clients,
    client_sealed bytea not null,
    event_type_hash bytea not null,
    attempt_hash bytea not null,
    token_hash bytea not null unique,
    status text not null constraint bookings_status_check check (status in (
        'held', 'awaiting_payment', 'paid', 'confirmed', 'completed', 'no_show', 'expired', 'cancelled', 'refund_pending', 'refunded',
        'needs_attention')),
    attention text constraint bookings_attention_check check (attention in (
        'refund_failed', 'wrong_amount', 'calendly_refuses', 'disputed', 'refunded_elsewhere')),
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    held_until timestamptz not null,
    title text not null,
    price bigint not null check (price > 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    tax text not null constraint bookings_tax_check check (tax in ('none', 'inclusive', 'exclusive')),
    policy text not null,
    policy_version integer not null,
    client_zone text not null,
    calendly_sealed bytea,
    event_hash bytea unique,
    invitee_hash bytea unique,
    times_moved integer not null default 0,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    constraint bookings_attempt_key unique (builder_id, attempt_hash),
    constraint bookings_attention_needs_reason_check check (status <> 'needs_attention' or attention is not null),
    -- A slot is sold once, whatever the code does.
    constraint bookings_one_at_a_time exclude using gist (builder_id with =, tstzrange(starts_at, ends_at) with &&)
        where (status in ('held', 'awaiting_payment', 'paid', 'confirmed', 'completed', 'no_show'))
);
comment on column bookings.client_sealed is 'who it is for, under the key of the client: nobody is renamed by somebody who knows their address';
comment on column bookings.attempt_hash is 'names the form that was sent: sent twice, it is one booking';
comment on column bookings.policy_version is 'what the client accepted before they paid';
comment on column bookings.calendly_sealed is 'under the key of the client: what Calendly knows it by';
create index bookings_by_start on bookings (builder_id, starts_at);
create index bookings_by_client on bookings (client_id);
call kairos_protect('bookings', 'select, insert, update, delete');
create policy own on bookings to kairos_server using (builder_id = kairos_user()) with check (builder_id = kairos_user());

-- What happened to a booking, as its pages show it.
create table booking_changes (
    id uuid primary key,
    number bigint generated always as identity,
    booking_id uuid not null references bookings on delete cascade,
    builder_id uuid not null references users on delete cascade,
    happened_at timestamptz not null,
    what text not null constraint booking_changes_what_check check (what in (
        'held', 'checkout_opened', 'payment_pending', 'payment_failed', 'paid', 'booked', 'picks', 'slot_lost', 'expired', 'cancelled',
        'refund_requested', 'refunded', 'refund_failed', 'moved', 'completed', 'no_show', 'attention', 'mended')),
    cause text not null constraint booking_changes_cause_check check (cause in ('client', 'builder', 'admin', 'webhook', 'job')),
    status text not null,
    detail jsonb not null
);
comment on column booking_changes.number is 'in which order they happened, also within one moment';
create index booking_changes_by_booking on booking_changes (booking_id, number);
call kairos_protect('booking_changes', 'select, insert');
create policy own on booking_changes to kairos_server using (builder_id = kairos_user()) with check (builder_id = kairos_user());
