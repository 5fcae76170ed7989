-- The evidence of a part that is not recognised is owed by a clock (53).
ALTER TABLE assignments ADD COLUMN evidence_due_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE site_reports DROP CONSTRAINT ck_site_reports_kind;
ALTER TABLE site_reports ADD CONSTRAINT ck_site_reports_kind CHECK (kind IN
  ('arrival', 'employer_no_show', 'differs', 'early_end', 'void', 'disputed', 'count', 'evidence'));
ALTER TABLE cases DROP CONSTRAINT ck_cases_ended_how;
ALTER TABLE cases ADD CONSTRAINT ck_cases_ended_how CHECK (ended_how IN
  ('settled', 'mediated', 'ruled', 'answered', 'withdrawn', 'paid', 'unproven'));

-- Who said that he came and that it ended: a clerk or a leader who spoke alone owes a call-back (36, 51).
ALTER TABLE assignments ADD COLUMN arrived_by TEXT, ADD COLUMN finished_by TEXT, ADD COLUMN proposed_by TEXT;

-- An authority may take longer, once, with its reason (66).
ALTER TABLE case_referrals ADD COLUMN extended_at TIMESTAMP WITH TIME ZONE, ADD COLUMN extension_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE case_referrals ALTER COLUMN extension_reason DROP DEFAULT;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON case_referrals FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{outcome,reason,extension_reason}', '{"outcome": {"sealed": true}, "reason": {"sealed": true}, "extension_reason": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON case_referrals FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{outcome,reason,extension_reason}', '{"outcome": {"sealed": true}, "reason": {"sealed": true}, "extension_reason": {"sealed": true}}');
