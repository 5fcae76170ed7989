-- Cover: calls to outside systems with their dead letters, insurance products, an order's choice, policies and waivers.

CREATE TABLE outside_calls (
  id UUID NOT NULL,
  system TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject_id UUID NOT NULL,
  chain TEXT NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  person_id UUID,
  employer_id UUID,
  payload JSONB NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  waits INTEGER NOT NULL,
  resent INTEGER NOT NULL,
  next_at TIMESTAMP WITH TIME ZONE NOT NULL,
  last_error TEXT NOT NULL,
  answer JSONB,
  contradiction JSONB,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sent_at TIMESTAMP WITH TIME ZONE,
  answered_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_outside_calls PRIMARY KEY (id),
  CONSTRAINT fk_outside_calls_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_outside_calls_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT ck_outside_calls_state CHECK (state IN ('queued', 'sent', 'failed', 'answered', 'dead', 'dropped'))
);
CREATE INDEX ix_outside_calls_due ON outside_calls (system, next_at) WHERE state IN ('queued','sent','failed');
CREATE INDEX ix_outside_calls_subject_id ON outside_calls (subject_id);
CREATE INDEX ix_outside_calls_tenant_state_created_at ON outside_calls (tenant, state, created_at);
CREATE INDEX ix_outside_calls_via ON outside_calls (via) WHERE via IS NOT NULL;
CREATE UNIQUE INDEX uq_outside_calls_open ON outside_calls (system, kind, subject_id) WHERE state IN ('queued','sent','failed');
ALTER TABLE outside_calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE outside_calls FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON outside_calls FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON outside_calls TO linggong_app;

CREATE TABLE cover_products (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  insurer TEXT NOT NULL,
  kind TEXT NOT NULL,
  payer TEXT NOT NULL,
  premium_day_fen BIGINT NOT NULL,
  death_fen BIGINT NOT NULL,
  medical_fen BIGINT NOT NULL,
  allowance_day_fen BIGINT NOT NULL,
  min_age INTEGER NOT NULL,
  max_age INTEGER NOT NULL,
  classes JSONB NOT NULL,
  max_hours INTEGER NOT NULL,
  before_minutes INTEGER NOT NULL,
  after_minutes INTEGER NOT NULL,
  active BOOLEAN NOT NULL,
  made_up BOOLEAN NOT NULL,
  note TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_cover_products PRIMARY KEY (id),
  CONSTRAINT fk_cover_products_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT ck_cover_products_kind CHECK (kind IN ('basic', 'topup')),
  CONSTRAINT ck_cover_products_payer CHECK (payer IN ('government', 'employer')),
  CONSTRAINT ck_cover_products_premium CHECK (premium_day_fen BETWEEN 0 AND 100000),
  CONSTRAINT ck_cover_products_ages CHECK (min_age BETWEEN 16 AND 100 AND max_age BETWEEN min_age AND 100),
  CONSTRAINT ck_cover_products_max_hours CHECK (max_hours BETWEEN 1 AND 24),
  CONSTRAINT ck_cover_products_grace CHECK (before_minutes BETWEEN 0 AND 240 AND after_minutes BETWEEN 0 AND 240),
  CONSTRAINT uq_cover_products_tenant_code UNIQUE (tenant, code)
);
ALTER TABLE cover_products ENABLE ROW LEVEL SECURITY;
ALTER TABLE cover_products FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON cover_products FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON cover_products FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON cover_products FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON cover_products FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON cover_products TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON cover_products FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON cover_products FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE cover_choices (
	order_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	employer_id UUID NOT NULL, 
	topup_id UUID, 
	injury_sealed BYTEA, 
	injury_said_by TEXT NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_cover_choices PRIMARY KEY (order_id), 
	CONSTRAINT fk_cover_choices_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE, 
	CONSTRAINT fk_cover_choices_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT fk_cover_choices_topup_id FOREIGN KEY(topup_id) REFERENCES cover_products (id)
);
CREATE INDEX ix_cover_choices_employer_id ON cover_choices (employer_id);
CREATE INDEX ix_cover_choices_tenant ON cover_choices (tenant);
CREATE INDEX ix_cover_choices_topup_id ON cover_choices (topup_id) WHERE topup_id IS NOT NULL;
ALTER TABLE cover_choices ENABLE ROW LEVEL SECURITY;
ALTER TABLE cover_choices FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON cover_choices FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON cover_choices FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system' OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY city_update ON cover_choices FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system' OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system' OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY city_delete ON cover_choices FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system' OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON cover_choices TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON cover_choices FOR EACH ROW EXECUTE FUNCTION audit_collect('{order_id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON cover_choices FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{order_id}', 'tenant', '{}', '{}');

