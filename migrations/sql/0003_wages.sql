-- Wages, whole: bills of every cause with the overdue region (W) beside them, payments with payee and proof, what a dispute
-- holds aside, the double-entry journal of obligations, and the city-wide stop for employers in arrears.

-- Rows are changed before tables are: what is checked at the end of a transaction must have been checked by then.
SET CONSTRAINTS ALL IMMEDIATE;

ALTER TABLE bill_lines DROP CONSTRAINT ck_bill_lines_kind;
ALTER TABLE bill_lines ADD CONSTRAINT ck_bill_lines_kind CHECK (kind IN ('base', 'overtime', 'meal', 'travel', 'allowance', 'compensation', 'waiting', 'agreed_deduction'));
ALTER TABLE bill_lines ADD COLUMN case_id UUID;
ALTER TABLE bill_lines ADD COLUMN created_at TIMESTAMP WITH TIME ZONE;
UPDATE bill_lines l SET created_at = b.created_at FROM bills b WHERE b.id = l.bill_id;
ALTER TABLE bill_lines ADD CONSTRAINT ck_bill_lines_dated CHECK (created_at IS NOT NULL) NOT VALID;
ALTER TABLE bill_lines VALIDATE CONSTRAINT ck_bill_lines_dated;
ALTER TABLE bill_lines ALTER COLUMN created_at SET NOT NULL;
ALTER TABLE bill_lines DROP CONSTRAINT ck_bill_lines_dated;
-- Only what was agreed may be taken off, and nothing else may be negative but a case's correction (54, R083).
ALTER TABLE bill_lines ADD CONSTRAINT ck_bill_lines_sign CHECK (
  CASE WHEN kind = 'agreed_deduction' THEN amount_fen < 0 WHEN case_id IS NULL THEN amount_fen >= 0 ELSE true END);

ALTER TABLE bills ADD COLUMN cause TEXT NOT NULL DEFAULT 'work';
ALTER TABLE bills ALTER COLUMN cause DROP DEFAULT;
ALTER TABLE bills ADD COLUMN held_fen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bills ALTER COLUMN held_fen DROP DEFAULT;
ALTER TABLE bills ADD COLUMN wage_state TEXT NOT NULL DEFAULT 'W_NOTDUE';
ALTER TABLE bills ALTER COLUMN wage_state DROP DEFAULT;
ALTER TABLE bills ADD COLUMN wage_since TIMESTAMP WITH TIME ZONE;
ALTER TABLE bills ADD COLUMN referral_no TEXT NOT NULL DEFAULT '';
ALTER TABLE bills ALTER COLUMN referral_no DROP DEFAULT;
UPDATE bills SET wage_state = CASE WHEN state = 'SETTLED' THEN 'W_PAID' ELSE 'W_NOTDUE' END,
                 wage_since = coalesce(settled_at, created_at);
ALTER TABLE bills ADD CONSTRAINT ck_bills_since CHECK (wage_since IS NOT NULL) NOT VALID;
ALTER TABLE bills VALIDATE CONSTRAINT ck_bills_since;
ALTER TABLE bills ALTER COLUMN wage_since SET NOT NULL;
ALTER TABLE bills DROP CONSTRAINT ck_bills_since;
ALTER TABLE bills ADD CONSTRAINT ck_bills_cause CHECK (cause IN ('work', 'cancel_after_lock', 'employer_no_show', 'differs', 'rain_on_site'));
ALTER TABLE bills ADD CONSTRAINT ck_bills_wage_state CHECK (wage_state IN ('W_NOTDUE', 'W_DUE', 'W_GRACE', 'W_OVERDUE', 'W_ARREARS', 'W_REFERRED', 'W_PAID', 'W_PAIDLATE', 'W_RULED'));
-- Invariant 8: what a dispute holds aside is a part of what is still open.
ALTER TABLE bills ADD CONSTRAINT ck_bills_held CHECK (held_fen >= 0 AND paid_fen + held_fen <= total_fen);
ALTER TABLE bills DROP CONSTRAINT ck_bills_state;
ALTER TABLE bills ADD CONSTRAINT ck_bills_state CHECK (state IN ('OPEN', 'CLAIMED', 'SETTLED', 'RULED'));
ALTER TABLE bills DROP CONSTRAINT ck_bills_settled_by;
ALTER TABLE bills ADD CONSTRAINT ck_bills_settled_by CHECK (settled_by IN ('confirmed', 'evidence', 'nothing_owed', 'ruled'));
CREATE UNIQUE INDEX uq_bills_engagement ON bills (engagement_id) WHERE assignment_id IS NULL;
CREATE INDEX ix_bills_engagement_id ON bills (engagement_id);
CREATE INDEX ix_bills_unpaid ON bills (employer_id, wage_state) WHERE wage_state IN ('W_OVERDUE', 'W_ARREARS', 'W_REFERRED');

