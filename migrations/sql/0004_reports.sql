-- Reports by anybody (R114, R115): hidden agencies, and texts to claimants who have no account.
ALTER TABLE cases DROP CONSTRAINT ck_cases_kind;
ALTER TABLE cases ADD CONSTRAINT ck_cases_kind CHECK (kind IN
  ('complaint', 'dispute', 'wage', 'injury', 'fee', 'false_post', 'agency', 'discrimination', 'other'));
ALTER TABLE notices DROP CONSTRAINT ck_notices_to_side, DROP CONSTRAINT ck_notices_somebody;
ALTER TABLE notices ADD CONSTRAINT ck_notices_to_side CHECK (to_side IN ('worker', 'employer', 'claimant'));
ALTER TABLE notices ADD CONSTRAINT ck_notices_somebody
  CHECK (person_id IS NOT NULL OR employer_id IS NOT NULL OR to_side = 'claimant');

-- Why a text reached nobody, and when it was sent again.
ALTER TABLE notices ADD COLUMN requeued_at TIMESTAMP WITH TIME ZONE, ADD COLUMN error TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ALTER COLUMN error DROP DEFAULT;
