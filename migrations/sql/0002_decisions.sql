-- Rules that Casbin would pass over cannot be stored, nor one rule twice; and every process may compare the version.
ALTER TABLE casbin_rule ADD CONSTRAINT uq_casbin_rule_ptype_v0_v1_v2_v3_v4_v5
  UNIQUE NULLS NOT DISTINCT (ptype, v0, v1, v2, v3, v4, v5);
ALTER TABLE casbin_rule ADD CONSTRAINT ck_casbin_rule_known
  CHECK (CASE ptype WHEN 'p' THEN coalesce(v2 <> '' AND v3 <> '' AND v4 IN ('down', 'own', 'up', 'any') AND v5 IN ('allow', 'deny'), false) WHEN 'g' THEN true ELSE false END);
DROP POLICY scope_all ON policy_state;
CREATE POLICY city_read ON policy_state FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON policy_state FOR INSERT TO PUBLIC WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON policy_state FOR UPDATE TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON policy_state FOR DELETE TO PUBLIC USING (current_setting('app.kind', true) = 'system');
