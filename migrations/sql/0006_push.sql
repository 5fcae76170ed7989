-- When and how workers are told, and whom the market tells of new work.
ALTER TABLE notices ADD COLUMN not_before TIMESTAMP WITH TIME ZONE;
ALTER TABLE notices ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ALTER COLUMN channel DROP DEFAULT;
ALTER TABLE notices ADD CONSTRAINT ck_notices_channel CHECK (channel IN ('', 'sms', 'keypad', 'call', 'page'));

ALTER TABLE search_hits ALTER COLUMN search_id DROP NOT NULL;
ALTER TABLE search_hits ADD COLUMN score INTEGER;
ALTER TABLE search_hits ADD COLUMN left_out TEXT NOT NULL DEFAULT '';
ALTER TABLE search_hits ALTER COLUMN left_out DROP DEFAULT;
ALTER TABLE search_hits ADD CONSTRAINT ck_search_hits_left_out CHECK (left_out IN ('', 'over', 'late'));

-- The quiet hours are those of every message now, no more of saved searches alone.
UPDATE parameter_values SET key = 'push.quiet_from' WHERE key = 'search.quiet_from';
UPDATE parameter_values SET key = 'push.quiet_to' WHERE key = 'search.quiet_to';

-- Somebody who is asked to fill a gap (40).
ALTER TABLE engagements DROP CONSTRAINT ck_engagements_source;
ALTER TABLE engagements ADD CONSTRAINT ck_engagements_source CHECK (source IN ('applied', 'invited', 'fill_in'));

CREATE TABLE post_looks (
	order_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	first_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	rest_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_post_looks PRIMARY KEY (order_id), 
	CONSTRAINT fk_post_looks_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_post_looks_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
CREATE INDEX ix_post_looks_tenant ON post_looks (tenant);
ALTER TABLE post_looks ENABLE ROW LEVEL SECURITY;
ALTER TABLE post_looks FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON post_looks FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON post_looks TO linggong_app;

CREATE TABLE fill_ins (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	order_id UUID NOT NULL, 
	cause TEXT NOT NULL, 
	begun_by TEXT NOT NULL, 
	begun_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	state TEXT NOT NULL, 
	wave INTEGER NOT NULL, 
	next_at TIMESTAMP WITH TIME ZONE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	why_over TEXT NOT NULL, 
	CONSTRAINT pk_fill_ins PRIMARY KEY (id), 
	CONSTRAINT fk_fill_ins_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_fill_ins_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE, 
	CONSTRAINT ck_fill_ins_cause CHECK (cause IN ('no_show', 'asked')), 
	CONSTRAINT ck_fill_ins_state CHECK (state IN ('running', 'filled', 'over', 'stopped')), 
	CONSTRAINT uq_fill_ins_tenant_id UNIQUE (tenant, id)
);
CREATE INDEX ix_fill_ins_tenant_begun_at ON fill_ins (tenant, begun_at);
CREATE INDEX ix_fill_ins_tenant_order_id ON fill_ins (tenant, order_id);
CREATE UNIQUE INDEX uq_fill_ins_running ON fill_ins (order_id) WHERE state = 'running';
ALTER TABLE fill_ins ENABLE ROW LEVEL SECURITY;
ALTER TABLE fill_ins FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON fill_ins FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON fill_ins TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON fill_ins FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON fill_ins FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE fill_in_asks (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	fill_in_id UUID NOT NULL, 
	engagement_id UUID NOT NULL, 
	wave INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	score INTEGER NOT NULL, 
	why TEXT NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_fill_in_asks PRIMARY KEY (id), 
	CONSTRAINT fk_fill_in_asks_tenant_fill_in_id FOREIGN KEY(tenant, fill_in_id) REFERENCES fill_ins (tenant, id) ON UPDATE CASCADE, 
	CONSTRAINT fk_fill_in_asks_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id), 
	CONSTRAINT ck_fill_in_asks_source CHECK (source IN ('standby', 'here', 'available')), 
	CONSTRAINT uq_fill_in_asks_engagement_id UNIQUE (engagement_id)
);
CREATE INDEX ix_fill_in_asks_tenant_fill_in_id ON fill_in_asks (tenant, fill_in_id);
ALTER TABLE fill_in_asks ENABLE ROW LEVEL SECURITY;
ALTER TABLE fill_in_asks FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON fill_in_asks FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON fill_in_asks TO linggong_app;

CREATE TABLE handovers (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	via TEXT COLLATE "C" NOT NULL, 
	worker_id UUID NOT NULL, 
	order_id UUID NOT NULL, 
	engagement_id UUID NOT NULL, 
	km DOUBLE PRECISION, 
	ride BOOLEAN NOT NULL, 
	asked_by UUID, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	left_at TIMESTAMP WITH TIME ZONE, 
	left_by UUID, 
	came_at TIMESTAMP WITH TIME ZONE, 
	came_by UUID, 
	CONSTRAINT pk_handovers PRIMARY KEY (id), 
	CONSTRAINT fk_handovers_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_handovers_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_handovers_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id), 
	CONSTRAINT fk_handovers_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT uq_handovers_engagement_id UNIQUE (engagement_id), 
	CONSTRAINT ck_handovers_times CHECK (came_at >= left_at)
);
CREATE INDEX ix_handovers_order_id ON handovers (order_id);
CREATE INDEX ix_handovers_tenant_asked_at ON handovers (tenant, asked_at);
CREATE INDEX ix_handovers_via_asked_at ON handovers (via, asked_at);
CREATE INDEX ix_handovers_worker_id ON handovers (worker_id);
ALTER TABLE handovers ENABLE ROW LEVEL SECURITY;
ALTER TABLE handovers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON handovers FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON handovers TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON handovers FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON handovers FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

