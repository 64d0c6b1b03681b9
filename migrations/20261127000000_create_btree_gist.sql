-- Two sessions of one builder at the same time are refused by an exclusion constraint, which compares a uuid beside a range. The extension is part
-- of PostgreSQL and trusted: the owner of a database may create it.
create extension if not exists btree_gist;
