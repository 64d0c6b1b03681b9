-- What somebody allowed, in which version of the words, and until when.
create table consents (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    purpose text not null constraint consents_purpose_check check (purpose in ('calendars', 'calendly', 'google_sign_in')),
    version integer not null,
    given_at timestamptz not null,
    withdrawn_at timestamptz
);
create unique index consents_that_hold on consents (user_id, purpose) where withdrawn_at is null;
create index consents_by_user on consents (user_id, given_at desc);
call kairos_protect('consents', 'select, insert, update');
create policy own on consents to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());

-- What was allowed before it was written down.
insert into consents (id, user_id, purpose, version, given_at)
select gen_random_uuid(), c.user_id, 'calendars', 1, min(c.created_at) from calendar_connections c group by c.user_id
union all
select gen_random_uuid(), a.user_id, 'calendly', 1, a.connected_at from calendly_accounts a
union all
select gen_random_uuid(), o.user_id, 'google_sign_in', 1, o.created_at from openid_identities o where o.unlinked_at is null;
