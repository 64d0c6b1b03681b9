create policy admins_read on data_keys for select to kairos_server using ((select kairos_administers()));
