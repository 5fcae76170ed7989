-- Cases: complaints, disputes (region D), injuries (region I), incidents, the roster of mediators.

CREATE TABLE cases (
  id UUID NOT NULL,
  receipt TEXT NOT NULL,
  digits TEXT NOT NULL,
  kind TEXT NOT NULL,
  channel TEXT NOT NULL,
  state TEXT NOT NULL,
  claimant TEXT NOT NULL,
  claimant_name TEXT NOT NULL,
  phone_sealed BYTEA,
  against TEXT NOT NULL,
  against_employer_id UUID,
  against_worker_id UUID,
  against_path TEXT,
  order_id UUID,
  engagement_id UUID,
  assignment_id UUID,
  bill_id UUID,
  legal_form TEXT NOT NULL,
  claim TEXT NOT NULL,
  wanted TEXT NOT NULL,
  amount_fen BIGINT,
  asks TEXT NOT NULL,
  owner_id UUID,
  handler_id UUID,
  mediator_id UUID,
  is_group BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ack_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  acked_at TIMESTAMP WITH TIME ZONE,
  first_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  contacted_at TIMESTAMP WITH TIME ZONE,
  close_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  mediate_until TIMESTAMP WITH TIME ZONE,
  withdraw_asked_at TIMESTAMP WITH TIME ZONE,
  withdraw_asked_by TEXT,
  resolved_at TIMESTAMP WITH TIME ZONE,
  ended_how TEXT,
  outcome TEXT NOT NULL,
  settled_fen BIGINT,
  worker_stars INTEGER,
  employer_stars INTEGER,
  claimant_stars INTEGER,
  closed_at TIMESTAMP WITH TIME ZONE,
  reopened INTEGER NOT NULL,
  breaches JSONB NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID,
  employer_id UUID,
  CONSTRAINT pk_cases PRIMARY KEY (id),
  CONSTRAINT fk_cases_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_cases_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_cases_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_cases_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_cases_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
  CONSTRAINT fk_cases_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id),
  CONSTRAINT fk_cases_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignments (id),
  CONSTRAINT fk_cases_bill_id FOREIGN KEY(bill_id) REFERENCES bills (id),
  CONSTRAINT ck_cases_kind CHECK (kind IN ('complaint', 'dispute', 'wage', 'injury', 'fee', 'false_post', 'discrimination', 'other')),
  CONSTRAINT ck_cases_channel CHECK (channel IN ('web', 'desk', 'phone', 'sms', '12345', 'kiosk', 'letter', 'system')),
  CONSTRAINT ck_cases_state CHECK (state IN ('D_OPEN', 'D_NEGOTIATING', 'D_MEDIATING', 'D_REFERRED', 'D_RESOLVED', 'D_WITHDRAWN', 'D_REOPENED')),
  CONSTRAINT ck_cases_claimant CHECK (claimant IN ('worker', 'employer', 'person', 'anonymous', 'system')),
  CONSTRAINT ck_cases_against CHECK (against IN ('employer', 'worker', 'operator', 'station', 'platform')),
  CONSTRAINT ck_cases_ended_how CHECK (ended_how IN ('settled', 'mediated', 'ruled', 'answered', 'withdrawn', 'paid')),
  CONSTRAINT ck_cases_amount CHECK (amount_fen > 0),
  CONSTRAINT ck_cases_asks CHECK (asks IN ('none', 'unpaid', 'less', 'more')),
  CONSTRAINT ck_cases_stars CHECK (worker_stars BETWEEN 1 AND 5 AND employer_stars BETWEEN 1 AND 5),
  CONSTRAINT uq_cases_receipt UNIQUE (receipt)
);
CREATE INDEX ix_cases_assignment_id ON cases (assignment_id) WHERE assignment_id IS NOT NULL;
CREATE INDEX ix_cases_bill_id ON cases (bill_id) WHERE bill_id IS NOT NULL;
CREATE INDEX ix_cases_employer_id ON cases (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_cases_engagement_id ON cases (engagement_id) WHERE engagement_id IS NOT NULL;
CREATE INDEX ix_cases_order_id_state ON cases (order_id, state);
CREATE INDEX ix_cases_tenant ON cases (tenant);
CREATE INDEX ix_cases_tenant_state ON cases (tenant, state, close_due_at);
CREATE INDEX ix_cases_via ON cases (via) WHERE via IS NOT NULL;
CREATE INDEX ix_cases_worker_id ON cases (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON cases FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON cases TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON cases FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{claimant_name,claim,wanted,outcome}', '{"claimant_name": {"sealed": true}, "claim": {"sealed": true}, "wanted": {"sealed": true}, "outcome": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON cases FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{claimant_name,claim,wanted,outcome}', '{"claimant_name": {"sealed": true}, "claim": {"sealed": true}, "wanted": {"sealed": true}, "outcome": {"sealed": true}}');

CREATE TABLE case_notes (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  kind TEXT NOT NULL,
  words TEXT NOT NULL,
  by_kind TEXT NOT NULL,
  by_id UUID,
  by_name TEXT NOT NULL,
  to_id UUID,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID,
  employer_id UUID,
  CONSTRAINT pk_case_notes PRIMARY KEY (id),
  CONSTRAINT fk_case_notes_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_case_notes_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_case_notes_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_case_notes_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_case_notes_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
  CONSTRAINT ck_case_notes_kind CHECK (kind IN ('claim', 'note', 'contact', 'hand_over', 'hearing', 'call_back', 'answer', 'file'))
);
CREATE INDEX ix_case_notes_case_id ON case_notes (case_id);
CREATE INDEX ix_case_notes_employer_id ON case_notes (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_case_notes_tenant ON case_notes (tenant);
CREATE INDEX ix_case_notes_via ON case_notes (via) WHERE via IS NOT NULL;
CREATE INDEX ix_case_notes_worker_id ON case_notes (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE case_notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_notes FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON case_notes FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY scope_insert ON case_notes FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON case_notes TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON case_notes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON case_notes FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words,by_name}', '{"words": {"sealed": true}, "by_name": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON case_notes FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words,by_name}', '{"words": {"sealed": true}, "by_name": {"sealed": true}}');

CREATE TABLE case_offers (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  side TEXT NOT NULL,
  amount_fen BIGINT NOT NULL,
  words TEXT NOT NULL,
  state TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  worker_signed_at TIMESTAMP WITH TIME ZONE,
  worker_signed_by TEXT,
  worker_proof TEXT NOT NULL,
  employer_signed_at TIMESTAMP WITH TIME ZONE,
  employer_signed_by TEXT,
  employer_proof TEXT NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID,
  employer_id UUID,
  CONSTRAINT pk_case_offers PRIMARY KEY (id),
  CONSTRAINT fk_case_offers_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_case_offers_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_case_offers_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_case_offers_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_case_offers_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
  CONSTRAINT ck_case_offers_side CHECK (side IN ('worker', 'employer', 'mediator')),
  CONSTRAINT ck_case_offers_state CHECK (state IN ('open', 'signed', 'declined', 'replaced')),
  CONSTRAINT ck_case_offers_amount CHECK (amount_fen >= 0),
  CONSTRAINT ck_case_offers_both CHECK ((state = 'signed') = (worker_signed_at IS NOT NULL AND employer_signed_at IS NOT NULL))
);
CREATE INDEX ix_case_offers_case_id ON case_offers (case_id);
CREATE INDEX ix_case_offers_employer_id ON case_offers (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_case_offers_tenant ON case_offers (tenant);
CREATE INDEX ix_case_offers_via ON case_offers (via) WHERE via IS NOT NULL;
CREATE INDEX ix_case_offers_worker_id ON case_offers (worker_id) WHERE worker_id IS NOT NULL;
CREATE UNIQUE INDEX uq_case_offers_open ON case_offers (case_id) WHERE state = 'open';
ALTER TABLE case_offers ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_offers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON case_offers FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON case_offers TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON case_offers FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words,worker_proof,employer_proof}', '{"words": {"sealed": true}, "worker_proof": {"sealed": true}, "employer_proof": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON case_offers FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words,worker_proof,employer_proof}', '{"words": {"sealed": true}, "worker_proof": {"sealed": true}, "employer_proof": {"sealed": true}}');

CREATE TABLE case_materials (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  name TEXT NOT NULL,
  batch INTEGER NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  asked_by UUID,
  received_at TIMESTAMP WITH TIME ZONE,
  note TEXT NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID,
  employer_id UUID,
  CONSTRAINT pk_case_materials PRIMARY KEY (id),
  CONSTRAINT fk_case_materials_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_case_materials_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_case_materials_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_case_materials_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_case_materials_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
  CONSTRAINT uq_case_materials_case_id_name UNIQUE (case_id, name)
);
CREATE INDEX ix_case_materials_case_id ON case_materials (case_id);
CREATE INDEX ix_case_materials_employer_id ON case_materials (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_case_materials_tenant ON case_materials (tenant);
CREATE INDEX ix_case_materials_via ON case_materials (via) WHERE via IS NOT NULL;
CREATE INDEX ix_case_materials_worker_id ON case_materials (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE case_materials ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_materials FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON case_materials FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON case_materials TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON case_materials FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{note}', '{"note": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON case_materials FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{note}', '{"note": {"sealed": true}}');

CREATE TABLE case_referrals (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  body TEXT NOT NULL,
  number TEXT NOT NULL,
  reason TEXT NOT NULL,
  referred_at TIMESTAMP WITH TIME ZONE NOT NULL,
  referred_by TEXT NOT NULL,
  accept_due_at TIMESTAMP WITH TIME ZONE,
  decide_due_at TIMESTAMP WITH TIME ZONE,
  asked INTEGER NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE,
  answered_at TIMESTAMP WITH TIME ZONE,
  outcome TEXT NOT NULL,
  document TEXT NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID,
  employer_id UUID,
  CONSTRAINT pk_case_referrals PRIMARY KEY (id),
  CONSTRAINT fk_case_referrals_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_case_referrals_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_case_referrals_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_case_referrals_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_case_referrals_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
  CONSTRAINT ck_case_referrals_body CHECK (body IN ('arbitration', 'inspection', 'legal_aid', 'court', 'centre', 'police', 'peoples_mediation'))
);
CREATE INDEX ix_case_referrals_case_id ON case_referrals (case_id);
CREATE INDEX ix_case_referrals_employer_id ON case_referrals (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_case_referrals_tenant ON case_referrals (tenant);
CREATE INDEX ix_case_referrals_tenant_body_answered_at ON case_referrals (tenant, body, answered_at);
CREATE INDEX ix_case_referrals_via ON case_referrals (via) WHERE via IS NOT NULL;
CREATE INDEX ix_case_referrals_worker_id ON case_referrals (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE case_referrals ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_referrals FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON case_referrals FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON case_referrals TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON case_referrals FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{outcome,reason}', '{"outcome": {"sealed": true}, "reason": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON case_referrals FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{outcome,reason}', '{"outcome": {"sealed": true}, "reason": {"sealed": true}}');

CREATE TABLE mediators (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  staff_id UUID NOT NULL,
  name TEXT NOT NULL,
  certificate TEXT NOT NULL,
  issued_by TEXT NOT NULL,
  valid_from DATE NOT NULL,
  valid_to DATE NOT NULL,
  added_by UUID,
  added_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_mediators PRIMARY KEY (id),
  CONSTRAINT fk_mediators_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_mediators_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id),
  CONSTRAINT ck_mediators_valid CHECK (valid_to >= valid_from),
  CONSTRAINT uq_mediators_tenant_certificate UNIQUE (tenant, certificate)
);
CREATE INDEX ix_mediators_staff_id ON mediators (staff_id);
ALTER TABLE mediators ENABLE ROW LEVEL SECURITY;
ALTER TABLE mediators FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON mediators FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON mediators TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON mediators FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON mediators FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE injuries (
  id UUID NOT NULL,
  order_id UUID NOT NULL,
  engagement_id UUID NOT NULL,
  assignment_id UUID NOT NULL,
  state TEXT NOT NULL,
  channel TEXT NOT NULL,
  reported_by TEXT NOT NULL,
  reporter_id UUID,
  happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  place TEXT NOT NULL,
  words TEXT NOT NULL,
  can_go_on BOOLEAN NOT NULL,
  reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
  called_at TIMESTAMP WITH TIME ZONE,
  visited_at TIMESTAMP WITH TIME ZONE,
  verified_at TIMESTAMP WITH TIME ZONE,
  insurer_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  insurer_told_at TIMESTAMP WITH TIME ZONE,
  insurer_ref TEXT NOT NULL,
  policy_no TEXT NOT NULL,
  claimed_at TIMESTAMP WITH TIME ZONE,
  decided_at TIMESTAMP WITH TIME ZONE,
  decision TEXT NOT NULL,
  paid_fen BIGINT,
  paid_at TIMESTAMP WITH TIME ZONE,
  refused_at TIMESTAMP WITH TIME ZONE,
  legal_path TEXT NOT NULL,
  case_id UUID,
  closed_at TIMESTAMP WITH TIME ZONE,
  summary TEXT NOT NULL,
  breaches JSONB NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID,
  employer_id UUID,
  CONSTRAINT pk_injuries PRIMARY KEY (id),
  CONSTRAINT fk_injuries_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_injuries_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_injuries_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_injuries_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_injuries_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
  CONSTRAINT fk_injuries_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id),
  CONSTRAINT fk_injuries_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignments (id),
  CONSTRAINT fk_injuries_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
  CONSTRAINT ck_injuries_state CHECK (state IN ('I_REPORTED', 'I_VERIFIED', 'I_CLAIMED', 'I_DOCS', 'I_DECIDED', 'I_PAID', 'I_REFUSED', 'I_APPEAL', 'I_CLOSED')),
  CONSTRAINT ck_injuries_channel CHECK (channel IN ('web', 'desk', 'phone', 'sms', '12345', 'kiosk', 'letter', 'system')),
  CONSTRAINT ck_injuries_reported_by CHECK (reported_by IN ('worker', 'employer', 'leader', 'co_worker', 'staff')),
  CONSTRAINT ck_injuries_paid CHECK (paid_fen >= 0)
);
CREATE INDEX ix_injuries_assignment_id ON injuries (assignment_id);
CREATE INDEX ix_injuries_case_id ON injuries (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX ix_injuries_employer_id ON injuries (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_injuries_engagement_id ON injuries (engagement_id);
CREATE INDEX ix_injuries_order_id_state ON injuries (order_id, state);
CREATE INDEX ix_injuries_tenant ON injuries (tenant);
CREATE INDEX ix_injuries_via ON injuries (via) WHERE via IS NOT NULL;
CREATE INDEX ix_injuries_worker_id ON injuries (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE injuries ENABLE ROW LEVEL SECURITY;
ALTER TABLE injuries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON injuries FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON injuries TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON injuries FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words}', '{"words": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON injuries FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words}', '{"words": {"sealed": true}}');

CREATE TABLE injury_statements (
  id UUID NOT NULL,
  injury_id UUID NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  words TEXT NOT NULL,
  taken_by UUID,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID,
  employer_id UUID,
  CONSTRAINT pk_injury_statements PRIMARY KEY (id),
  CONSTRAINT fk_injury_statements_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_injury_statements_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_injury_statements_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_injury_statements_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_injury_statements_injury_id FOREIGN KEY(injury_id) REFERENCES injuries (id),
  CONSTRAINT ck_injury_statements_role CHECK (role IN ('worker', 'employer', 'co_worker', 'leader', 'passer_by'))
);
CREATE INDEX ix_injury_statements_employer_id ON injury_statements (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_injury_statements_injury_id ON injury_statements (injury_id);
CREATE INDEX ix_injury_statements_tenant ON injury_statements (tenant);
CREATE INDEX ix_injury_statements_via ON injury_statements (via) WHERE via IS NOT NULL;
CREATE INDEX ix_injury_statements_worker_id ON injury_statements (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE injury_statements ENABLE ROW LEVEL SECURITY;
ALTER TABLE injury_statements FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON injury_statements FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY scope_insert ON injury_statements FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON injury_statements TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON injury_statements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON injury_statements FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name,words}', '{"name": {"sealed": true}, "words": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON injury_statements FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name,words}', '{"name": {"sealed": true}, "words": {"sealed": true}}');

CREATE TABLE injury_papers (
  id UUID NOT NULL,
  injury_id UUID NOT NULL,
  kind TEXT NOT NULL,
  content_sealed BYTEA NOT NULL,
  amount_fen BIGINT,
  consent_id UUID NOT NULL,
  handed_in_at TIMESTAMP WITH TIME ZONE NOT NULL,
  taken_by UUID,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID,
  employer_id UUID,
  CONSTRAINT pk_injury_papers PRIMARY KEY (id),
  CONSTRAINT fk_injury_papers_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_injury_papers_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_injury_papers_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_injury_papers_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_injury_papers_injury_id FOREIGN KEY(injury_id) REFERENCES injuries (id),
  CONSTRAINT fk_injury_papers_consent_id FOREIGN KEY(consent_id) REFERENCES consents (id),
  CONSTRAINT ck_injury_papers_kind CHECK (kind IN ('receipt', 'diagnosis', 'record', 'disability', 'other'))
);
CREATE INDEX ix_injury_papers_consent_id ON injury_papers (consent_id);
CREATE INDEX ix_injury_papers_employer_id ON injury_papers (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_injury_papers_injury_id ON injury_papers (injury_id);
CREATE INDEX ix_injury_papers_tenant ON injury_papers (tenant);
CREATE INDEX ix_injury_papers_via ON injury_papers (via) WHERE via IS NOT NULL;
CREATE INDEX ix_injury_papers_worker_id ON injury_papers (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE injury_papers ENABLE ROW LEVEL SECURITY;
ALTER TABLE injury_papers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON injury_papers FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON injury_papers TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON injury_papers FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON injury_papers FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE incidents (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  words TEXT NOT NULL,
  order_id UUID,
  case_id UUID,
  reported_by UUID,
  reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
  decided_by UUID,
  decided_at TIMESTAMP WITH TIME ZONE,
  findings TEXT NOT NULL,
  CONSTRAINT pk_incidents PRIMARY KEY (id),
  CONSTRAINT fk_incidents_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_incidents_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
  CONSTRAINT ck_incidents_kind CHECK (kind IN ('fight', 'extortion', 'forced_trade', 'provocation', 'fraud', 'false_recruitment', 'child_labour', 'other')),
  CONSTRAINT ck_incidents_status CHECK (status IN ('reported', 'confirmed', 'unfounded')),
  CONSTRAINT ck_incidents_decided CHECK ((status = 'reported') = (decided_at IS NULL))
);
CREATE INDEX ix_incidents_order_id ON incidents (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX ix_incidents_tenant_happened_at ON incidents (tenant, happened_at);
ALTER TABLE incidents ENABLE ROW LEVEL SECURITY;
ALTER TABLE incidents FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON incidents FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON incidents TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON incidents FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words}', '{"words": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON incidents FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words}', '{"words": {"sealed": true}}');

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'worker', '*', 'case', 'read', 'any', 'allow'),
  ('p', 'worker', '*', 'case', 'open', 'any', 'allow'),
  ('p', 'worker', '*', 'case', 'note', 'any', 'allow'),
  ('p', 'worker', '*', 'case', 'answer', 'any', 'allow'),
  ('p', 'worker', '*', 'case', 'refer', 'any', 'allow'),
  ('p', 'worker', '*', 'injury', 'report', 'any', 'allow'),
  ('p', 'worker', '*', 'injury', 'read', 'any', 'allow'),
  ('p', 'worker', '*', 'injury', 'health', 'any', 'allow'),
  ('p', 'employer', '*', 'case', 'read', 'any', 'allow'),
  ('p', 'employer', '*', 'case', 'open', 'any', 'allow'),
  ('p', 'employer', '*', 'case', 'note', 'any', 'allow'),
  ('p', 'employer', '*', 'case', 'answer', 'any', 'allow'),
  ('p', 'employer', '*', 'injury', 'report', 'any', 'allow'),
  ('p', 'employer', '*', 'injury', 'read', 'any', 'allow'),
  ('p', 'station_clerk', '*', 'case', 'open', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'case', 'note', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'case', 'handle', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'case', 'answer', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'case', 'refer', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'injury', 'report', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'injury', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'injury', 'handle', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'incident', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'incident', 'record', 'down', 'allow'),
  ('p', 'county_operator', '*', 'case', 'open', 'down', 'allow'),
  ('p', 'county_operator', '*', 'case', 'note', 'down', 'allow'),
  ('p', 'county_operator', '*', 'case', 'handle', 'down', 'allow'),
  ('p', 'county_operator', '*', 'case', 'answer', 'down', 'allow'),
  ('p', 'county_operator', '*', 'case', 'refer', 'down', 'allow'),
  ('p', 'county_operator', '*', 'injury', 'report', 'down', 'allow'),
  ('p', 'county_operator', '*', 'injury', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'injury', 'handle', 'down', 'allow'),
  ('p', 'county_operator', '*', 'incident', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'incident', 'record', 'down', 'allow'),
  ('p', 'street_operator', '*', 'injury', 'read', 'down', 'allow'),
  ('p', 'street_operator', '*', 'incident', 'read', 'down', 'allow'),
  ('p', 'street_operator', '*', 'incident', 'record', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'injury', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'incident', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'case', 'open', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'case', 'note', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'case', 'handle', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'case', 'refer', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'mediator', 'manage', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'injury', 'report', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'injury', 'handle', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'injury', 'health', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'incident', 'record', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'incident', 'confirm', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'injury', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'incident', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'injury', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'incident', 'read', 'down', 'allow'),
  ('p', 'mediator', '*', 'case', 'note', 'down', 'allow'),
  ('p', 'mediator', '*', 'case', 'handle', 'down', 'allow'),
  ('p', 'mediator', '*', 'case', 'answer', 'down', 'allow'),
  ('p', 'mediator', '*', 'case', 'refer', 'down', 'allow'),
  ('p', 'insurer', '*', 'injury', 'read', 'down', 'allow'),
  ('p', 'insurer', '*', 'injury', 'health', 'down', 'allow'),
  ('p', 'auditor', '*', 'case', 'open', 'any', 'deny'),
  ('p', 'auditor', '*', 'case', 'handle', 'any', 'deny'),
  ('p', 'auditor', '*', 'case', 'answer', 'any', 'deny'),
  ('p', 'auditor', '*', 'case', 'note', 'any', 'deny'),
  ('p', 'auditor', '*', 'case', 'refer', 'any', 'deny'),
  ('p', 'auditor', '*', 'mediator', 'manage', 'any', 'deny'),
  ('p', 'auditor', '*', 'injury', 'report', 'any', 'deny'),
  ('p', 'auditor', '*', 'injury', 'handle', 'any', 'deny'),
  ('p', 'auditor', '*', 'injury', 'health', 'any', 'deny'),
  ('p', 'auditor', '*', 'incident', 'record', 'any', 'deny'),
  ('p', 'auditor', '*', 'incident', 'confirm', 'any', 'deny');

INSERT INTO duty_separations (key, first, second, words, first_roles, second_roles) VALUES
  ('enter-mediate', 'case.opened case.offered case.signed', 'case.mediation',
   '您替一方登记或签过这件事，不能再当它的调解员。请换一位。', '[]', '[]'),
  ('record-confirm', 'incident.recorded', 'incident.decided', '这件是您登记的，要由别人来认定。', '[]', '[]');

-- Region T, D or I of an order is open: it settles as long as one is (order-states section 3).
CREATE FUNCTION order_regions_open(p_order uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT EXISTS (SELECT FROM cases WHERE order_id = p_order AND worker_id IS NOT NULL AND employer_id IS NOT NULL
                 AND state IN ('D_OPEN', 'D_NEGOTIATING', 'D_MEDIATING', 'D_REFERRED', 'D_REOPENED'))
      OR EXISTS (SELECT FROM injuries WHERE order_id = p_order AND state <> 'I_CLOSED')
      OR EXISTS (SELECT FROM terms_changes WHERE order_id = p_order AND state = 'T_PROPOSED')
$$;
REVOKE EXECUTE ON FUNCTION order_regions_open(uuid) FROM PUBLIC;

-- Section 3 of the order's life, with ruling 6: the state that follows from confirmed places, shifts, bills and regions.
-- A closed order whose payment is denied (59), which is disputed (70) or reopened (77) settles again. Closing sets the
-- clock of the archive, which asks the place's number when it fires; leaving that state ends the clock. A bill that an
-- authority ruled on counts as settled (68).
CREATE OR REPLACE FUNCTION derive_order(p_order uuid, p_now timestamptz, p_lock_minutes int,
                                        OUT before text, OUT after text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  o orders%ROWTYPE;
  begun int; on_site int; ahead int; finished int; unsettled int; unbilled int;
BEGIN
  -- NO KEY: rows that reference the order hold a key share on it, and upgrading that to a full lock would deadlock.
  SELECT * INTO o FROM orders WHERE id = p_order FOR NO KEY UPDATE;
  before := o.state;
  after := o.state;
  IF o.state NOT IN ('O_OPEN', 'O_FULL', 'O_LOCKED', 'O_ACTIVE', 'O_DONE', 'O_SETTLING', 'O_CLOSED') THEN
    RETURN;
  END IF;
  SELECT count(*) FILTER (WHERE state IN ('A_ARRIVED', 'A_WORKING', 'A_PAUSED', 'A_FINISHED', 'A_ACCEPTED', 'X_RULED')),
         count(*) FILTER (WHERE state IN ('A_ARRIVED', 'A_WORKING', 'A_PAUSED')),
         count(*) FILTER (WHERE state IN ('A_CONFIRMED', 'A_CONTRACTED')),
         count(*) FILTER (WHERE state = 'A_FINISHED')
    INTO begun, on_site, ahead, finished FROM assignments WHERE order_id = p_order;
  IF begun = 0 THEN
    after := CASE WHEN p_now >= o.starts_at - make_interval(mins => p_lock_minutes) THEN 'O_LOCKED'
                  WHEN o.confirmed >= o.headcount THEN 'O_FULL' ELSE 'O_OPEN' END;
  ELSIF on_site > 0 OR ahead > 0 THEN
    after := 'O_ACTIVE';
  ELSIF finished > 0 THEN
    after := 'O_DONE';
  ELSE
    SELECT count(*) INTO unsettled FROM bills WHERE order_id = p_order AND state NOT IN ('SETTLED', 'RULED');
    SELECT count(*) INTO unbilled FROM assignments a WHERE a.order_id = p_order AND a.state = 'A_ACCEPTED'
      AND NOT EXISTS (SELECT 1 FROM bills b WHERE b.assignment_id = a.id);
    after := CASE WHEN unsettled + unbilled > 0 OR order_regions_open(p_order) THEN 'O_SETTLING' ELSE 'O_CLOSED' END;
  END IF;
  IF after <> before THEN
    UPDATE orders SET state = after, closed_at = CASE WHEN after = 'O_CLOSED' THEN p_now END WHERE id = p_order;
    IF after = 'O_CLOSED' THEN
      INSERT INTO timers (id, subject_id, region, key, due_at, state, tenant, employer_id, created_at)
        VALUES (gen_random_uuid(), p_order, 'order', 't.archive', p_now + interval '1 day', 'live', o.tenant,
                o.employer_id, p_now)
        ON CONFLICT (subject_id, region, key) WHERE state = 'live' DO UPDATE SET due_at = excluded.due_at;
    ELSIF before = 'O_CLOSED' THEN
      UPDATE timers SET state = 'cancelled', ended_at = p_now
        WHERE subject_id = p_order AND key = 't.archive' AND state = 'live';
    END IF;
  END IF;
END $$;
