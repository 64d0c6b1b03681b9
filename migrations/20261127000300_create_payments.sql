-- Money: amounts, ids and states, and no person. Kept for seven years, also when the builder or the client is forgotten.
create table payments (
    id uuid primary key,
    booking_id uuid not null,
    builder_id uuid not null,
    attempt integer not null check (attempt > 0),
    status text not null constraint payments_status_check check (status in ('opening', 'open', 'pending', 'paid', 'expired', 'failed')),
    amount bigint not null check (amount > 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    tax text not null constraint payments_tax_check check (tax in ('none', 'inclusive', 'exclusive')),
    expires_at timestamptz not null,
    checkout_session_id text unique,
    payment_intent_id text unique,
    charge_id text,
    paid_amount bigint,
    tax_amount bigint,
    card_brand text,
    card_last4 text check (card_last4 ~ '^[0-9]{4}$'),
    risk_level text,
    dispute_id text,
    dispute_status text,
    created_at timestamptz not null,
    paid_at timestamptz,
    constraint payments_attempt_key unique (booking_id, attempt),
    constraint payments_paid_check check (status <> 'paid' or (paid_amount is not null and paid_at is not null))
);
create index payments_by_charge on payments (charge_id);
create index payments_by_builder on payments (builder_id, paid_at);
comment on column payments.expires_at is 'as it was told to Stripe: the same call repeated must say the same';
call kairos_protect('payments', 'select, insert, update');
create policy own on payments to kairos_server using (builder_id = kairos_user()) with check (builder_id = kairos_user());

create table refunds (
    id uuid primary key,
    payment_id uuid not null references payments,
    booking_id uuid not null,
    builder_id uuid not null,
    amount bigint not null check (amount > 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    reason text not null constraint refunds_reason_check check (reason in (
        'client_cancelled', 'builder_cancelled', 'slot_lost', 'paid_too_late', 'goodwill', 'at_stripe')),
    status text not null constraint refunds_status_check check (status in ('requested', 'pending', 'succeeded', 'failed', 'canceled')),
    stripe_refund_id text unique,
    failure text,
    created_at timestamptz not null,
    changed_at timestamptz not null
);
create index refunds_by_payment on refunds (payment_id);
create index refunds_by_status on refunds (status) where status in ('requested', 'pending');
create index refunds_by_booking on refunds (booking_id);
call kairos_protect('refunds', 'select, insert, update');
create policy own on refunds to kairos_server using (builder_id = kairos_user()) with check (builder_id = kairos_user());
