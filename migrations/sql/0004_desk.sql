-- What came of a call, and when he asked to be called again.
ALTER TABLE notices ADD COLUMN call_at TIMESTAMP WITH TIME ZONE, ADD COLUMN last_call TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ADD CONSTRAINT ck_notices_last_call CHECK (last_call IN ('', 'reached', 'unreached', 'wrong', 'later'));
