-- Official letters: templates, letters, sealed papers, receipts.
CREATE TABLE letter_templates (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	kind TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	label TEXT NOT NULL, 
	mark TEXT NOT NULL, 
	body TEXT NOT NULL, 
	fields JSONB NOT NULL, 
	dated BOOLEAN NOT NULL, 
	source TEXT NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	set_by UUID, 
	CONSTRAINT pk_letter_templates PRIMARY KEY (id), 
	CONSTRAINT fk_letter_templates_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_letter_templates_version CHECK (version > 0), 
	CONSTRAINT ck_letter_templates_mark CHECK (length(mark) = 1), 
	CONSTRAINT uq_letter_templates_tenant_kind_version UNIQUE (tenant, kind, version)
);
ALTER TABLE letter_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE letter_templates FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON letter_templates FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON letter_templates FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON letter_templates TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON letter_templates FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON letter_templates FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON letter_templates FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE letters (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	via TEXT COLLATE "C", 
	recipient TEXT NOT NULL, 
	employer_id UUID, 
	operator_id UUID, 
	recipient_name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	label TEXT NOT NULL, 
	mark TEXT NOT NULL, 
	year INTEGER NOT NULL, 
	no INTEGER NOT NULL, 
	number TEXT NOT NULL, 
	issuer TEXT NOT NULL, 
	body JSONB NOT NULL, 
	due_on DATE, 
	withdraws_id UUID, 
	about TEXT NOT NULL, 
	about_id UUID, 
	issued_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	issued_by UUID, 
	issued_name TEXT NOT NULL, 
	CONSTRAINT pk_letters PRIMARY KEY (id), 
	CONSTRAINT fk_letters_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_letters_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_letters_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT fk_letters_operator_id FOREIGN KEY(operator_id) REFERENCES operators (id), 
	CONSTRAINT fk_letters_withdraws_id FOREIGN KEY(withdraws_id) REFERENCES letters (id), 
	CONSTRAINT ck_letters_recipient CHECK (recipient IN ('node', 'operator', 'employer')), 
	CONSTRAINT ck_letters_no CHECK (no > 0), 
	CONSTRAINT ck_letters_employer CHECK ((employer_id IS NOT NULL) = (recipient = 'employer')), 
	CONSTRAINT ck_letters_operator CHECK ((operator_id IS NOT NULL) = (recipient = 'operator')), 
	CONSTRAINT uq_letters_tenant_mark_year_no UNIQUE (tenant, mark, year, no)
);
CREATE INDEX ix_letters_about_id ON letters (about_id) WHERE about_id IS NOT NULL;
CREATE INDEX ix_letters_employer_id_issued_at ON letters (employer_id, issued_at) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_letters_operator_id ON letters (operator_id) WHERE operator_id IS NOT NULL;
CREATE INDEX ix_letters_tenant_issued_at ON letters (tenant, issued_at);
CREATE INDEX ix_letters_via_issued_at ON letters (via, issued_at) WHERE via IS NOT NULL;
CREATE UNIQUE INDEX ix_letters_withdraws_id ON letters (withdraws_id) WHERE withdraws_id IS NOT NULL;
ALTER TABLE letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE letters FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON letters FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY scope_insert ON letters FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON letters TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON letters FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON letters FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON letters FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE letter_files (
	id UUID NOT NULL, 
	letter_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	via TEXT COLLATE "C", 
	employer_id UUID, 
	sha256 BYTEA NOT NULL, 
	content BYTEA NOT NULL, 
	pages INTEGER NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_letter_files PRIMARY KEY (id), 
	CONSTRAINT fk_letter_files_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_letter_files_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_letter_files_letter_id FOREIGN KEY(letter_id) REFERENCES letters (id), 
	CONSTRAINT uq_letter_files_letter_id UNIQUE (letter_id)
);
CREATE INDEX ix_letter_files_tenant ON letter_files (tenant);
CREATE INDEX ix_letter_files_via ON letter_files (via) WHERE via IS NOT NULL;
ALTER TABLE letter_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE letter_files FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON letter_files FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY scope_insert ON letter_files FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON letter_files TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON letter_files FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE letter_receipts (
	id UUID NOT NULL, 
	letter_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	via TEXT COLLATE "C", 
	employer_id UUID, 
	name TEXT NOT NULL, 
	signed_by UUID, 
	signed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_letter_receipts PRIMARY KEY (id), 
	CONSTRAINT fk_letter_receipts_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_letter_receipts_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_letter_receipts_letter_id FOREIGN KEY(letter_id) REFERENCES letters (id), 
	CONSTRAINT uq_letter_receipts_letter_id UNIQUE (letter_id)
);
CREATE INDEX ix_letter_receipts_tenant ON letter_receipts (tenant);
CREATE INDEX ix_letter_receipts_via ON letter_receipts (via) WHERE via IS NOT NULL;
ALTER TABLE letter_receipts ENABLE ROW LEVEL SECURITY;
ALTER TABLE letter_receipts FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON letter_receipts FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY scope_insert ON letter_receipts FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON letter_receipts TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON letter_receipts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON letter_receipts FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON letter_receipts FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'county_bureau', '*', 'letter', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'letter', 'issue', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'letter', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'letter', 'issue', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'letter', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'letter', 'sign', 'down', 'allow'),
  ('p', 'street_operator', '*', 'letter', 'read', 'down', 'allow'),
  ('p', 'street_operator', '*', 'letter', 'sign', 'down', 'allow'),
  ('p', 'county_operator', '*', 'letter', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'letter', 'sign', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'letter', 'sign', 'down', 'allow'),
  ('p', 'employer', '*', 'letter', 'read', 'any', 'allow'),
  ('p', 'employer', '*', 'letter', 'sign', 'any', 'allow'),
  ('p', 'auditor', '*', 'letter', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'letter', 'issue', 'any', 'deny'),
  ('p', 'auditor', '*', 'letter', 'sign', 'any', 'deny')
ON CONFLICT DO NOTHING;
