-- Whether an invoice was asked for.
set local lock_timeout = '5s';
alter table payments add column makes_invoice boolean not null default false;
comment on column payments.makes_invoice is 'as it was told to Stripe: the same call repeated must say the same';

-- As before, with what is asked, and whether an invoice is made.
create or replace function kairos_session_types(owner uuid, only_open boolean) returns json
language sql stable
as $$
    select json_agg(x) from (
        select s.id, s.slug, s.title, s.description, s.minutes, s.price, s.currency, s.tax, s.policy, s.policy_version, s.is_open,
               s.makes_invoice, e.id as event_type, e.minutes as event_minutes, e.refusal, coalesce(e.questions, '[]') as questions
        from session_types s
        left join calendly_event_types e on e.user_id = s.builder_id and e.uri_hash = s.event_type_hash
        where s.builder_id = owner and (s.is_open or not only_open)
        order by s.is_open desc, s.price, s.title) x;
$$;
