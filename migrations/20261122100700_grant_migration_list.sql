-- The server's role reads which migrations ran, so that /readyz can say whether the schema is the one it was built for.
grant select on _sqlx_migrations to kairos_server;
