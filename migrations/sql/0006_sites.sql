-- Stations: population of places, declared closures, hits of the zombie rule, alarms of supply and demand.
CREATE TABLE node_populations (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	as_of DATE NOT NULL, 
	residents INTEGER NOT NULL, 
	working_age INTEGER, 
	source TEXT NOT NULL, 
	is_sample BOOLEAN NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	set_by UUID, 
	CONSTRAINT pk_node_populations PRIMARY KEY (id), 
	CONSTRAINT fk_node_populations_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT uq_node_populations_tenant_as_of UNIQUE (tenant, as_of), 
	CONSTRAINT ck_node_populations_residents CHECK (residents BETWEEN 0 AND 50000000), 
	CONSTRAINT ck_node_populations_working_age CHECK (working_age BETWEEN 0 AND residents)
);
ALTER TABLE node_populations ENABLE ROW LEVEL SECURITY;
ALTER TABLE node_populations FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON node_populations FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON node_populations FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON node_populations FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON node_populations FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON node_populations TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON node_populations FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON node_populations FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE site_days (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	day DATE NOT NULL, 
	sign TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	first_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_site_days PRIMARY KEY (id), 
	CONSTRAINT fk_site_days_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_days_sign CHECK (sign IN ('clerk', 'beat', 'deed', 'entries', 'timely')), 
	CONSTRAINT ck_site_days_n CHECK (n > 0), 
	CONSTRAINT uq_site_days_tenant_day_sign UNIQUE (tenant, day, sign)
);
ALTER TABLE site_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_days FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON site_days FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON site_days TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_days FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_days FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE site_closures (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	first DATE NOT NULL, 
	last DATE NOT NULL, 
	kind TEXT NOT NULL, 
	note TEXT NOT NULL, 
	declared_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	declared_by UUID, 
	ended_on DATE, 
	CONSTRAINT pk_site_closures PRIMARY KEY (id), 
	CONSTRAINT fk_site_closures_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_closures_kind CHECK (kind IN ('farm_season', 'renovation', 'other')), 
	CONSTRAINT ck_site_closures_period CHECK (last >= first)
);
CREATE INDEX ix_site_closures_tenant_first ON site_closures (tenant, first);
ALTER TABLE site_closures ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_closures FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON site_closures FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON site_closures TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_closures FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_closures FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE site_hits (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	month DATE NOT NULL, 
	verdict TEXT NOT NULL, 
	nth INTEGER NOT NULL, 
	proposes TEXT NOT NULL, 
	evidence JSONB NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_site_hits PRIMARY KEY (id), 
	CONSTRAINT fk_site_hits_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_hits_verdict CHECK (verdict IN ('zombie', 'empty')), 
	CONSTRAINT ck_site_hits_proposes CHECK (proposes IN ('notice', 'yellow', 'delist')), 
	CONSTRAINT ck_site_hits_nth CHECK (nth BETWEEN 1 AND 3), 
	CONSTRAINT uq_site_hits_tenant_month UNIQUE (tenant, month)
);
ALTER TABLE site_hits ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_hits FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON site_hits FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON site_hits TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_hits FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_hits FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE wage_levels (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	month DATE NOT NULL, 
	until DATE NOT NULL, 
	code TEXT NOT NULL, 
	is_group BOOLEAN NOT NULL, 
	persons INTEGER NOT NULL, 
	employers INTEGER NOT NULL, 
	p10 INTEGER NOT NULL, 
	p25 INTEGER NOT NULL, 
	p50 INTEGER NOT NULL, 
	p75 INTEGER NOT NULL, 
	p90 INTEGER NOT NULL, 
	CONSTRAINT pk_wage_levels PRIMARY KEY (id), 
	CONSTRAINT fk_wage_levels_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_wage_levels_order CHECK (p10 <= p25 AND p25 <= p50 AND p50 <= p75 AND p75 <= p90), 
	CONSTRAINT ck_wage_levels_counts CHECK (persons > 0 AND employers > 0), 
	CONSTRAINT uq_wage_levels_tenant_month_code_is_group UNIQUE (tenant, month, code, is_group)
);
ALTER TABLE wage_levels ENABLE ROW LEVEL SECURITY;
ALTER TABLE wage_levels FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON wage_levels FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON wage_levels FOR INSERT TO PUBLIC WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON wage_levels FOR UPDATE TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON wage_levels FOR DELETE TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON wage_levels TO linggong_app;

CREATE TABLE trade_gaps (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	trade_code TEXT NOT NULL, 
	since DATE NOT NULL, 
	days INTEGER NOT NULL, 
	demand INTEGER NOT NULL, 
	supply INTEGER NOT NULL, 
	told_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_on DATE, 
	CONSTRAINT pk_trade_gaps PRIMARY KEY (id), 
	CONSTRAINT fk_trade_gaps_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_trade_gaps_counts CHECK (days > 0 AND demand > 0 AND supply >= 0)
);
CREATE INDEX ix_trade_gaps_tenant_since ON trade_gaps (tenant, since);
CREATE UNIQUE INDEX uq_trade_gaps_open ON trade_gaps (tenant, trade_code) WHERE ended_on IS NULL;
ALTER TABLE trade_gaps ENABLE ROW LEVEL SECURITY;
ALTER TABLE trade_gaps FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON trade_gaps FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON trade_gaps TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON trade_gaps FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON trade_gaps FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

