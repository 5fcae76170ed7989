-- The files of places: targets, elements, premises, checklists, equipment, hours, staff, tests, areas, gathering points, departments.
CREATE TABLE site_targets (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	year INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	wanted INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	set_by UUID, 
	CONSTRAINT pk_site_targets PRIMARY KEY (id), 
	CONSTRAINT fk_site_targets_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_targets_kind CHECK (kind IN ('market_comprehensive', 'market_trade', 'station', 'service_point', 'contact_point', 'counter', 'model_market')), 
	CONSTRAINT ck_site_targets_wanted CHECK (wanted BETWEEN 0 AND 100000), 
	CONSTRAINT ck_site_targets_year CHECK (year BETWEEN 2000 AND 2100), 
	CONSTRAINT uq_site_targets_tenant_year_kind UNIQUE (tenant, year, kind)
);
ALTER TABLE site_targets ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_targets FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON site_targets FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON site_targets TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_targets FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_targets FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE site_files (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	version INTEGER NOT NULL, 
	elements JSONB NOT NULL, 
	cobuild JSONB NOT NULL, 
	reason TEXT NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	set_by UUID, 
	CONSTRAINT pk_site_files PRIMARY KEY (id), 
	CONSTRAINT fk_site_files_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_files_version CHECK (version > 0), 
	CONSTRAINT uq_site_files_tenant_version UNIQUE (tenant, version)
);
ALTER TABLE site_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_files FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON site_files FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON site_files FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON site_files TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON site_files FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_files FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_files FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE site_rooms (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	name TEXT NOT NULL, 
	use TEXT NOT NULL, 
	address TEXT NOT NULL, 
	area_m2 NUMERIC(9, 2) NOT NULL, 
	since DATE NOT NULL, 
	ended_on DATE, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	added_by UUID, 
	CONSTRAINT pk_site_rooms PRIMARY KEY (id), 
	CONSTRAINT fk_site_rooms_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_rooms_use CHECK (use IN ('hall', 'office', 'training', 'waiting', 'mediation', 'community', 'other')), 
	CONSTRAINT ck_site_rooms_area CHECK (area_m2 > 0), 
	CONSTRAINT ck_site_rooms_period CHECK (ended_on >= since)
);
CREATE INDEX ix_site_rooms_tenant_name ON site_rooms (tenant, name);
ALTER TABLE site_rooms ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_rooms FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON site_rooms FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON site_rooms TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_rooms FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_rooms FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE site_checks (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	kind TEXT NOT NULL, 
	item TEXT NOT NULL, 
	here BOOLEAN NOT NULL, 
	note TEXT NOT NULL, 
	looked_on DATE NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	set_by UUID, 
	CONSTRAINT pk_site_checks PRIMARY KEY (id), 
	CONSTRAINT fk_site_checks_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_checks_kind CHECK (kind IN ('zone', 'function', 'document', 'plate', 'map')), 
	CONSTRAINT uq_site_checks_tenant_kind_item UNIQUE (tenant, kind, item)
);
ALTER TABLE site_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_checks FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON site_checks FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON site_checks TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_checks FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_checks FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE site_equipment (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	pieces INTEGER NOT NULL, 
	funding TEXT NOT NULL, 
	bought_on DATE, 
	expires_on DATE, 
	removed_on DATE, 
	reminded_on DATE, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	added_by UUID, 
	CONSTRAINT pk_site_equipment PRIMARY KEY (id), 
	CONSTRAINT fk_site_equipment_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_equipment_kind CHECK (kind IN ('desk', 'computer', 'screen', 'seats', 'copier', 'network', 'convenience', 'disinfection', 'extinguisher', 'exit', 'other')), 
	CONSTRAINT ck_site_equipment_pieces CHECK (pieces BETWEEN 1 AND 10000), 
	CONSTRAINT ck_site_equipment_expiry CHECK (expires_on >= bought_on)
);
CREATE INDEX ix_site_equipment_expires_on ON site_equipment (expires_on);
CREATE INDEX ix_site_equipment_tenant_kind ON site_equipment (tenant, kind);
ALTER TABLE site_equipment ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_equipment FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON site_equipment FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON site_equipment TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_equipment FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_equipment FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE site_hours (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	version INTEGER NOT NULL, 
	from_on DATE NOT NULL, 
	seasons JSONB NOT NULL, 
	declared_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	declared_by UUID, 
	CONSTRAINT pk_site_hours PRIMARY KEY (id), 
	CONSTRAINT fk_site_hours_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_hours_version CHECK (version > 0), 
	CONSTRAINT uq_site_hours_tenant_version UNIQUE (tenant, version)
);
ALTER TABLE site_hours ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_hours FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON site_hours FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON site_hours FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON site_hours TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON site_hours FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_hours FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_hours FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE site_staff (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	name TEXT NOT NULL, 
	id_index BYTEA NOT NULL, 
	id_masked TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	duty TEXT NOT NULL, 
	proofs JSONB NOT NULL, 
	starts_on DATE NOT NULL, 
	ends_on DATE, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	added_by UUID, 
	CONSTRAINT pk_site_staff PRIMARY KEY (id), 
	CONSTRAINT fk_site_staff_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_staff_kind CHECK (kind IN ('full_time', 'service')), 
	CONSTRAINT ck_site_staff_period CHECK (ends_on >= starts_on)
);
CREATE INDEX ix_site_staff_id_index ON site_staff (id_index);
CREATE INDEX ix_site_staff_tenant_starts_on ON site_staff (tenant, starts_on);
ALTER TABLE site_staff ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_staff FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON site_staff FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON site_staff TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_staff FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name,id_masked}', '{"name": {"sealed": true}, "id_masked": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_staff FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name,id_masked}', '{"name": {"sealed": true}, "id_masked": {"sealed": true}}');

