set local lock_timeout = '5s';
create policy admins_read on api_keys for select to kairos_server using ((select kairos_administers()));
