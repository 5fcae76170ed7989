-- Score cards as data, a year's assessment, the log of upkeep, the recognition of model markets.
CREATE TABLE score_cards (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	card TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	paper BOOLEAN NOT NULL, 
	first DATE NOT NULL, 
	body JSONB NOT NULL, 
	reason TEXT NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	made_by UUID, 
	CONSTRAINT pk_score_cards PRIMARY KEY (id), 
	CONSTRAINT fk_score_cards_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_score_cards_version CHECK (version > 0), 
	CONSTRAINT uq_score_cards_tenant_card_version UNIQUE (tenant, card, version)
);
ALTER TABLE score_cards ENABLE ROW LEVEL SECURITY;
ALTER TABLE score_cards FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON score_cards FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON score_cards FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON score_cards TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON score_cards FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON score_cards FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON score_cards FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE card_adoptions (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	card TEXT NOT NULL, 
	document TEXT NOT NULL, 
	adopted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	adopted_by UUID, 
	CONSTRAINT pk_card_adoptions PRIMARY KEY (id), 
	CONSTRAINT fk_card_adoptions_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT uq_card_adoptions_tenant_card UNIQUE (tenant, card)
);
ALTER TABLE card_adoptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE card_adoptions FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON card_adoptions FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON card_adoptions FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON card_adoptions TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON card_adoptions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON card_adoptions FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON card_adoptions FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE assessments (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	contract_id UUID, 
	year INTEGER NOT NULL, 
	first DATE NOT NULL, 
	last DATE NOT NULL, 
	card_id UUID NOT NULL, 
	state TEXT NOT NULL, 
	options JSONB NOT NULL, 
	begun_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	begun_by UUID, 
	frozen JSONB, 
	frozen_hash TEXT, 
	frozen_at TIMESTAMP WITH TIME ZONE, 
	frozen_by UUID, 
	report_until TIMESTAMP WITH TIME ZONE, 
	reviewed_at TIMESTAMP WITH TIME ZONE, 
	reviewed_by UUID, 
	appeal_until TIMESTAMP WITH TIME ZONE, 
	score JSONB, 
	points INTEGER, 
	grade TEXT, 
	final_at TIMESTAMP WITH TIME ZONE, 
	final_by UUID, 
	CONSTRAINT pk_assessments PRIMARY KEY (id), 
	CONSTRAINT fk_assessments_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_assessments_contract_id FOREIGN KEY(contract_id) REFERENCES operator_contracts (id), 
	CONSTRAINT fk_assessments_card_id FOREIGN KEY(card_id) REFERENCES score_cards (id), 
	CONSTRAINT ck_assessments_state CHECK (state IN ('S_OPEN', 'S_FROZEN', 'S_REPORTED', 'S_REVIEWED', 'S_APPEALED', 'S_FINAL')), 
	CONSTRAINT ck_assessments_period CHECK (last >= first), 
	CONSTRAINT ck_assessments_frozen CHECK ((frozen IS NULL) = (frozen_hash IS NULL)), 
	CONSTRAINT ck_assessments_final CHECK ((state = 'S_FINAL') = (final_at IS NOT NULL)), 
	CONSTRAINT uq_assessments_contract_id_year UNIQUE (contract_id, year)
);
CREATE INDEX ix_assessments_card_id ON assessments (card_id);
CREATE INDEX ix_assessments_tenant_year ON assessments (tenant, year);
CREATE UNIQUE INDEX uq_assessments_station_year ON assessments (tenant, year) WHERE contract_id IS NULL;
ALTER TABLE assessments ENABLE ROW LEVEL SECURITY;
ALTER TABLE assessments FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON assessments FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON assessments TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON assessments FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON assessments FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE assessment_materials (
	id UUID NOT NULL, 
	assessment_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	row_no INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	words TEXT NOT NULL, 
	number INTEGER, 
	by_operator BOOLEAN NOT NULL, 
	filed_by UUID, 
	filed_name TEXT NOT NULL, 
	filed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_assessment_materials PRIMARY KEY (id), 
	CONSTRAINT fk_assessment_materials_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_assessment_materials_assessment_id FOREIGN KEY(assessment_id) REFERENCES assessments (id)
);
CREATE INDEX ix_assessment_materials_assessment_id_row_no ON assessment_materials (assessment_id, row_no);
CREATE INDEX ix_assessment_materials_tenant ON assessment_materials (tenant);
ALTER TABLE assessment_materials ENABLE ROW LEVEL SECURITY;
ALTER TABLE assessment_materials FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON assessment_materials FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON assessment_materials FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON assessment_materials TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON assessment_materials FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON assessment_materials FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON assessment_materials FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE assessment_words (
	id UUID NOT NULL, 
	assessment_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	kind TEXT NOT NULL, 
	words TEXT NOT NULL, 
	body JSONB NOT NULL, 
	said_by UUID, 
	said_name TEXT NOT NULL, 
	said_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_assessment_words PRIMARY KEY (id), 
	CONSTRAINT fk_assessment_words_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_assessment_words_assessment_id FOREIGN KEY(assessment_id) REFERENCES assessments (id), 
	CONSTRAINT ck_assessment_words_kind CHECK (kind IN ('report', 'review', 'appeal', 'decision', 'final', 'refused'))
);
CREATE INDEX ix_assessment_words_assessment_id_said_at ON assessment_words (assessment_id, said_at);
CREATE INDEX ix_assessment_words_tenant ON assessment_words (tenant);
ALTER TABLE assessment_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE assessment_words FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON assessment_words FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON assessment_words FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON assessment_words TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON assessment_words FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON assessment_words FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON assessment_words FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE upkeep_entries (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	kind TEXT NOT NULL, 
	what TEXT NOT NULL, 
	day DATE NOT NULL, 
	words TEXT NOT NULL, 
	down_minutes INTEGER NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	made_by UUID, 
	made_name TEXT NOT NULL, 
	CONSTRAINT pk_upkeep_entries PRIMARY KEY (id), 
	CONSTRAINT fk_upkeep_entries_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_upkeep_entries_kind CHECK (kind IN ('function', 'database', 'platform', 'security')), 
	CONSTRAINT ck_upkeep_entries_what CHECK (what IN ('upkeep', 'backup_drill', 'patch', 'incident', 'penetration')), 
	CONSTRAINT ck_upkeep_entries_down CHECK (down_minutes BETWEEN 0 AND 43200)
);
CREATE INDEX ix_upkeep_entries_tenant_day ON upkeep_entries (tenant, day);
ALTER TABLE upkeep_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE upkeep_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON upkeep_entries FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON upkeep_entries FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON upkeep_entries TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON upkeep_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON upkeep_entries FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON upkeep_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE uptime_days (
	day DATE NOT NULL, 
	beats INTEGER NOT NULL, 
	first_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	last_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_uptime_days PRIMARY KEY (day), 
	CONSTRAINT ck_uptime_days_beats CHECK (beats > 0)
);
ALTER TABLE uptime_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE uptime_days FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON uptime_days FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON uptime_days FOR INSERT TO PUBLIC WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON uptime_days FOR UPDATE TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON uptime_days FOR DELETE TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON uptime_days TO linggong_app;

