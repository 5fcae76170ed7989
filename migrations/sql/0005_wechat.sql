-- Wages paid by WeChat out of the employer's own merchant account (56): his account, the worker's binding, the transfers.
-- The platform holds no money: it keeps what was ordered and what WeChat said to it.

CREATE TABLE wechat_merchants (
	employer_id UUID NOT NULL,
	mchid TEXT NOT NULL,
	serial TEXT NOT NULL,
	key_sealed BYTEA NOT NULL,
	api_sealed BYTEA NOT NULL,
	public_id TEXT NOT NULL,
	public_key TEXT NOT NULL,
	connected_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_wechat_merchants PRIMARY KEY (employer_id),
	CONSTRAINT fk_wechat_merchants_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id)
);
ALTER TABLE wechat_merchants ENABLE ROW LEVEL SECURITY;
ALTER TABLE wechat_merchants FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON wechat_merchants FOR ALL TO PUBLIC USING (employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK (employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON wechat_merchants TO linggong_app;

CREATE TABLE wechat_bindings (
	person_id UUID NOT NULL,
	openid_sealed BYTEA NOT NULL,
	consent_id UUID NOT NULL,
	bound_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_wechat_bindings PRIMARY KEY (person_id),
	CONSTRAINT fk_wechat_bindings_person_id FOREIGN KEY(person_id) REFERENCES persons (id),
	CONSTRAINT fk_wechat_bindings_consent_id FOREIGN KEY(consent_id) REFERENCES consents (id)
);
CREATE INDEX ix_wechat_bindings_consent_id ON wechat_bindings (consent_id);
ALTER TABLE wechat_bindings ENABLE ROW LEVEL SECURITY;
ALTER TABLE wechat_bindings FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON wechat_bindings FOR ALL TO PUBLIC USING (person_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK (person_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON wechat_bindings TO linggong_app;

CREATE TABLE wechat_transfers (
	id UUID NOT NULL,
	bill_id UUID NOT NULL,
	mchid TEXT NOT NULL,
	amount_fen BIGINT NOT NULL,
	openid_sealed BYTEA NOT NULL,
	state TEXT NOT NULL,
	said TEXT NOT NULL,
	reason TEXT NOT NULL,
	transfer_bill_no TEXT NOT NULL,
	ordered_by UUID NOT NULL,
	ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	order_id UUID NOT NULL,
	tenant TEXT COLLATE "C" NOT NULL,
	via TEXT COLLATE "C",
	worker_id UUID NOT NULL,
	employer_id UUID NOT NULL,
	CONSTRAINT pk_wechat_transfers PRIMARY KEY (id),
	CONSTRAINT fk_wechat_transfers_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
	CONSTRAINT fk_wechat_transfers_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
	CONSTRAINT fk_wechat_transfers_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
	CONSTRAINT fk_wechat_transfers_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
	CONSTRAINT fk_wechat_transfers_bill_id FOREIGN KEY(bill_id) REFERENCES bills (id),
	CONSTRAINT ck_wechat_transfers_state CHECK (state IN ('sending', 'waiting', 'unknown', 'done', 'unrecorded', 'failed')),
	CONSTRAINT ck_wechat_transfers_amount CHECK (amount_fen > 0)
);
CREATE INDEX ix_wechat_transfers_bill_id ON wechat_transfers (bill_id);
CREATE INDEX ix_wechat_transfers_employer_id ON wechat_transfers (employer_id);
CREATE INDEX ix_wechat_transfers_order_id ON wechat_transfers (order_id);
CREATE INDEX ix_wechat_transfers_via ON wechat_transfers (via) WHERE via IS NOT NULL;
CREATE INDEX ix_wechat_transfers_worker_id ON wechat_transfers (worker_id);
CREATE UNIQUE INDEX uq_wechat_transfers_open ON wechat_transfers (bill_id) WHERE state IN ('sending', 'waiting', 'unknown');
ALTER TABLE wechat_transfers ENABLE ROW LEVEL SECURITY;
ALTER TABLE wechat_transfers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON wechat_transfers FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON wechat_transfers TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON wechat_transfers FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON wechat_transfers FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

-- The keys of a merchant's account are for himself (row security) and for the line to WeChat Pay, which works as the system.
CREATE FUNCTION wechat_merchant(p_employer uuid) RETURNS SETOF wechat_merchants
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT m.* FROM wechat_merchants m WHERE m.employer_id = p_employer AND current_setting('app.kind', true) = 'system'
$$;
REVOKE EXECUTE ON FUNCTION wechat_merchant(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wechat_merchant(uuid) TO linggong_app;

-- Where the workers of bills agreed to be paid, sealed, for the employer who owes the bills and for nobody else.
CREATE FUNCTION wechat_payees_of(p_bills uuid[]) RETURNS TABLE (bill_id uuid, worker_id uuid, openid_sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT b.id, b.worker_id, w.openid_sealed FROM bills b JOIN wechat_bindings w ON w.person_id = b.worker_id
  WHERE b.id = ANY (p_bills) AND b.employer_id = NULLIF(current_setting('app.employer', true), '')::uuid
$$;
REVOKE EXECUTE ON FUNCTION wechat_payees_of(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wechat_payees_of(uuid[]) TO linggong_app;
