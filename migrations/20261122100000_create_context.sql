-- Who is asking: row-level security of every table reads it from here, so it must exist before the first table.
--
-- The server's role owns nothing and cannot bypass row-level security. It is named in grants, so it is made here when the
-- cluster does not have it yet; an installation may make it beforehand and give it a password.
do $$
begin
    if not exists (select from pg_roles where rolname = 'kairos_server') then
        create role kairos_server nologin nosuperuser nobypassrls nocreatedb nocreaterole;
    end if;
end
$$;

-- The person on whose behalf this transaction runs. Null: nobody, and then nobody's rows are visible.
create function kairos_user() returns uuid
language sql stable parallel safe
as $$ select nullif(current_setting('kairos.user_id', true), '')::uuid $$;

-- A keyed hash that this transaction can present (of a session id, an email address, an OAuth state). Whoever holds the
-- secret behind it may see the one row it names.
create function kairos_lookup() returns bytea
language sql stable parallel safe
as $$ select decode(nullif(current_setting('kairos.lookup', true), ''), 'hex') $$;

create function kairos_refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;

-- Every table of this schema goes through here: forced row-level security (the owner too), an owner policy so that
-- migrations can move data, and the grants of the server's role.
create procedure kairos_protect(name regclass, granted text)
language plpgsql
as $$
begin
    execute format('alter table %s enable row level security', name);
    execute format('alter table %s force row level security', name);
    execute format('create policy owner_maintains on %s for all to current_user using (true) with check (true)', name);
    execute format('grant %s on %s to kairos_server', granted, name);
end
$$;
