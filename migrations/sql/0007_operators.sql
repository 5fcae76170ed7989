-- Files of contractors, procurements, the money of contracts, hand-overs and subsidies (R011 to R015, R126, R127, R135, R136).
CREATE TABLE operator_licences (
  id UUID NOT NULL,
  operator_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  scope TEXT NOT NULL,
  legal_person TEXT NOT NULL,
  issued_on DATE NOT NULL,
  expires_on DATE,
  noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  noted_by UUID,
  CONSTRAINT pk_operator_licences PRIMARY KEY (id),
  CONSTRAINT fk_operator_licences_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_operator_licences_operator_id FOREIGN KEY(operator_id) REFERENCES operators (id),
  CONSTRAINT ck_operator_licences_kind CHECK (kind IN ('business', 'hr'))
);
CREATE INDEX ix_operator_licences_operator_id_kind_noted_at ON operator_licences (operator_id, kind, noted_at);
CREATE INDEX ix_operator_licences_tenant ON operator_licences (tenant);
ALTER TABLE operator_licences ENABLE ROW LEVEL SECURITY;
ALTER TABLE operator_licences FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON operator_licences FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON operator_licences FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON operator_licences TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON operator_licences FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON operator_licences FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON operator_licences FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE operator_checks (
  id UUID NOT NULL,
  operator_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL,
  day DATE NOT NULL,
  independent BOOLEAN NOT NULL,
  controlled BOOLEAN NOT NULL,
  violation BOOLEAN NOT NULL,
  years INTEGER NOT NULL,
  words TEXT NOT NULL,
  noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  noted_by UUID,
  CONSTRAINT pk_operator_checks PRIMARY KEY (id),
  CONSTRAINT fk_operator_checks_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_operator_checks_operator_id FOREIGN KEY(operator_id) REFERENCES operators (id),
  CONSTRAINT ck_operator_checks_kind CHECK (kind IN ('declaration', 'recheck'))
);
CREATE INDEX ix_operator_checks_operator_id_day ON operator_checks (operator_id, day);
CREATE INDEX ix_operator_checks_tenant ON operator_checks (tenant);
ALTER TABLE operator_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE operator_checks FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON operator_checks FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON operator_checks FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON operator_checks TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON operator_checks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON operator_checks FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON operator_checks FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE procurements (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  number TEXT NOT NULL,
  title TEXT NOT NULL,
  route TEXT NOT NULL,
  budget_fen BIGINT NOT NULL,
  opened_on DATE NOT NULL,
  state TEXT NOT NULL,
  operator_id UUID,
  bid_fen BIGINT,
  awarded_on DATE,
  papers JSONB NOT NULL,
  words TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_by UUID,
  CONSTRAINT pk_procurements PRIMARY KEY (id),
  CONSTRAINT fk_procurements_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_procurements_operator_id FOREIGN KEY(operator_id) REFERENCES operators (id),
  CONSTRAINT ck_procurements_route CHECK (route IN ('negotiation', 'open', 'invited', 'talks', 'inquiry', 'single', 'compared')),
  CONSTRAINT ck_procurements_state CHECK (state IN ('open', 'awarded', 'failed')),
  CONSTRAINT ck_procurements_budget CHECK (budget_fen > 0),
  CONSTRAINT uq_procurements_tenant_number UNIQUE (tenant, number)
);
CREATE INDEX ix_procurements_operator_id ON procurements (operator_id);
ALTER TABLE procurements ENABLE ROW LEVEL SECURITY;
ALTER TABLE procurements FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON procurements FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON procurements TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON procurements FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON procurements FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE procurement_bidders (
  id UUID NOT NULL,
  procurement_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  name TEXT NOT NULL,
  uscc TEXT NOT NULL,
  bid_fen BIGINT NOT NULL,
  note TEXT NOT NULL,
  noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  noted_by UUID,
  CONSTRAINT pk_procurement_bidders PRIMARY KEY (id),
  CONSTRAINT fk_procurement_bidders_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_procurement_bidders_procurement_id FOREIGN KEY(procurement_id) REFERENCES procurements (id),
  CONSTRAINT uq_procurement_bidders_procurement_id_uscc UNIQUE (procurement_id, uscc)
);
CREATE INDEX ix_procurement_bidders_tenant ON procurement_bidders (tenant);
ALTER TABLE procurement_bidders ENABLE ROW LEVEL SECURITY;
ALTER TABLE procurement_bidders FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON procurement_bidders FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON procurement_bidders TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON procurement_bidders FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON procurement_bidders FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE operator_contract_terms (
  id UUID NOT NULL,
  operator_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  procurement_id UUID,
  signed_on DATE NOT NULL,
  go_live_on DATE,
  price_fen BIGINT NOT NULL,
  cycle_id UUID NOT NULL,
  cycle_year INTEGER NOT NULL,
  renews_id UUID,
  consent TEXT NOT NULL,
  rules JSONB NOT NULL,
  noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  noted_by UUID,
  CONSTRAINT pk_operator_contract_terms PRIMARY KEY (id),
  CONSTRAINT fk_operator_contract_terms_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_operator_contract_terms_id FOREIGN KEY(id) REFERENCES operator_contracts (id),
  CONSTRAINT fk_operator_contract_terms_operator_id FOREIGN KEY(operator_id) REFERENCES operators (id),
  CONSTRAINT fk_operator_contract_terms_procurement_id FOREIGN KEY(procurement_id) REFERENCES procurements (id),
  CONSTRAINT fk_operator_contract_terms_renews_id FOREIGN KEY(renews_id) REFERENCES operator_contracts (id),
  CONSTRAINT ck_operator_contract_terms_price CHECK (price_fen > 0),
  CONSTRAINT ck_operator_contract_terms_cycle CHECK (cycle_year >= 1),
  CONSTRAINT ck_operator_contract_terms_renewal CHECK ((cycle_year = 1) = (renews_id IS NULL)),
  CONSTRAINT uq_operator_contract_terms_renews_id UNIQUE (renews_id)
);
CREATE INDEX ix_operator_contract_terms_operator_id ON operator_contract_terms (operator_id);
CREATE INDEX ix_operator_contract_terms_procurement_id ON operator_contract_terms (procurement_id);
CREATE INDEX ix_operator_contract_terms_tenant ON operator_contract_terms (tenant);
ALTER TABLE operator_contract_terms ENABLE ROW LEVEL SECURITY;
ALTER TABLE operator_contract_terms FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON operator_contract_terms FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY shown_read ON operator_contract_terms FOR SELECT TO PUBLIC USING (EXISTS (SELECT 1 FROM operator_contract_nodes s WHERE s.contract_id = operator_contract_terms.id AND s.tenant >= NULLIF(current_setting('app.scope', true), '') AND s.tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON operator_contract_terms TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON operator_contract_terms FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON operator_contract_terms FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE contract_budget_lines (
  id UUID NOT NULL,
  contract_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  amount_fen BIGINT NOT NULL,
  CONSTRAINT pk_contract_budget_lines PRIMARY KEY (id),
  CONSTRAINT fk_contract_budget_lines_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_contract_budget_lines_contract_id FOREIGN KEY(contract_id) REFERENCES operator_contracts (id),
  CONSTRAINT ck_contract_budget_lines_kind CHECK (kind IN ('network', 'operation')),
  CONSTRAINT ck_contract_budget_lines_amount CHECK (amount_fen > 0)
);
CREATE INDEX ix_contract_budget_lines_contract_id ON contract_budget_lines (contract_id);
CREATE INDEX ix_contract_budget_lines_tenant ON contract_budget_lines (tenant);
ALTER TABLE contract_budget_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE contract_budget_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON contract_budget_lines FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_budget_lines TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON contract_budget_lines FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON contract_budget_lines FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE settlements (
  id UUID NOT NULL,
  contract_id UUID NOT NULL,
  operator_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  part INTEGER NOT NULL,
  percent INTEGER NOT NULL,
  by_grade BOOLEAN NOT NULL,
  due_on DATE,
  planned_fen BIGINT NOT NULL,
  amount_fen BIGINT,
  reading TEXT NOT NULL,
  grade TEXT NOT NULL,
  state TEXT NOT NULL,
  round INTEGER NOT NULL,
  words TEXT NOT NULL,
  requested_at TIMESTAMP WITH TIME ZONE,
  requested_by UUID,
  checked_at TIMESTAMP WITH TIME ZONE,
  checked_by UUID,
  approved_at TIMESTAMP WITH TIME ZONE,
  approved_by UUID,
  confirmed_at TIMESTAMP WITH TIME ZONE,
  confirmed_by UUID,
  order_number TEXT NOT NULL,
  paid_on DATE,
  voucher TEXT NOT NULL,
  paid_by UUID,
  reason TEXT NOT NULL,
  CONSTRAINT pk_settlements PRIMARY KEY (id),
  CONSTRAINT fk_settlements_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_settlements_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_settlements_contract_id FOREIGN KEY(contract_id) REFERENCES operator_contracts (id),
  CONSTRAINT fk_settlements_operator_id FOREIGN KEY(operator_id) REFERENCES operators (id),
  CONSTRAINT ck_settlements_state CHECK (state IN ('P_PLANNED', 'P_REQUESTED', 'P_CHECKED', 'P_APPROVED', 'P_ORDERED', 'P_PAID', 'P_RETURNED', 'P_LAPSED')),
  CONSTRAINT ck_settlements_planned CHECK (planned_fen >= 0),
  CONSTRAINT ck_settlements_two_people CHECK (confirmed_by IS NULL OR approved_by IS NULL OR confirmed_by <> approved_by),
  CONSTRAINT ck_settlements_paid CHECK ((state = 'P_PAID') = (paid_on IS NOT NULL AND voucher <> '')),
  CONSTRAINT uq_settlements_contract_id_part UNIQUE (contract_id, part)
);
CREATE INDEX ix_settlements_operator_id ON settlements (operator_id);
CREATE INDEX ix_settlements_tenant_state ON settlements (tenant, state);
CREATE INDEX ix_settlements_via ON settlements (via) WHERE via IS NOT NULL;
ALTER TABLE settlements ENABLE ROW LEVEL SECURITY;
ALTER TABLE settlements FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON settlements FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON settlements TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON settlements FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON settlements FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE operator_handovers (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  successor_id UUID,
  opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  opened_by UUID,
  closed_at TIMESTAMP WITH TIME ZONE,
  closed_by UUID,
  CONSTRAINT pk_operator_handovers PRIMARY KEY (id),
  CONSTRAINT fk_operator_handovers_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_operator_handovers_id FOREIGN KEY(id) REFERENCES operator_contracts (id),
  CONSTRAINT fk_operator_handovers_successor_id FOREIGN KEY(successor_id) REFERENCES operator_contracts (id)
);
CREATE INDEX ix_operator_handovers_successor_id ON operator_handovers (successor_id);
CREATE INDEX ix_operator_handovers_tenant ON operator_handovers (tenant);
ALTER TABLE operator_handovers ENABLE ROW LEVEL SECURITY;
ALTER TABLE operator_handovers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON operator_handovers FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON operator_handovers TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON operator_handovers FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON operator_handovers FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE operator_handover_items (
  id UUID NOT NULL,
  handover_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  key TEXT NOT NULL,
  open_count INTEGER,
  words TEXT NOT NULL,
  done_at TIMESTAMP WITH TIME ZONE NOT NULL,
  done_by UUID,
  CONSTRAINT pk_operator_handover_items PRIMARY KEY (id),
  CONSTRAINT fk_operator_handover_items_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_operator_handover_items_handover_id FOREIGN KEY(handover_id) REFERENCES operator_handovers (id),
  CONSTRAINT ck_operator_handover_items_key CHECK (key IN ('orders', 'bills', 'cases', 'screens', 'keys', 'papers')),
  CONSTRAINT uq_operator_handover_items_handover_id_key UNIQUE (handover_id, key)
);
CREATE INDEX ix_operator_handover_items_tenant ON operator_handover_items (tenant);
ALTER TABLE operator_handover_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE operator_handover_items FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON operator_handover_items FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON operator_handover_items TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON operator_handover_items FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON operator_handover_items FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE operator_exports (
  id UUID NOT NULL,
  contract_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  personal BOOLEAN NOT NULL,
  purpose TEXT NOT NULL,
  tables INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  made_by UUID,
  CONSTRAINT pk_operator_exports PRIMARY KEY (id),
  CONSTRAINT fk_operator_exports_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_operator_exports_contract_id FOREIGN KEY(contract_id) REFERENCES operator_contracts (id)
);
CREATE INDEX ix_operator_exports_contract_id_made_at ON operator_exports (contract_id, made_at);
CREATE INDEX ix_operator_exports_tenant ON operator_exports (tenant);
ALTER TABLE operator_exports ENABLE ROW LEVEL SECURITY;
ALTER TABLE operator_exports FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON operator_exports FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON operator_exports FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON operator_exports TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON operator_exports FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON operator_exports FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON operator_exports FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE subsidy_records (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL,
  first DATE NOT NULL,
  last DATE NOT NULL,
  version INTEGER NOT NULL,
  inputs JSONB NOT NULL,
  amount_fen BIGINT NOT NULL,
  words TEXT NOT NULL,
  noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  noted_by UUID,
  CONSTRAINT pk_subsidy_records PRIMARY KEY (id),
  CONSTRAINT fk_subsidy_records_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT ck_subsidy_records_kind CHECK (kind IN ('market', 'point')),
  CONSTRAINT ck_subsidy_records_period CHECK (last >= first),
  CONSTRAINT uq_subsidy_records_tenant_kind_first_last UNIQUE (tenant, kind, first, last)
);
ALTER TABLE subsidy_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE subsidy_records FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON subsidy_records FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON subsidy_records FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON subsidy_records TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON subsidy_records FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON subsidy_records FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON subsidy_records FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE exit_decisions (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL,
  contract_id UUID,
  reasons JSONB NOT NULL,
  document TEXT NOT NULL,
  decided_on DATE NOT NULL,
  leaves_on DATE NOT NULL,
  noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  noted_by UUID,
  CONSTRAINT pk_exit_decisions PRIMARY KEY (id),
  CONSTRAINT fk_exit_decisions_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT ck_exit_decisions_kind CHECK (kind IN ('market', 'point', 'operator')),
  CONSTRAINT fk_exit_decisions_contract_id FOREIGN KEY(contract_id) REFERENCES operator_contracts (id)
);
CREATE INDEX ix_exit_decisions_contract_id ON exit_decisions (contract_id);
CREATE INDEX ix_exit_decisions_tenant ON exit_decisions (tenant);
ALTER TABLE exit_decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE exit_decisions FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON exit_decisions FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON exit_decisions FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON exit_decisions TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON exit_decisions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON exit_decisions FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON exit_decisions FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

-- Whoever asked (or began to take back) neither checks nor approves; whoever approved first does not approve second (R017).
UPDATE duty_separations
   SET first = 'settlement.request settlement.recover', second = 'settlement.check settlement.approve settlement.confirm',
       words = '自己申报的运营费不能自己核对、审批，请县人社局的同事来审。'
 WHERE key = 'settle-pay';
INSERT INTO duty_separations (key, first, second, words, first_roles, second_roles) VALUES
  ('approve-confirm', 'settlement.approve', 'settlement.confirm', '初审的人不能再复审，请另一位同事来复审。', '[]', '[]')
ON CONFLICT DO NOTHING;
INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'county_bureau', '*', 'procurement', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'procurement', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'procurement', 'read', 'down', 'allow')
ON CONFLICT DO NOTHING;
