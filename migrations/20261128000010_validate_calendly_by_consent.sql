-- The rows of before keep to both already.
set local lock_timeout = '5s';
alter table calendly_accounts validate constraint calendly_accounts_consent_check;
alter table calendly_accounts validate constraint calendly_accounts_failure_check;