ALTER TABLE payments ADD COLUMN payee TEXT NOT NULL DEFAULT 'in_person';
ALTER TABLE payments ALTER COLUMN payee DROP DEFAULT;
UPDATE payments SET payee = CASE WHEN channel = 'cash' THEN 'in_person' ELSE 'own_account' END;
ALTER TABLE payments ADD COLUMN proof TEXT NOT NULL DEFAULT 'none';
ALTER TABLE payments ALTER COLUMN proof DROP DEFAULT;
UPDATE payments SET proof = 'voucher' WHERE voucher <> '';
ALTER TABLE payments ADD COLUMN witness TEXT NOT NULL DEFAULT '';
ALTER TABLE payments ALTER COLUMN witness DROP DEFAULT;
ALTER TABLE payments ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payments ALTER COLUMN tries DROP DEFAULT;
ALTER TABLE payments ADD COLUMN answered_proof TEXT NOT NULL DEFAULT '';
ALTER TABLE payments ALTER COLUMN answered_proof DROP DEFAULT;
ALTER TABLE payments ADD COLUMN single_witness BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE payments ALTER COLUMN single_witness DROP DEFAULT;
ALTER TABLE payments ADD CONSTRAINT ck_payments_payee CHECK (payee IN ('own_account', 'in_person'));
ALTER TABLE payments ADD CONSTRAINT ck_payments_proof CHECK (proof IN ('none', 'voucher', 'photo', 'slip', 'bank_line'));
ALTER TABLE payments ADD CONSTRAINT ck_payments_in_person CHECK ((channel = 'cash') = (payee = 'in_person'));
-- The witness is a person's name: the audit trail does not keep it in clear.
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON payments FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{witness}', '{"witness": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON payments FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{witness}', '{"witness": {"sealed": true}}');

CREATE TABLE payment_proofs (
  id UUID NOT NULL,
  payment_id UUID NOT NULL,
  kind TEXT NOT NULL,
  media_type TEXT NOT NULL,
  sha256 BYTEA NOT NULL,
  size INTEGER NOT NULL,
  content_sealed BYTEA NOT NULL,
  added_by TEXT NOT NULL,
  added_at TIMESTAMP WITH TIME ZONE NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_payment_proofs PRIMARY KEY (id),
  CONSTRAINT fk_payment_proofs_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_payment_proofs_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_payment_proofs_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_payment_proofs_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_payment_proofs_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id),
  CONSTRAINT ck_payment_proofs_kind CHECK (kind IN ('screenshot', 'slip'))
);
CREATE INDEX ix_payment_proofs_payment_id ON payment_proofs (payment_id);
CREATE INDEX ix_payment_proofs_order_id ON payment_proofs (order_id);
CREATE INDEX ix_payment_proofs_via ON payment_proofs (via) WHERE via IS NOT NULL;
CREATE INDEX ix_payment_proofs_worker_id ON payment_proofs (worker_id);
CREATE INDEX ix_payment_proofs_employer_id ON payment_proofs (employer_id);

CREATE TABLE settlement_choices (
  engagement_id UUID NOT NULL,
  chosen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  chosen_by TEXT NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_settlement_choices PRIMARY KEY (engagement_id),
  CONSTRAINT fk_settlement_choices_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_settlement_choices_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_settlement_choices_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_settlement_choices_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_settlement_choices_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id)
);
CREATE INDEX ix_settlement_choices_order_id ON settlement_choices (order_id);
CREATE INDEX ix_settlement_choices_via ON settlement_choices (via) WHERE via IS NOT NULL;
CREATE INDEX ix_settlement_choices_worker_id ON settlement_choices (worker_id);
CREATE INDEX ix_settlement_choices_employer_id ON settlement_choices (employer_id);

