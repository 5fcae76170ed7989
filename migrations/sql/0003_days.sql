-- Days that differ from the week, and receipts of what people were told.
CREATE TABLE holiday_days (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	day DATE NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	source TEXT NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	set_by UUID, 
	CONSTRAINT pk_holiday_days PRIMARY KEY (id), 
	CONSTRAINT fk_holiday_days_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_holiday_days_kind CHECK (kind IN ('holiday', 'workday')), 
	CONSTRAINT uq_holiday_days_tenant_day UNIQUE (tenant, day)
);
CREATE INDEX ix_holiday_days_day ON holiday_days (day);
ALTER TABLE holiday_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE holiday_days FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON holiday_days FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON holiday_days FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON holiday_days FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON holiday_days FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON holiday_days TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON holiday_days FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON holiday_days FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE notices (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	via TEXT COLLATE "C", 
	person_id UUID, 
	employer_id UUID, 
	to_side TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	subject_id UUID NOT NULL, 
	text TEXT NOT NULL, 
	state TEXT NOT NULL, 
	call_wanted BOOLEAN NOT NULL, 
	tries INTEGER NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	settled_at TIMESTAMP WITH TIME ZONE, 
	settled_how TEXT NOT NULL, 
	CONSTRAINT pk_notices PRIMARY KEY (id), 
	CONSTRAINT fk_notices_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_notices_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_notices_to_side CHECK (to_side IN ('worker', 'employer')), 
	CONSTRAINT ck_notices_state CHECK (state IN ('queued', 'sent', 'reached', 'unreached')), 
	CONSTRAINT ck_notices_somebody CHECK (person_id IS NOT NULL OR employer_id IS NOT NULL)
);
CREATE INDEX ix_notices_calls ON notices (tenant, created_at) WHERE call_wanted;
CREATE INDEX ix_notices_employer_id_created_at ON notices (employer_id, created_at) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_notices_person_id_created_at ON notices (person_id, created_at) WHERE person_id IS NOT NULL;
CREATE INDEX ix_notices_queued ON notices (created_at) WHERE state = 'queued';
CREATE INDEX ix_notices_subject_id ON notices (subject_id);
CREATE INDEX ix_notices_tenant ON notices (tenant);
CREATE INDEX ix_notices_via ON notices (via) WHERE via IS NOT NULL;
ALTER TABLE notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE notices FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON notices FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON notices TO linggong_app;

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_clerk', '*', 'notice', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'notice', 'call', 'down', 'allow'),
  ('p', 'county_operator', '*', 'notice', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'notice', 'call', 'down', 'allow'),
  ('p', 'auditor', '*', 'notice', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'notice', 'call', 'any', 'deny');
