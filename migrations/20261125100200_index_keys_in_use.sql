-- no-transaction
create index concurrently if not exists data_keys_master_key on data_keys (master_key_id);
