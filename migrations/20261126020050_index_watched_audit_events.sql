-- no-transaction
-- What the rules of detection count. Most entries are none of these, and cost nothing here.
create index concurrently if not exists audit_events_watched on audit_events (action, occurred_at)
    where action in ('user.sign_in_refused', 'user.signed_in', 'user.code_refused', 'user.proof_refused', 'user.session_returned',
                     'user.session_planted', 'api_key.refused', 'connection.refused', 'connection.reported', 'audit.exported', 'audit.verified');