CREATE TABLE bill_holds (
  id UUID NOT NULL,
  bill_id UUID NOT NULL,
  case_id UUID NOT NULL,
  amount_fen BIGINT NOT NULL,
  state TEXT NOT NULL,
  held_at TIMESTAMP WITH TIME ZONE NOT NULL,
  until TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_bill_holds PRIMARY KEY (id),
  CONSTRAINT fk_bill_holds_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_bill_holds_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_bill_holds_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_bill_holds_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_bill_holds_bill_id FOREIGN KEY(bill_id) REFERENCES bills (id),
  CONSTRAINT ck_bill_holds_state CHECK (state IN ('live', 'released', 'settled', 'lapsed')),
  CONSTRAINT ck_bill_holds_amount CHECK (amount_fen > 0)
);
CREATE UNIQUE INDEX uq_bill_holds_live ON bill_holds (bill_id, case_id) WHERE state = 'live';
CREATE INDEX ix_bill_holds_bill_id ON bill_holds (bill_id);
CREATE INDEX ix_bill_holds_order_id ON bill_holds (order_id);
CREATE INDEX ix_bill_holds_via ON bill_holds (via) WHERE via IS NOT NULL;
CREATE INDEX ix_bill_holds_worker_id ON bill_holds (worker_id);
CREATE INDEX ix_bill_holds_employer_id ON bill_holds (employer_id);

