-- Measures: daily facts, and how far the audit trail has been followed into them. No trigger: a writer does nothing for a figure.
CREATE TABLE metric_facts (
	tenant TEXT COLLATE "C" NOT NULL, 
	day DATE NOT NULL, 
	component TEXT COLLATE "C" NOT NULL, 
	trade_code TEXT COLLATE "C" NOT NULL, 
	grp TEXT COLLATE "C" NOT NULL, 
	key TEXT COLLATE "C" NOT NULL, 
	value BIGINT NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT pk_metric_facts PRIMARY KEY (tenant, day, component, trade_code, grp, key), 
	CONSTRAINT fk_metric_facts_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE
);
CREATE INDEX ix_metric_facts_component_tenant_day ON metric_facts (component, tenant, day);
CREATE INDEX ix_metric_facts_day ON metric_facts (day);
ALTER TABLE metric_facts ENABLE ROW LEVEL SECURITY;
ALTER TABLE metric_facts FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON metric_facts FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON metric_facts TO linggong_app;

CREATE TABLE metric_positions (
	chain UUID NOT NULL, 
	n BIGINT NOT NULL, 
	CONSTRAINT pk_metric_positions PRIMARY KEY (chain)
);
ALTER TABLE metric_positions ENABLE ROW LEVEL SECURITY;
ALTER TABLE metric_positions FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON metric_positions FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON metric_positions TO linggong_app;

CREATE TABLE metric_sums (
	tenant TEXT COLLATE "C" NOT NULL, 
	span TEXT COLLATE "C" NOT NULL, 
	grp TEXT COLLATE "C" NOT NULL, 
	component TEXT COLLATE "C" NOT NULL, 
	first DATE NOT NULL, 
	key TEXT COLLATE "C" NOT NULL, 
	value BIGINT NOT NULL, 
	earliest DATE NOT NULL, 
	latest DATE NOT NULL, 
	CONSTRAINT pk_metric_sums PRIMARY KEY (tenant, span, grp, component, first, key), 
	CONSTRAINT fk_metric_sums_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_metric_sums_span CHECK (span IN ('day', 'month'))
);
CREATE INDEX ix_metric_sums_first ON metric_sums (first);
ALTER TABLE metric_sums ENABLE ROW LEVEL SECURITY;
ALTER TABLE metric_sums FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON metric_sums FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON metric_sums TO linggong_app;

CREATE INDEX ix_shifts_tenant_work_date ON shifts (tenant, work_date);
CREATE INDEX ix_ratings_tenant_created_at ON ratings (tenant, created_at);

-- Lays what a row was before each of its changes over what it is now: over a window from the newest change to the oldest it gives
-- every image that the row had in between.
CREATE AGGREGATE jsonb_overlay(jsonb) (SFUNC = jsonb_concat, STYPE = jsonb, INITCOND = '{}');
REVOKE EXECUTE ON FUNCTION jsonb_overlay(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION jsonb_overlay(jsonb) TO linggong_app;
