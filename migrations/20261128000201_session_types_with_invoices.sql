-- Whether Stripe makes an invoice of a session.
set local lock_timeout = '5s';
alter table session_types add column makes_invoice boolean not null default false;