CREATE TABLE cover_policies (
  id UUID NOT NULL,
  engagement_id UUID NOT NULL,
  product_id UUID NOT NULL,
  kind TEXT NOT NULL,
  payer TEXT NOT NULL,
  state TEXT NOT NULL,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  days INTEGER NOT NULL,
  premium_fen BIGINT NOT NULL,
  occupation_class INTEGER NOT NULL,
  policy_no TEXT NOT NULL,
  effective_at TIMESTAMP WITH TIME ZONE,
  refused_code TEXT NOT NULL,
  refused_words TEXT NOT NULL,
  disputed BOOLEAN NOT NULL,
  requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE,
  ended_at TIMESTAMP WITH TIME ZONE,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_cover_policies PRIMARY KEY (id),
  CONSTRAINT fk_cover_policies_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_cover_policies_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_cover_policies_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_cover_policies_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_cover_policies_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id),
  CONSTRAINT fk_cover_policies_product_id FOREIGN KEY(product_id) REFERENCES cover_products (id),
  CONSTRAINT ck_cover_policies_kind CHECK (kind IN ('basic', 'topup')),
  CONSTRAINT ck_cover_policies_payer CHECK (payer IN ('government', 'employer')),
  CONSTRAINT ck_cover_policies_state CHECK (state IN ('none', 'pending', 'active', 'refused', 'ended')),
  CONSTRAINT ck_cover_policies_period CHECK (ends_at > starts_at),
  CONSTRAINT ck_cover_policies_active CHECK ((state = 'active') <= (policy_no <> '' AND effective_at IS NOT NULL))
);
CREATE INDEX ix_cover_policies_employer_id_starts_at ON cover_policies (employer_id, starts_at);
CREATE INDEX ix_cover_policies_engagement_id ON cover_policies (engagement_id);
CREATE INDEX ix_cover_policies_order_id ON cover_policies (order_id);
CREATE INDEX ix_cover_policies_product_id ON cover_policies (product_id);
CREATE INDEX ix_cover_policies_tenant_starts_at ON cover_policies (tenant, starts_at);
CREATE INDEX ix_cover_policies_via ON cover_policies (via) WHERE via IS NOT NULL;
CREATE INDEX ix_cover_policies_worker_id_starts_at ON cover_policies (worker_id, starts_at);
CREATE UNIQUE INDEX uq_cover_policies_live ON cover_policies (engagement_id, product_id) WHERE state IN ('pending','active');
ALTER TABLE cover_policies ENABLE ROW LEVEL SECURITY;
ALTER TABLE cover_policies FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON cover_policies FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON cover_policies TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON cover_policies FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON cover_policies FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE cover_waivers (
  id UUID NOT NULL,
  engagement_id UUID NOT NULL,
  reason TEXT NOT NULL,
  text TEXT NOT NULL,
  text_hash BYTEA NOT NULL,
  employer_at TIMESTAMP WITH TIME ZONE NOT NULL,
  employer_by TEXT NOT NULL,
  worker_at TIMESTAMP WITH TIME ZONE,
  worker_by TEXT NOT NULL,
  single_witness BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_cover_waivers PRIMARY KEY (id),
  CONSTRAINT fk_cover_waivers_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_cover_waivers_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_cover_waivers_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_cover_waivers_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_cover_waivers_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id),
  CONSTRAINT uq_cover_waivers_engagement_id UNIQUE (engagement_id)
);
CREATE INDEX ix_cover_waivers_employer_id ON cover_waivers (employer_id);
CREATE INDEX ix_cover_waivers_order_id ON cover_waivers (order_id);
CREATE INDEX ix_cover_waivers_tenant ON cover_waivers (tenant);
CREATE INDEX ix_cover_waivers_via ON cover_waivers (via) WHERE via IS NOT NULL;
CREATE INDEX ix_cover_waivers_worker_id ON cover_waivers (worker_id);
ALTER TABLE cover_waivers ENABLE ROW LEVEL SECURITY;
ALTER TABLE cover_waivers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON cover_waivers FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON cover_waivers TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON cover_waivers FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{reason}', '{"reason": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON cover_waivers FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{reason}', '{"reason": {"sealed": true}}');

-- 21: whose insurance was refused before work may leave without a mark against him.
ALTER TABLE engagements ADD COLUMN may_leave TEXT NOT NULL DEFAULT '';
ALTER TABLE engagements ALTER COLUMN may_leave DROP DEFAULT;

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'county_bureau', '*', 'cover', 'manage', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'cover', 'manage', 'down', 'allow'),
  ('p', 'auditor', '*', 'outside', 'read', 'down', 'allow'),
  ('p', 'sysadmin', '*', 'outside', 'read', 'down', 'allow'),
  ('p', 'sysadmin', '*', 'outside', 'resend', 'down', 'allow'),
  ('p', 'auditor', '*', 'cover', 'manage', 'any', 'deny'),
  ('p', 'auditor', '*', 'outside', 'resend', 'any', 'deny');
