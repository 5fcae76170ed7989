-- Offices: invitations, operators and their contracts, periods of posts, separated duties, and what ends with an account.

CREATE TABLE operators (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  name TEXT NOT NULL,
  uscc TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_by UUID,
  CONSTRAINT pk_operators PRIMARY KEY (id),
  CONSTRAINT fk_operators_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT uq_operators_tenant_uscc UNIQUE (tenant, uscc)
);
ALTER TABLE operators ENABLE ROW LEVEL SECURITY;
ALTER TABLE operators FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON operators FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON operators TO linggong_app;

CREATE TABLE operator_contracts (
  id UUID NOT NULL,
  operator_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  number TEXT NOT NULL,
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  status TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_by UUID,
  CONSTRAINT pk_operator_contracts PRIMARY KEY (id),
  CONSTRAINT fk_operator_contracts_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_operator_contracts_operator_id FOREIGN KEY(operator_id) REFERENCES operators (id),
  CONSTRAINT ck_operator_contracts_status CHECK (status IN ('signed', 'terminated')),
  CONSTRAINT ck_operator_contracts_period CHECK (ends_on >= starts_on),
  CONSTRAINT uq_operator_contracts_tenant_number UNIQUE (tenant, number)
);
CREATE INDEX ix_operator_contracts_operator_id ON operator_contracts (operator_id);
ALTER TABLE operator_contracts ENABLE ROW LEVEL SECURITY;
ALTER TABLE operator_contracts FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON operator_contracts FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON operator_contracts TO linggong_app;

CREATE TABLE operator_contract_nodes (
  id UUID NOT NULL,
  contract_id UUID NOT NULL,
  operator_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_operator_contract_nodes PRIMARY KEY (id),
  CONSTRAINT fk_operator_contract_nodes_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_operator_contract_nodes_contract_id FOREIGN KEY(contract_id) REFERENCES operator_contracts (id),
  CONSTRAINT fk_operator_contract_nodes_operator_id FOREIGN KEY(operator_id) REFERENCES operators (id),
  CONSTRAINT uq_operator_contract_nodes_contract_id_tenant UNIQUE (contract_id, tenant)
);
CREATE INDEX ix_operator_contract_nodes_operator_id ON operator_contract_nodes (operator_id);
CREATE INDEX ix_operator_contract_nodes_tenant ON operator_contract_nodes (tenant);
ALTER TABLE operator_contract_nodes ENABLE ROW LEVEL SECURITY;
ALTER TABLE operator_contract_nodes FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON operator_contract_nodes FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON operator_contract_nodes TO linggong_app;

CREATE TABLE staff_invitations (
  id UUID NOT NULL,
  staff_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  code_hash BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_by UUID,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_staff_invitations PRIMARY KEY (id),
  CONSTRAINT fk_staff_invitations_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_staff_invitations_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id),
  CONSTRAINT uq_staff_invitations_code_hash UNIQUE (code_hash)
);
CREATE INDEX ix_staff_invitations_staff_id ON staff_invitations (staff_id);
CREATE INDEX ix_staff_invitations_tenant ON staff_invitations (tenant);
ALTER TABLE staff_invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE staff_invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON staff_invitations FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_invitations TO linggong_app;

CREATE TABLE staff_sign_ins (
  staff_id UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_staff_sign_ins PRIMARY KEY (staff_id),
  CONSTRAINT fk_staff_sign_ins_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id)
);
ALTER TABLE staff_sign_ins ENABLE ROW LEVEL SECURITY;
ALTER TABLE staff_sign_ins FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON staff_sign_ins FOR SELECT TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT ON staff_sign_ins TO linggong_app;

