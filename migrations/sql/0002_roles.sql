-- Roles of all offices, who may hand on which, and the version of the policies.
ALTER TABLE role_assignments DROP CONSTRAINT ck_role_assignments_role;
ALTER TABLE role_assignments ADD CONSTRAINT ck_role_assignments_role CHECK (role IN ('station_clerk', 'station_manager', 'street_operator', 'county_operator', 'county_bureau', 'mediator', 'city_bureau', 'city_analyst', 'department_viewer', 'auditor', 'pii_officer', 'sysadmin', 'insurer'));
ALTER TABLE role_assignments ADD COLUMN contract_id UUID, ADD COLUMN stands_in_for UUID, ADD COLUMN ended_by UUID,
  ADD COLUMN end_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE role_assignments ALTER COLUMN end_reason DROP DEFAULT;

CREATE TABLE policy_state (
  id INTEGER NOT NULL,
  version BIGINT NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_policy_state PRIMARY KEY (id),
  CONSTRAINT ck_policy_state_one CHECK (id = 1)
);
ALTER TABLE policy_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE policy_state FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON policy_state FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON policy_state TO linggong_app;

CREATE TABLE role_delegations (
  role TEXT NOT NULL,
  may_grant TEXT NOT NULL,
  CONSTRAINT pk_role_delegations PRIMARY KEY (role, may_grant),
  CONSTRAINT ck_role_delegations_role CHECK (role IN ('station_clerk', 'station_manager', 'street_operator', 'county_operator', 'county_bureau', 'mediator', 'city_bureau', 'city_analyst', 'department_viewer', 'auditor', 'pii_officer', 'sysadmin', 'insurer')),
  CONSTRAINT ck_role_delegations_may_grant CHECK (may_grant IN ('station_clerk', 'station_manager', 'street_operator', 'county_operator', 'county_bureau', 'mediator', 'city_bureau', 'city_analyst', 'department_viewer', 'auditor', 'pii_officer', 'sysadmin', 'insurer'))
);
ALTER TABLE role_delegations ENABLE ROW LEVEL SECURITY;
ALTER TABLE role_delegations FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON role_delegations FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON role_delegations FOR INSERT TO PUBLIC WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON role_delegations FOR UPDATE TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON role_delegations FOR DELETE TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON role_delegations TO linggong_app;

CREATE TABLE duty_separations (
  key TEXT NOT NULL,
  first TEXT NOT NULL,
  second TEXT NOT NULL,
  words TEXT NOT NULL,
  CONSTRAINT pk_duty_separations PRIMARY KEY (key)
);
ALTER TABLE duty_separations ENABLE ROW LEVEL SECURITY;
ALTER TABLE duty_separations FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON duty_separations FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON duty_separations FOR INSERT TO PUBLIC WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON duty_separations FOR UPDATE TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON duty_separations FOR DELETE TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON duty_separations TO linggong_app;

INSERT INTO policy_state (id, version, changed_at) VALUES (1, 1, now());
INSERT INTO role_delegations (role, may_grant) VALUES
  ('county_operator', 'station_clerk'),
  ('county_operator', 'station_manager'),
  ('county_bureau', 'station_clerk'),
  ('county_bureau', 'station_manager'),
  ('county_bureau', 'street_operator'),
  ('county_bureau', 'county_operator'),
  ('county_bureau', 'mediator'),
  ('county_bureau', 'department_viewer'),
  ('city_bureau', 'county_bureau'),
  ('city_bureau', 'city_analyst'),
  ('city_bureau', 'department_viewer'),
  ('city_bureau', 'auditor'),
  ('city_bureau', 'pii_officer'),
  ('city_bureau', 'sysadmin'),
  ('city_bureau', 'insurer'),
  ('sysadmin', 'station_clerk'),
  ('sysadmin', 'station_manager'),
  ('sysadmin', 'street_operator'),
  ('sysadmin', 'county_operator'),
  ('sysadmin', 'county_bureau'),
  ('sysadmin', 'mediator'),
  ('sysadmin', 'department_viewer'),
  ('sysadmin', 'sysadmin');

-- Whoever changes a policy, by whatever way, raises the version and tells every process.
CREATE FUNCTION policy_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  v bigint;
BEGIN
  UPDATE policy_state SET version = version + 1, changed_at = now() WHERE id = 1 RETURNING version INTO v;
  PERFORM pg_notify('policy', v::text);
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION policy_changed() FROM PUBLIC;
CREATE TRIGGER policy_changed AFTER INSERT OR UPDATE OR DELETE ON casbin_rule
  FOR EACH STATEMENT EXECUTE FUNCTION policy_changed();
