-- Proposals of who goes where, and the proofs that give priority (docs/matching.md).
CREATE TABLE dispatch_proposals (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	state TEXT NOT NULL, 
	day DATE NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	made_by UUID, 
	settings JSONB NOT NULL, 
	figures JSONB NOT NULL, 
	closed_at TIMESTAMP WITH TIME ZONE, 
	closed_by UUID, 
	CONSTRAINT pk_dispatch_proposals PRIMARY KEY (id), 
	CONSTRAINT fk_dispatch_proposals_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_dispatch_proposals_state CHECK (state IN ('open', 'sent', 'dropped')), 
	CONSTRAINT uq_dispatch_proposals_tenant_id UNIQUE (tenant, id)
);
CREATE INDEX ix_dispatch_proposals_tenant_made_at ON dispatch_proposals (tenant, made_at);
ALTER TABLE dispatch_proposals ENABLE ROW LEVEL SECURITY;
ALTER TABLE dispatch_proposals FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON dispatch_proposals FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON dispatch_proposals TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON dispatch_proposals FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON dispatch_proposals FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE dispatch_lines (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	proposal_id UUID NOT NULL, 
	worker_id UUID NOT NULL, 
	order_id UUID, 
	state TEXT NOT NULL, 
	score INTEGER, 
	why TEXT NOT NULL, 
	crew_id UUID, 
	engagement_id UUID, 
	CONSTRAINT pk_dispatch_lines PRIMARY KEY (id), 
	CONSTRAINT fk_dispatch_lines_tenant_proposal_id FOREIGN KEY(tenant, proposal_id) REFERENCES dispatch_proposals (tenant, id) ON UPDATE CASCADE, 
	CONSTRAINT fk_dispatch_lines_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT fk_dispatch_lines_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id), 
	CONSTRAINT fk_dispatch_lines_crew_id FOREIGN KEY(crew_id) REFERENCES crews (id), 
	CONSTRAINT fk_dispatch_lines_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id), 
	CONSTRAINT ck_dispatch_lines_state CHECK (state IN ('proposed', 'locked', 'dropped', 'without', 'sent', 'left_out')), 
	CONSTRAINT ck_dispatch_lines_score CHECK (score BETWEEN 0 AND 100), 
	CONSTRAINT uq_dispatch_lines_proposal_id_worker_id UNIQUE (proposal_id, worker_id)
);
CREATE INDEX ix_dispatch_lines_crew_id ON dispatch_lines (crew_id) WHERE crew_id IS NOT NULL;
CREATE INDEX ix_dispatch_lines_engagement_id ON dispatch_lines (engagement_id) WHERE engagement_id IS NOT NULL;
CREATE INDEX ix_dispatch_lines_order_id ON dispatch_lines (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX ix_dispatch_lines_tenant_proposal_id ON dispatch_lines (tenant, proposal_id);
CREATE INDEX ix_dispatch_lines_worker_id ON dispatch_lines (worker_id);
ALTER TABLE dispatch_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE dispatch_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON dispatch_lines FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON dispatch_lines TO linggong_app;

CREATE TABLE priority_marks (
	id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	category TEXT NOT NULL, 
	grantor TEXT NOT NULL, 
	proof TEXT NOT NULL, 
	valid_to DATE NOT NULL, 
	consent_id UUID NOT NULL, 
	recorded_by UUID, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_priority_marks PRIMARY KEY (id), 
	CONSTRAINT fk_priority_marks_person_id FOREIGN KEY(person_id) REFERENCES persons (id), 
	CONSTRAINT fk_priority_marks_consent_id FOREIGN KEY(consent_id) REFERENCES consents (id), 
	CONSTRAINT ck_priority_marks_category CHECK (category IN ('long_wait', 'low_income', 'subsistence', 'disabled', 'veteran', 'woman', 'land_lost', 'older'))
);
CREATE INDEX ix_priority_marks_consent_id ON priority_marks (consent_id);
CREATE INDEX ix_priority_marks_person_id ON priority_marks (person_id);
CREATE UNIQUE INDEX uq_priority_marks_live ON priority_marks (person_id, category) WHERE ended_at IS NULL;
ALTER TABLE priority_marks ENABLE ROW LEVEL SECURITY;
ALTER TABLE priority_marks FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON priority_marks FOR ALL TO PUBLIC USING (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = priority_marks.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system') WITH CHECK (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = priority_marks.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON priority_marks TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON priority_marks FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', '', '{category,grantor,proof}', '{"category": {"sealed": true}, "grantor": {"sealed": true}, "proof": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON priority_marks FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', '', '{category,grantor,proof}', '{"category": {"sealed": true}, "grantor": {"sealed": true}, "proof": {"sealed": true}}');

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_clerk', '*', 'dispatch', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'dispatch', 'propose', 'down', 'allow'),
  ('p', 'county_operator', '*', 'dispatch', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'dispatch', 'propose', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'priority', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'priority', 'record', 'down', 'allow'),
  ('p', 'county_operator', '*', 'priority', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'priority', 'record', 'down', 'allow'),
  ('p', 'auditor', '*', 'dispatch', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'priority', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'dispatch', 'propose', 'any', 'deny'),
  ('p', 'auditor', '*', 'priority', 'record', 'any', 'deny');
