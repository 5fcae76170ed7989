-- First screens of the offices: outlines for a map, whom somebody from outside stands for, what an authority writes back.
ALTER TABLE case_referrals ADD COLUMN accepted_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE case_referrals ADD COLUMN answered_by UUID;
CREATE TABLE outside_desks (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	staff_id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	stands_for TEXT NOT NULL, 
	set_by UUID, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_outside_desks PRIMARY KEY (id), 
	CONSTRAINT fk_outside_desks_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_outside_desks_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id), 
	CONSTRAINT ck_outside_desks_kind CHECK (kind IN ('department', 'insurer')), 
	CONSTRAINT ck_outside_desks_stands_for CHECK (stands_for <> ''), 
	CONSTRAINT uq_outside_desks_tenant_staff_id UNIQUE (tenant, staff_id)
);
CREATE INDEX ix_outside_desks_staff_id ON outside_desks (staff_id);
ALTER TABLE outside_desks ENABLE ROW LEVEL SECURITY;
ALTER TABLE outside_desks FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON outside_desks FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON outside_desks TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON outside_desks FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON outside_desks FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE map_outlines (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	approval TEXT NOT NULL, 
	source TEXT NOT NULL, 
	shapes TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	added_by UUID, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_map_outlines PRIMARY KEY (id), 
	CONSTRAINT fk_map_outlines_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_map_outlines_size CHECK (octet_length(shapes) <= 800000)
);
CREATE INDEX ix_map_outlines_tenant_added_at ON map_outlines (tenant, added_at);
ALTER TABLE map_outlines ENABLE ROW LEVEL SECURITY;
ALTER TABLE map_outlines FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON map_outlines FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON map_outlines FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON map_outlines FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON map_outlines FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON map_outlines TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON map_outlines FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON map_outlines FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'department_viewer', '*', 'referral', 'answer', 'down', 'allow'),
  ('p', 'street_operator', '*', 'overview', 'export', 'down', 'allow'),
  ('p', 'auditor', '*', 'referral', 'answer', 'any', 'deny')
  ON CONFLICT DO NOTHING;

-- A contract that was ended early stands in nobody's way, also on the day on which it would have begun.
CREATE OR REPLACE FUNCTION contract_over(p_contract_id uuid, p_tenant text, p_from date, p_to date)
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT c.number FROM operator_contracts c JOIN operator_contract_nodes n ON n.contract_id = c.id
   WHERE c.id <> p_contract_id AND c.status = 'signed' AND c.starts_on <= p_to AND c.ends_on >= p_from
     AND (starts_with(n.tenant, p_tenant) OR starts_with(p_tenant, n.tenant))
     AND current_setting('app.kind', true) IN ('staff', 'system')
     AND p_tenant >= NULLIF(current_setting('app.scope', true), '') AND p_tenant < NULLIF(current_setting('app.scope', true), '') || '~'
   ORDER BY c.number LIMIT 1
$$;
