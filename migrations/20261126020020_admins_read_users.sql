create policy admins_read on users for select to kairos_server using ((select kairos_administers()));
