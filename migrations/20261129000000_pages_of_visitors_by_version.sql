-- Whether the rows of a builder that a server holds for those who come to their page are the present ones, as it is for sessions.
create function kairos_page_version(owner uuid) returns uuid
language plpgsql stable
as $$
begin
    if not kairos_has_entered_as(owner) then
        return null;
    end if;
    return (select u.page_version from users u where u.id = owner);
end
$$;

-- A function in SQL is parsed and planned anew by every call that cannot be inlined, which takes longer than what those of pages read; one in plpgsql
-- keeps its plans as long as the connection. Their text stays what it is: so does which of a column and an argument of the same name is meant.
do $$
declare
    made record;
begin
    for made in
        select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition, p.prosrc as body
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        join pg_language l on l.oid = p.prolang
        where n.nspname = 'public' and l.lanname = 'sql' and p.prorettype = 'json'::regtype and not p.proretset
            and p.proname like 'kairos\_%'
    loop
        execute replace(
            replace(made.definition, ' LANGUAGE sql', ' LANGUAGE plpgsql'),
            made.body,
            format(E'\n#variable_conflict use_column\nbegin\n    return (%s);\nend\n', rtrim(made.body, E'; \n')));
    end loop;
end
$$;
