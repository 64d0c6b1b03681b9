-- Reasons that Microsoft accounts bring. Checked first without holding up writers, then for the rows that are there.
alter table calendar_connections drop constraint calendar_connections_health_reason_check;
alter table calendar_connections add constraint calendar_connections_health_reason_check check (health_reason in (
    'consent_withdrawn', 'partial_consent', 'password_refused', 'provider_down', 'rate_limited', 'calendar_gone', 'no_mailbox',
    'admin_approval', 'access_forbidden', 'unreadable_answer', 'key_missing', 'client_refused', 'address_refused')) not valid;
alter table calendar_connections validate constraint calendar_connections_health_reason_check;
