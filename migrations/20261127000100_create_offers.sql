-- What a builder shows to everybody: their page, and the kinds of session on it. Public by purpose, so nothing of it is sealed.
create table builder_pages (
    user_id uuid primary key references users on delete cascade,
    slug text not null unique constraint builder_pages_slug_check check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) between 3 and 40),
    name text not null check (length(name) between 1 and 80),
    about text not null check (length(about) <= 600),
    created_at timestamptz not null,
    changed_at timestamptz not null
);
call kairos_protect('builder_pages', 'select, insert, update, delete');
create policy own on builder_pages to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

create table session_types (
    id uuid primary key,
    builder_id uuid not null references users on delete cascade,
    event_type_hash bytea not null,
    slug text not null constraint session_types_slug_check check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) between 3 and 60),
    title text not null check (length(title) between 1 and 120),
    description text not null check (length(description) <= 1000),
    minutes integer not null check (minutes between 1 and 1440),
    price bigint not null check (price > 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    tax text not null constraint session_types_tax_check check (tax in ('none', 'inclusive', 'exclusive')),
    policy text not null check (policy ~ '^[a-z]+$'),
    policy_version integer not null check (policy_version > 0),
    is_open boolean not null,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    constraint session_types_slug_key unique (builder_id, slug)
);
comment on column session_types.event_type_hash is 'which event type at Calendly it is booked by; it may not be there any more';
comment on column session_types.price is 'minor units, as Stripe counts them';
call kairos_protect('session_types', 'select, insert, update, delete');
create policy own on session_types to kairos_server using (builder_id = kairos_user()) with check (builder_id = kairos_user());