CREATE TABLE recognitions (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	state TEXT NOT NULL, 
	applied_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	checks JSONB NOT NULL, 
	public_until TIMESTAMP WITH TIME ZONE, 
	granted_at TIMESTAMP WITH TIME ZONE, 
	plaque TEXT NOT NULL, 
	recheck_due DATE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_recognitions PRIMARY KEY (id), 
	CONSTRAINT fk_recognitions_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_recognitions_state CHECK (state IN ('R_APPLIED', 'R_CHECKED', 'R_VISITED', 'R_PUBLIC', 'R_GRANTED', 'R_REVOKED', 'R_REFUSED'))
);
CREATE INDEX ix_recognitions_tenant ON recognitions (tenant);
CREATE UNIQUE INDEX uq_recognitions_live ON recognitions (tenant) WHERE state NOT IN ('R_REVOKED', 'R_REFUSED');
ALTER TABLE recognitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE recognitions FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON recognitions FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON recognitions TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON recognitions FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON recognitions FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE recognition_words (
	id UUID NOT NULL, 
	recognition_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	kind TEXT NOT NULL, 
	words TEXT NOT NULL, 
	said_by UUID, 
	said_name TEXT NOT NULL, 
	said_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_recognition_words PRIMARY KEY (id), 
	CONSTRAINT fk_recognition_words_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_recognition_words_recognition_id FOREIGN KEY(recognition_id) REFERENCES recognitions (id), 
	CONSTRAINT ck_recognition_words_kind CHECK (kind IN ('applied', 'checked', 'visited', 'publicized', 'granted', 'rechecked', 'revoked', 'refused', 'objection', 'answer'))
);
CREATE INDEX ix_recognition_words_recognition_id_said_at ON recognition_words (recognition_id, said_at);
CREATE INDEX ix_recognition_words_tenant ON recognition_words (tenant);
ALTER TABLE recognition_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE recognition_words FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON recognition_words FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON recognition_words FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON recognition_words TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON recognition_words FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON recognition_words FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON recognition_words FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');


-- Who reviewed a year does not make it final; who applied does not judge, who visited does not grant.
INSERT INTO duty_separations (key, first, second, words, first_roles, second_roles) VALUES
  ('assess-final', 'scorecard.assessed', 'scorecard.decided scorecard.finished',
   '自己评审的年度不能自己定案，请另一位同事来定。', '[]', '[]'),
  ('recognise', 'recognition.applied', 'recognition.checked recognition.visited',
   '自己申报的市场不能自己审核，请另一位同事来审。', '[]', '[]'),
  ('recognise-grant', 'recognition.applied recognition.visited', 'recognition.granted',
   '自己申报或核查的市场不能自己认定，请另一位同事来认定。', '[]', '[]')
ON CONFLICT DO NOTHING;

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_manager', '*', 'scorecard', 'file', 'down', 'allow'),
  ('p', 'county_operator', '*', 'scorecard', 'file', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'scorecard', 'file', 'down', 'allow'),
  ('p', 'station_manager', '*', 'scorecard', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'recognition', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'recognition', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'recognition', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'recognition', 'apply', 'down', 'allow'),
  ('p', 'auditor', '*', 'scorecard', 'file', 'any', 'deny'),
  ('p', 'auditor', '*', 'recognition', 'apply', 'any', 'deny')
ON CONFLICT DO NOTHING;
