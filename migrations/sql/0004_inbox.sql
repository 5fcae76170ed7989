-- The inbox of staff: notices and tasks for each receiving office, who read them, what was said.
CREATE TABLE memos (
	id UUID NOT NULL, 
	batch_id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	office TEXT NOT NULL, 
	from_node UUID NOT NULL, 
	from_office TEXT NOT NULL, 
	sender TEXT NOT NULL, 
	sent_by UUID, 
	sent_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	title TEXT NOT NULL, 
	body TEXT NOT NULL, 
	state TEXT NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE, 
	signed_at TIMESTAMP WITH TIME ZONE, 
	signed_by TEXT NOT NULL, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	reminded_at TIMESTAMP WITH TIME ZONE, 
	overdue_at TIMESTAMP WITH TIME ZONE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_memos PRIMARY KEY (id), 
	CONSTRAINT fk_memos_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_memos_from_node FOREIGN KEY(from_node) REFERENCES nodes (id), 
	CONSTRAINT ck_memos_kind CHECK (kind IN ('notice', 'task')), 
	CONSTRAINT ck_memos_office CHECK (office IN ('bureau', 'operator', 'street', 'station')), 
	CONSTRAINT ck_memos_from_office CHECK (from_office IN ('bureau', 'operator', 'street', 'station')), 
	CONSTRAINT ck_memos_state CHECK (state IN ('M_SENT', 'M_DOING', 'M_ANSWERED', 'M_RETURNED', 'M_NOTED', 'M_CLOSED', 'M_WITHDRAWN')), 
	CONSTRAINT ck_memos_deadline CHECK ((kind = 'task') = (due_at IS NOT NULL)), 
	CONSTRAINT uq_memos_batch_id_tenant_office UNIQUE (batch_id, tenant, office)
);
CREATE INDEX ix_memos_from_node_from_office_sent_at ON memos (from_node, from_office, sent_at);
CREATE INDEX ix_memos_tenant_office_state ON memos (tenant, office, state);
ALTER TABLE memos ENABLE ROW LEVEL SECURITY;
ALTER TABLE memos FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON memos FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON memos TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON memos FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON memos FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE memo_reads (
	memo_id UUID NOT NULL, 
	staff_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	name TEXT NOT NULL, 
	read_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_memo_reads PRIMARY KEY (memo_id, staff_id), 
	CONSTRAINT fk_memo_reads_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_memo_reads_memo_id FOREIGN KEY(memo_id) REFERENCES memos (id), 
	CONSTRAINT fk_memo_reads_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id)
);
CREATE INDEX ix_memo_reads_staff_id ON memo_reads (staff_id);
CREATE INDEX ix_memo_reads_tenant ON memo_reads (tenant);
ALTER TABLE memo_reads ENABLE ROW LEVEL SECURITY;
ALTER TABLE memo_reads FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON memo_reads FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON memo_reads TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON memo_reads FOR EACH ROW EXECUTE FUNCTION audit_collect('{memo_id,staff_id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON memo_reads FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{memo_id,staff_id}', 'tenant', '{}', '{}');

CREATE TABLE memo_words (
	id UUID NOT NULL, 
	memo_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	kind TEXT NOT NULL, 
	words TEXT NOT NULL, 
	name TEXT NOT NULL, 
	staff_id UUID, 
	said_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_memo_words PRIMARY KEY (id), 
	CONSTRAINT fk_memo_words_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_memo_words_memo_id FOREIGN KEY(memo_id) REFERENCES memos (id), 
	CONSTRAINT ck_memo_words_kind CHECK (kind IN ('answer', 'return', 'withdraw'))
);
CREATE INDEX ix_memo_words_memo_id_said_at ON memo_words (memo_id, said_at);
CREATE INDEX ix_memo_words_tenant ON memo_words (tenant);
ALTER TABLE memo_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE memo_words FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON memo_words FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON memo_words FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON memo_words TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON memo_words FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON memo_words FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON memo_words FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_clerk', '*', 'memo', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'memo', 'answer', 'down', 'allow'),
  ('p', 'street_operator', '*', 'memo', 'read', 'down', 'allow'),
  ('p', 'street_operator', '*', 'memo', 'answer', 'down', 'allow'),
  ('p', 'county_operator', '*', 'memo', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'memo', 'answer', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'memo', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'memo', 'answer', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'memo', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'memo', 'answer', 'down', 'allow'),
  ('p', 'street_operator', '*', 'memo', 'send', 'down', 'allow'),
  ('p', 'county_operator', '*', 'memo', 'send', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'memo', 'send', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'memo', 'send', 'down', 'allow'),
  ('p', 'auditor', '*', 'memo', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'memo', 'answer', 'any', 'deny'),
  ('p', 'auditor', '*', 'memo', 'send', 'any', 'deny');