CREATE TABLE journal_entries (
  id UUID NOT NULL,
  bill_id UUID NOT NULL,
  cause TEXT NOT NULL,
  payment_id UUID,
  case_id UUID,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_journal_entries PRIMARY KEY (id),
  CONSTRAINT fk_journal_entries_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_journal_entries_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_journal_entries_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_journal_entries_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_journal_entries_bill_id FOREIGN KEY(bill_id) REFERENCES bills (id),
  CONSTRAINT fk_journal_entries_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id),
  CONSTRAINT ck_journal_entries_cause CHECK (cause IN ('billed', 'line_added', 'confirmed', 'denied', 'held', 'released', 'settled', 'ruled'))
);
CREATE INDEX ix_journal_entries_bill_id ON journal_entries (bill_id);
CREATE INDEX ix_journal_entries_payment_id ON journal_entries (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX ix_journal_entries_order_id ON journal_entries (order_id);
CREATE INDEX ix_journal_entries_via ON journal_entries (via) WHERE via IS NOT NULL;
CREATE INDEX ix_journal_entries_worker_id ON journal_entries (worker_id);
CREATE INDEX ix_journal_entries_employer_id ON journal_entries (employer_id);

CREATE TABLE postings (
  id UUID NOT NULL,
  entry_id UUID NOT NULL,
  bill_id UUID NOT NULL,
  account TEXT NOT NULL,
  amount_fen BIGINT NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_postings PRIMARY KEY (id),
  CONSTRAINT fk_postings_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_postings_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_postings_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_postings_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_postings_entry_id FOREIGN KEY(entry_id) REFERENCES journal_entries (id),
  CONSTRAINT fk_postings_bill_id FOREIGN KEY(bill_id) REFERENCES bills (id),
  CONSTRAINT ck_postings_account CHECK (account IN ('employer_owes', 'worker_owed', 'held', 'paid')),
  CONSTRAINT ck_postings_amount CHECK (amount_fen <> 0)
);
CREATE INDEX ix_postings_entry_id ON postings (entry_id);
CREATE INDEX ix_postings_bill_id_account ON postings (bill_id, account);
CREATE INDEX ix_postings_order_id ON postings (order_id);
CREATE INDEX ix_postings_via ON postings (via) WHERE via IS NOT NULL;
CREATE INDEX ix_postings_worker_id ON postings (worker_id);
CREATE INDEX ix_postings_employer_id ON postings (employer_id);

CREATE TABLE posting_bans (
  employer_id UUID NOT NULL,
  bills INTEGER NOT NULL,
  since TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_posting_bans PRIMARY KEY (employer_id),
  CONSTRAINT fk_posting_bans_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT ck_posting_bans_bills CHECK (bills >= 0)
);

-- What stood before this revision enters the journal as it stands.
INSERT INTO journal_entries (id, bill_id, cause, at, order_id, tenant, via, worker_id, employer_id)
  SELECT gen_random_uuid(), id, 'billed', created_at, order_id, tenant, via, worker_id, employer_id FROM bills WHERE total_fen > 0;
INSERT INTO postings (id, entry_id, bill_id, account, amount_fen, order_id, tenant, via, worker_id, employer_id)
  SELECT gen_random_uuid(), e.id, b.id, s.account, s.sign * b.total_fen, b.order_id, b.tenant, b.via, b.worker_id, b.employer_id
  FROM journal_entries e JOIN bills b ON b.id = e.bill_id, (VALUES ('employer_owes', 1), ('worker_owed', -1)) AS s (account, sign)
  WHERE e.cause = 'billed';
INSERT INTO journal_entries (id, bill_id, cause, payment_id, at, order_id, tenant, via, worker_id, employer_id)
  SELECT gen_random_uuid(), bill_id, 'confirmed', id, coalesce(answered_at, claimed_at), order_id, tenant, via, worker_id, employer_id
  FROM payments WHERE state = 'confirmed';
INSERT INTO postings (id, entry_id, bill_id, account, amount_fen, order_id, tenant, via, worker_id, employer_id)
  SELECT gen_random_uuid(), e.id, p.bill_id, s.account, s.sign * p.amount_fen, p.order_id, p.tenant, p.via, p.worker_id, p.employer_id
  FROM journal_entries e JOIN payments p ON p.id = e.payment_id, (VALUES ('paid', 1), ('employer_owes', -1)) AS s (account, sign)
  WHERE e.cause = 'confirmed';
INSERT INTO timers (id, subject_id, region, key, due_at, state, tenant, via, person_id, employer_id, created_at)
  SELECT gen_random_uuid(), id, 'wage', 't.pay', now(), 'live', tenant, via, worker_id, employer_id, now()
  FROM bills WHERE state <> 'SETTLED';

ALTER TABLE payment_proofs ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_proofs FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON payment_proofs FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY scope_insert ON payment_proofs FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON payment_proofs TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON payment_proofs FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE settlement_choices ENABLE ROW LEVEL SECURITY;
ALTER TABLE settlement_choices FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON settlement_choices FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON settlement_choices TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON settlement_choices FOR EACH ROW EXECUTE FUNCTION audit_collect('{engagement_id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON settlement_choices FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{engagement_id}', 'tenant', '{}', '{}');
ALTER TABLE journal_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE journal_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON journal_entries FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY scope_insert ON journal_entries FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON journal_entries TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE postings ENABLE ROW LEVEL SECURITY;
ALTER TABLE postings FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON postings FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY scope_insert ON postings FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON postings TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON postings FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE bill_holds ENABLE ROW LEVEL SECURITY;
ALTER TABLE bill_holds FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON bill_holds FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON bill_holds TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON bill_holds FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON bill_holds FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
ALTER TABLE posting_bans ENABLE ROW LEVEL SECURITY;
ALTER TABLE posting_bans FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON posting_bans FOR SELECT TO PUBLIC USING (true);
GRANT SELECT ON posting_bans TO linggong_app;

-- Every entry balances: checked when a transaction commits, whoever wrote it.
CREATE OR REPLACE FUNCTION entry_balances() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  which uuid;
  total bigint;
  legs int;
BEGIN
  IF TG_TABLE_NAME = 'journal_entries' THEN which := NEW.id; ELSE which := NEW.entry_id; END IF;
  SELECT coalesce(sum(amount_fen), 0), count(*) INTO total, legs FROM postings WHERE entry_id = which;
  IF total <> 0 OR legs < 2 THEN
    RAISE EXCEPTION 'journal entry % does not balance: sum % over % postings', which, total, legs USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION entry_balances() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON journal_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_balances();
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON postings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_balances();

-- A bill is the sum of its lines, what is paid the sum of its confirmed payments, what is held the sum of its live holds, and
-- the journal says the same of each.
CREATE OR REPLACE FUNCTION bill_adds_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  b bills%ROWTYPE;
  which uuid;
  line_sum bigint; paid_sum bigint; held_sum bigint;
  owed bigint; owes bigint; aside bigint; journal_paid bigint;
BEGIN
  IF TG_TABLE_NAME = 'bills' THEN which := NEW.id; ELSE which := NEW.bill_id; END IF;
  SELECT * INTO b FROM bills WHERE id = which;
  SELECT coalesce(sum(amount_fen), 0) INTO line_sum FROM bill_lines WHERE bill_id = which;
  SELECT coalesce(sum(amount_fen), 0) INTO paid_sum FROM payments WHERE bill_id = which AND state = 'confirmed';
  SELECT coalesce(sum(amount_fen), 0) INTO held_sum FROM bill_holds WHERE bill_id = which AND state = 'live';
  IF b.total_fen <> line_sum OR b.paid_fen <> paid_sum OR b.held_fen <> held_sum
     OR (b.state <> 'RULED' AND (b.state = 'SETTLED') <> (b.paid_fen = b.total_fen)) THEN
    RAISE EXCEPTION 'bill % does not add up: total % lines %, paid % payments %, held % holds %, state %',
      which, b.total_fen, line_sum, b.paid_fen, paid_sum, b.held_fen, held_sum, b.state USING ERRCODE = 'check_violation';
  END IF;
  SELECT coalesce(sum(amount_fen) FILTER (WHERE account = 'worker_owed'), 0),
         coalesce(sum(amount_fen) FILTER (WHERE account = 'employer_owes'), 0),
         coalesce(sum(amount_fen) FILTER (WHERE account = 'held'), 0),
         coalesce(sum(amount_fen) FILTER (WHERE account = 'paid'), 0)
    INTO owed, owes, aside, journal_paid FROM postings WHERE bill_id = which;
  IF -owed <> b.total_fen OR journal_paid <> b.paid_fen OR aside <> b.held_fen
     OR owes <> b.total_fen - b.paid_fen - b.held_fen THEN
    RAISE EXCEPTION 'bill % differs from its journal: total % owed %, paid % journal %, held % journal %, open %',
      which, b.total_fen, -owed, b.paid_fen, journal_paid, b.held_fen, aside, owes USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bill_adds_up AFTER INSERT OR UPDATE ON bill_holds
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bill_adds_up();
CREATE CONSTRAINT TRIGGER bill_adds_up AFTER INSERT ON postings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bill_adds_up();

-- How many bills of an employer are overdue, in the whole city: what stops new posts in every county (64). Counted by
-- difference under the row's own lock, so that two bills at once are both counted.
CREATE OR REPLACE FUNCTION count_overdue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  late CONSTANT text[] := ARRAY['W_OVERDUE', 'W_ARREARS', 'W_REFERRED'];
  step int := (NEW.wage_state = ANY (late))::int;
BEGIN
  IF TG_OP = 'UPDATE' THEN step := step - (OLD.wage_state = ANY (late))::int; END IF;
  IF step > 0 THEN
    INSERT INTO posting_bans AS p (employer_id, bills, since) VALUES (NEW.employer_id, 1, NEW.wage_since)
      ON CONFLICT (employer_id) DO UPDATE SET bills = p.bills + 1,
        since = CASE WHEN p.bills = 0 THEN excluded.since ELSE p.since END;
  ELSIF step < 0 THEN
    UPDATE posting_bans SET bills = bills - 1, since = CASE WHEN bills = 1 THEN NULL ELSE since END
      WHERE employer_id = NEW.employer_id;
  END IF;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION count_overdue() FROM PUBLIC;
CREATE TRIGGER count_overdue AFTER INSERT OR UPDATE OF wage_state ON bills
  FOR EACH ROW EXECUTE FUNCTION count_overdue();

-- Whom bills must be paid to, for those who act on them: his name and his own account as it is sealed (56).
CREATE FUNCTION payees_of(p_bills uuid[]) RETURNS TABLE (bill_id uuid, worker_id uuid, name text, bank_sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT b.id, b.worker_id, p.name, w.bank_sealed
  FROM bills b JOIN persons p ON p.id = b.worker_id LEFT JOIN workers w ON w.person_id = p.id
  WHERE b.id = ANY (p_bills) AND acts_on(b.tenant, b.via, b.worker_id, b.employer_id)
$$;
REVOKE EXECUTE ON FUNCTION payees_of(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payees_of(uuid[]) TO linggong_app;

-- The sealed accounts of the others on the same order: one of them, a crew leader's say, must not take this worker's wage.
CREATE FUNCTION accounts_beside(p_bill uuid) RETURNS TABLE (worker_id uuid, bank_sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT DISTINCT w.person_id, w.bank_sealed FROM bills b JOIN engagements e ON e.order_id = b.order_id AND e.worker_id <> b.worker_id
  JOIN workers w ON w.person_id = e.worker_id
  WHERE b.id = p_bill AND w.bank_sealed IS NOT NULL AND acts_on(b.tenant, b.via, b.worker_id, b.employer_id)
$$;
REVOKE EXECUTE ON FUNCTION accounts_beside(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_beside(uuid) TO linggong_app;

-- An employer exports his own wage ledger: the law makes him keep it (保障农民工工资支付条例).
INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'employer', '*', 'bill', 'export', 'any', 'allow'),
  -- Arrears are handed over by operator, bureau or the worker himself; what an authority ruled is entered by the bureau (66, 68).
  ('p', 'worker', '*', 'bill', 'refer', 'any', 'allow'),
  ('p', 'county_operator', '*', 'bill', 'refer', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'bill', 'refer', 'down', 'allow'),
  ('p', 'auditor', '*', 'bill', 'refer', 'any', 'deny');

SET CONSTRAINTS ALL DEFERRED;