CREATE POLICY shown_read ON operators FOR SELECT TO PUBLIC USING (EXISTS (SELECT 1 FROM operator_contract_nodes s WHERE s.operator_id = operators.id AND s.tenant >= NULLIF(current_setting('app.scope', true), '') AND s.tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY shown_read ON operator_contracts FOR SELECT TO PUBLIC USING (EXISTS (SELECT 1 FROM operator_contract_nodes s WHERE s.contract_id = operator_contracts.id AND s.tenant >= NULLIF(current_setting('app.scope', true), '') AND s.tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY shown_read ON staff FOR SELECT TO PUBLIC USING (EXISTS (SELECT 1 FROM role_assignments s WHERE s.staff_id = staff.id AND s.tenant >= NULLIF(current_setting('app.scope', true), '') AND s.tenant < NULLIF(current_setting('app.scope', true), '') || '~'));

-- Posts: nobody holds the same one twice at a time, whoever grants it; those of an operator hang on its contract.
ALTER TABLE role_assignments
  ADD CONSTRAINT fk_role_assignments_contract_id FOREIGN KEY (contract_id) REFERENCES operator_contracts (id),
  ADD CONSTRAINT ck_role_assignments_period CHECK (ends_at >= starts_at),
  ADD CONSTRAINT ex_role_assignments_twice
    EXCLUDE USING gist (staff_id WITH =, role WITH =, tenant WITH =, tstzrange(starts_at, ends_at) WITH &&);
CREATE INDEX ix_role_assignments_contract_id ON role_assignments (contract_id) WHERE contract_id IS NOT NULL;
CREATE INDEX ix_role_assignments_stands_in_for ON role_assignments (stands_in_for) WHERE stands_in_for IS NOT NULL;

-- Duties that one person may not unite: on one row by its events, at one place by the roles.
ALTER TABLE duty_separations ADD COLUMN first_roles JSONB NOT NULL, ADD COLUMN second_roles JSONB NOT NULL;
INSERT INTO duty_separations (key, first, second, words, first_roles, second_roles) VALUES
  ('enter-approve', 'order.created order.submitted', 'order.published order.returned order.rechecked',
   '自己代录的单不能自己审，请同事或县级运营方来审。', '[]', '[]'),
  ('settle-pay', 'settlement.settled', 'settlement.approved',
   '自己申报的运营费不能自己审批付款，请县人社局的同事来审。', '["county_operator"]', '["county_bureau"]'),
  ('operate-assess', 'scorecard.reported', 'scorecard.assessed',
   '运营方的人不能给自己的运营考核打分，请县人社局的同事来打分。', '["county_operator"]', '["county_bureau"]'),
  ('propose-takedown', 'takedown.proposed', 'takedown.confirmed',
   '自己提出的下架不能自己确认，请另一位同事来确认。', '[]', '[]');

-- Which posts of a person lie at, above or below a place, also those that the caller's own post does not oversee: what
-- separation of duties must know before another one is given there. Answers staff about places of their own only.
CREATE FUNCTION posts_around(p_staff_id uuid, p_tenant text)
RETURNS TABLE (role text, tenant text, starts_at timestamptz, ends_at timestamptz, contract_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT a.role, a.tenant, a.starts_at, a.ends_at, a.contract_id FROM role_assignments a
   WHERE a.staff_id = p_staff_id AND (starts_with(a.tenant, p_tenant) OR starts_with(p_tenant, a.tenant))
     AND current_setting('app.kind', true) IN ('staff', 'system')
     AND p_tenant >= NULLIF(current_setting('app.scope', true), '') AND p_tenant < NULLIF(current_setting('app.scope', true), '') || '~'
$$;
REVOKE EXECUTE ON FUNCTION posts_around(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION posts_around(uuid, text) TO linggong_app;

-- Another contract than the given one that covers part of a place in a period: a place has one operator at a time, also
-- when the other contract was signed above the caller's post.
CREATE FUNCTION contract_over(p_contract_id uuid, p_tenant text, p_from date, p_to date)
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT c.number FROM operator_contracts c JOIN operator_contract_nodes n ON n.contract_id = c.id
   WHERE c.id <> p_contract_id AND c.starts_on <= p_to AND c.ends_on >= p_from
     AND (starts_with(n.tenant, p_tenant) OR starts_with(p_tenant, n.tenant))
     AND current_setting('app.kind', true) IN ('staff', 'system')
     AND p_tenant >= NULLIF(current_setting('app.scope', true), '') AND p_tenant < NULLIF(current_setting('app.scope', true), '') || '~'
   ORDER BY c.number LIMIT 1
$$;
REVOKE EXECUTE ON FUNCTION contract_over(uuid, text, date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION contract_over(uuid, text, date, date) TO linggong_app;

-- When staff signed in last: a cookie's session is deleted when it is over, this stays.
CREATE FUNCTION staff_signed_in() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO staff_sign_ins (staff_id, at) SELECT s.id, NEW.created_at FROM staff s WHERE s.id = NEW.account_id
    ON CONFLICT (staff_id) DO UPDATE SET at = EXCLUDED.at;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION staff_signed_in() FROM PUBLIC;
CREATE TRIGGER staff_signed_in AFTER INSERT OR UPDATE OF kind ON web_sessions
  FOR EACH ROW WHEN (NEW.kind = 'staff') EXECUTE FUNCTION staff_signed_in();

CREATE FUNCTION last_sign_ins(p_ids uuid[]) RETURNS TABLE (staff_id uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT i.staff_id, i.at FROM staff_sign_ins i JOIN staff s ON s.id = i.staff_id
   WHERE i.staff_id = ANY (p_ids) AND current_setting('app.kind', true) IN ('staff', 'system')
     AND (s.tenant >= NULLIF(current_setting('app.scope', true), '') AND s.tenant < NULLIF(current_setting('app.scope', true), '') || '~'
          OR EXISTS (SELECT 1 FROM role_assignments a WHERE a.staff_id = s.id
               AND a.tenant >= NULLIF(current_setting('app.scope', true), '') AND a.tenant < NULLIF(current_setting('app.scope', true), '') || '~'))
$$;
REVOKE EXECUTE ON FUNCTION last_sign_ins(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION last_sign_ins(uuid[]) TO linggong_app;

-- An account that ends takes everything with it: posts here and elsewhere, those held in its stead, sessions, open
-- invitations, and the password, so that one opened again starts with a new one.
-- Does somebody hold a post outside the caller's subtree? Who ends an account is told, because the end would reach there.
CREATE FUNCTION holds_elsewhere(p_staff uuid, p_now timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT EXISTS (SELECT 1 FROM role_assignments r
    WHERE (r.staff_id = p_staff OR r.stands_in_for = p_staff) AND (r.ends_at IS NULL OR r.ends_at > p_now)
      AND NOT coalesce(r.tenant COLLATE "C" >= NULLIF(current_setting('app.scope', true), '')
        AND r.tenant COLLATE "C" < NULLIF(current_setting('app.scope', true), '') || '~', false)
      AND EXISTS (SELECT 1 FROM staff f WHERE f.id = p_staff
        AND f.tenant COLLATE "C" >= NULLIF(current_setting('app.scope', true), '')
        AND f.tenant COLLATE "C" < NULLIF(current_setting('app.scope', true), '') || '~'))
$$;
REVOKE EXECUTE ON FUNCTION holds_elsewhere(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holds_elsewhere(uuid, timestamptz) TO linggong_app;

CREATE FUNCTION staff_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  v_now timestamptz := coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now());
  v_by uuid := NULLIF(current_setting('app.actor', true), '')::uuid;
BEGIN
  UPDATE role_assignments SET ends_at = greatest(starts_at, v_now), ended_by = v_by, end_reason = '账号停用'
   WHERE (staff_id = NEW.id OR stands_in_for = NEW.id) AND (ends_at IS NULL OR ends_at > v_now);
  DELETE FROM web_sessions WHERE account_id = NEW.id;
  UPDATE staff_invitations SET expires_at = v_now WHERE staff_id = NEW.id AND used_at IS NULL AND expires_at > v_now;
  DELETE FROM staff_credentials WHERE staff_id = NEW.id;
  DELETE FROM printed_codes WHERE staff_id = NEW.id;
  DELETE FROM desk_sign_ins WHERE staff_id = NEW.id;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION staff_ended() FROM PUBLIC;
CREATE TRIGGER staff_ended AFTER UPDATE OF status ON staff
  FOR EACH ROW WHEN (NEW.status = 'ended' AND OLD.status <> 'ended') EXECUTE FUNCTION staff_ended();
