-- no-transaction
-- As `audit_events_watched`, whose place it takes, with what upkeep finds: a scan that failed, a request or a secret that is overdue.
create index concurrently if not exists audit_events_of_rules on audit_events (action, occurred_at)
    where action in ('user.sign_in_refused', 'user.signed_in', 'user.code_refused', 'user.proof_refused', 'user.session_returned',
                     'user.session_planted', 'api_key.refused', 'connection.refused', 'connection.reported', 'audit.exported', 'audit.verified',
                     'keys.scanned', 'privacy.overdue', 'secret.overdue');
