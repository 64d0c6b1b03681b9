-- no-transaction
-- Whether an entry is evidence of something.
create index concurrently incident_evidence_of_entry on incident_evidence (audit_event_id);
