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