CREATE TABLE site_hotline_tests (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	line TEXT NOT NULL, 
	phone TEXT NOT NULL, 
	answered BOOLEAN NOT NULL, 
	tested_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	note TEXT NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	entered_by UUID, 
	CONSTRAINT pk_site_hotline_tests PRIMARY KEY (id), 
	CONSTRAINT fk_site_hotline_tests_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_site_hotline_tests_line CHECK (line IN ('station', 'hotline', 'complaint'))
);
CREATE INDEX ix_site_hotline_tests_tenant_tested_at ON site_hotline_tests (tenant, tested_at);
ALTER TABLE site_hotline_tests ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_hotline_tests FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON site_hotline_tests FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON site_hotline_tests FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON site_hotline_tests TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON site_hotline_tests FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_hotline_tests FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_hotline_tests FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE site_areas (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	area_id UUID NOT NULL, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	added_by UUID, 
	CONSTRAINT pk_site_areas PRIMARY KEY (id), 
	CONSTRAINT fk_site_areas_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_site_areas_area_id FOREIGN KEY(area_id) REFERENCES nodes (id), 
	CONSTRAINT uq_site_areas_tenant_area_id UNIQUE (tenant, area_id)
);
CREATE INDEX ix_site_areas_area_id ON site_areas (area_id);
ALTER TABLE site_areas ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_areas FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON site_areas FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON site_areas TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_areas FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_areas FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE gathering_points (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	name TEXT NOT NULL, 
	address TEXT NOT NULL, 
	latitude DOUBLE PRECISION NOT NULL, 
	longitude DOUBLE PRECISION NOT NULL, 
	point_is_demo BOOLEAN NOT NULL, 
	begins_minute INTEGER NOT NULL, 
	ends_minute INTEGER NOT NULL, 
	heads INTEGER NOT NULL, 
	trades JSONB NOT NULL, 
	hires_a_day INTEGER, 
	surveyed_on DATE NOT NULL, 
	ended_on DATE, 
	note TEXT NOT NULL, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	added_by UUID, 
	CONSTRAINT pk_gathering_points PRIMARY KEY (id), 
	CONSTRAINT fk_gathering_points_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_gathering_points_heads CHECK (heads BETWEEN 1 AND 100000), 
	CONSTRAINT ck_gathering_points_hours CHECK (begins_minute >= 0 AND ends_minute > begins_minute AND ends_minute <= 1440)
);
CREATE INDEX ix_gathering_points_tenant_name ON gathering_points (tenant, name);
ALTER TABLE gathering_points ENABLE ROW LEVEL SECURITY;
ALTER TABLE gathering_points FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON gathering_points FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON gathering_points FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON gathering_points FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON gathering_points FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON gathering_points TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON gathering_points FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON gathering_points FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE county_departments (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	name TEXT NOT NULL, 
	part TEXT NOT NULL, 
	duty TEXT NOT NULL, 
	contact TEXT NOT NULL, 
	phone TEXT NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	set_by UUID, 
	CONSTRAINT pk_county_departments PRIMARY KEY (id), 
	CONSTRAINT fk_county_departments_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_county_departments_part CHECK (part IN ('lead', 'member')), 
	CONSTRAINT uq_county_departments_tenant_name UNIQUE (tenant, name)
);
ALTER TABLE county_departments ENABLE ROW LEVEL SECURITY;
ALTER TABLE county_departments FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON county_departments FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON county_departments TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON county_departments FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{contact,phone}', '{"contact": {"sealed": true}, "phone": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON county_departments FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{contact,phone}', '{"contact": {"sealed": true}, "phone": {"sealed": true}}');


INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_clerk', '*', 'file', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'file', 'write', 'down', 'allow'),
  ('p', 'street_operator', '*', 'file', 'read', 'down', 'allow'),
  ('p', 'street_operator', '*', 'file', 'write', 'down', 'allow'),
  ('p', 'county_operator', '*', 'file', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'file', 'write', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'file', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'target', 'set', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'file', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'target', 'set', 'down', 'allow'),
  ('p', 'auditor', '*', 'file', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'file', 'write', 'any', 'deny'),
  ('p', 'auditor', '*', 'target', 'set', 'any', 'deny')
ON CONFLICT DO NOTHING;
