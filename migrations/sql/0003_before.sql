-- The life before work starts: orders frozen and taken down, crews, the waitlist, substitutes, changes of terms, call-backs.
ALTER TABLE orders ADD COLUMN rescheduled_from UUID, ADD COLUMN crew_choice TEXT;
ALTER TABLE orders ADD CONSTRAINT ck_orders_crew_choice CHECK (crew_choice IN ('fewer', 'split', 'ask_around'));
ALTER TABLE orders ADD CONSTRAINT uq_orders_rescheduled_from UNIQUE (rescheduled_from);

CREATE TABLE suspensions (
  id UUID NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  employer_id UUID NOT NULL,
  reason TEXT NOT NULL,
  note TEXT NOT NULL,
  suspended_at TIMESTAMP WITH TIME ZONE NOT NULL,
  suspended_by UUID,
  decide_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  findings TEXT NOT NULL,
  proposed_at TIMESTAMP WITH TIME ZONE,
  proposed_by UUID,
  outcome TEXT,
  decided_at TIMESTAMP WITH TIME ZONE,
  decided_by UUID,
  objection_due_at TIMESTAMP WITH TIME ZONE,
  objection TEXT NOT NULL,
  objected_at TIMESTAMP WITH TIME ZONE,
  answer TEXT,
  answer_note TEXT NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE,
  answered_by UUID,
  CONSTRAINT pk_suspensions PRIMARY KEY (id),
  CONSTRAINT fk_suspensions_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_suspensions_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT ck_suspensions_outcome CHECK (outcome IN ('restored', 'taken_down')),
  CONSTRAINT ck_suspensions_answer CHECK (answer IN ('upheld', 'rejected'))
);
CREATE INDEX ix_suspensions_employer_id ON suspensions (employer_id);
CREATE INDEX ix_suspensions_order_id_suspended_at ON suspensions (order_id, suspended_at);
CREATE INDEX ix_suspensions_tenant_suspended_at ON suspensions (tenant, suspended_at);
CREATE UNIQUE INDEX uq_suspensions_open ON suspensions (order_id) WHERE outcome IS NULL;
ALTER TABLE suspensions ENABLE ROW LEVEL SECURITY;
ALTER TABLE suspensions FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON suspensions FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON suspensions TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON suspensions FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON suspensions FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE crews (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  leader_id UUID NOT NULL,
  leader_name TEXT NOT NULL,
  name TEXT NOT NULL,
  code TEXT NOT NULL,
  fee_fen BIGINT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_crews PRIMARY KEY (id),
  CONSTRAINT fk_crews_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_crews_leader_id FOREIGN KEY(leader_id) REFERENCES persons (id),
  CONSTRAINT ck_crews_fee CHECK (fee_fen >= 0),
  CONSTRAINT uq_crews_code UNIQUE (code)
);
CREATE INDEX ix_crews_leader_id ON crews (leader_id);
CREATE INDEX ix_crews_tenant ON crews (tenant);
ALTER TABLE crews ENABLE ROW LEVEL SECURITY;
ALTER TABLE crews FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON crews FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON crews TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON crews FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{leader_name}', '{"leader_name": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON crews FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{leader_name}', '{"leader_name": {"sealed": true}}');

CREATE TABLE crew_members (
  id UUID NOT NULL,
  crew_id UUID NOT NULL,
  leader_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  person_id UUID NOT NULL,
  member_name TEXT NOT NULL,
  crew_name TEXT NOT NULL,
  joined_at TIMESTAMP WITH TIME ZONE NOT NULL,
  agreed_by TEXT NOT NULL,
  left_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_crew_members PRIMARY KEY (id),
  CONSTRAINT fk_crew_members_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_crew_members_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_crew_members_crew_id FOREIGN KEY(crew_id) REFERENCES crews (id),
  CONSTRAINT fk_crew_members_person_id FOREIGN KEY(person_id) REFERENCES persons (id)
);
CREATE INDEX ix_crew_members_leader_id ON crew_members (leader_id);
CREATE INDEX ix_crew_members_person_id ON crew_members (person_id);
CREATE INDEX ix_crew_members_tenant ON crew_members (tenant);
CREATE INDEX ix_crew_members_via ON crew_members (via) WHERE via IS NOT NULL;
CREATE UNIQUE INDEX uq_crew_members_live ON crew_members (crew_id, person_id) WHERE left_at IS NULL;
ALTER TABLE crew_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE crew_members FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON crew_members FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON crew_members TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON crew_members FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{member_name}', '{"member_name": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON crew_members FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{member_name}', '{"member_name": {"sealed": true}}');


ALTER TABLE engagements ADD COLUMN queue_no INTEGER, ADD COLUMN crew_id UUID, ADD COLUMN leader_id UUID,
  ADD COLUMN replacement_id UUID;
ALTER TABLE engagements ADD CONSTRAINT fk_engagements_crew_id FOREIGN KEY (crew_id) REFERENCES crews (id);
CREATE INDEX ix_engagements_crew_id ON engagements (crew_id) WHERE crew_id IS NOT NULL;
CREATE INDEX ix_engagements_leader_id ON engagements (leader_id) WHERE leader_id IS NOT NULL;
ALTER TABLE assignments ADD COLUMN leader_id UUID;
CREATE INDEX ix_assignments_leader_id ON assignments (leader_id) WHERE leader_id IS NOT NULL;
ALTER TABLE timers ADD COLUMN deputy_id UUID;

-- The leader of a crew stands for its members where the tables list him: he sees those rows.
DROP POLICY scope_all ON engagements;
CREATE POLICY scope_all ON engagements FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid);
DROP POLICY scope_all ON assignments;
CREATE POLICY scope_all ON assignments FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid);
DROP POLICY scope_all ON timers;
CREATE POLICY scope_all ON timers FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR deputy_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR deputy_id = NULLIF(current_setting('app.actor', true), '')::uuid);

CREATE TABLE terms_changes (
  id UUID NOT NULL,
  engagement_id UUID NOT NULL,
  assignment_id UUID,
  batch_id UUID NOT NULL,
  state TEXT NOT NULL,
  kind TEXT NOT NULL,
  side TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  answer_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  changes JSONB NOT NULL,
  words TEXT NOT NULL,
  reason TEXT NOT NULL,
  is_general BOOLEAN NOT NULL,
  version INTEGER,
  answered_by TEXT,
  answered_at TIMESTAMP WITH TIME ZONE,
  answer_note TEXT NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_terms_changes PRIMARY KEY (id),
  CONSTRAINT fk_terms_changes_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_terms_changes_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_terms_changes_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_terms_changes_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_terms_changes_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id),
  CONSTRAINT fk_terms_changes_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignments (id),
  CONSTRAINT ck_terms_changes_state CHECK (state IN ('T_PROPOSED', 'T_AGREED', 'T_REFUSED', 'T_LAPSED')),
  CONSTRAINT ck_terms_changes_kind CHECK (kind IN ('price', 'time', 'place', 'headcount', 'overtime', 'extra', 'reduced')),
  CONSTRAINT ck_terms_changes_side CHECK (side IN ('worker', 'employer'))
);
CREATE INDEX ix_terms_changes_assignment_id ON terms_changes (assignment_id) WHERE assignment_id IS NOT NULL;
CREATE INDEX ix_terms_changes_batch_id ON terms_changes (batch_id);
CREATE INDEX ix_terms_changes_employer_id ON terms_changes (employer_id);
CREATE INDEX ix_terms_changes_engagement_id_proposed_at ON terms_changes (engagement_id, proposed_at);
CREATE INDEX ix_terms_changes_order_id_proposed_at ON terms_changes (order_id, proposed_at);
CREATE INDEX ix_terms_changes_tenant ON terms_changes (tenant);
CREATE INDEX ix_terms_changes_via ON terms_changes (via) WHERE via IS NOT NULL;
CREATE INDEX ix_terms_changes_worker_id ON terms_changes (worker_id);
CREATE UNIQUE INDEX uq_terms_changes_open ON terms_changes (engagement_id) WHERE state = 'T_PROPOSED';
ALTER TABLE terms_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE terms_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON terms_changes FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON terms_changes TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON terms_changes FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{reason}', '{"reason": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON terms_changes FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{reason}', '{"reason": {"sealed": true}}');

CREATE TABLE call_backs (
  id UUID NOT NULL,
  engagement_id UUID NOT NULL,
  subject_id UUID NOT NULL,
  step TEXT NOT NULL,
  staff_id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  reached TEXT,
  outcome TEXT,
  note TEXT NOT NULL,
  done_at TIMESTAMP WITH TIME ZONE,
  done_by UUID,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_call_backs PRIMARY KEY (id),
  CONSTRAINT fk_call_backs_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_call_backs_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_call_backs_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_call_backs_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_call_backs_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id),
  CONSTRAINT ck_call_backs_reached CHECK (reached IN ('worker', 'employer')),
  CONSTRAINT ck_call_backs_outcome CHECK (outcome IN ('agreed', 'denied')),
  CONSTRAINT uq_call_backs_subject_id_step UNIQUE (subject_id, step)
);
CREATE INDEX ix_call_backs_employer_id ON call_backs (employer_id);
CREATE INDEX ix_call_backs_engagement_id ON call_backs (engagement_id);
CREATE INDEX ix_call_backs_open ON call_backs (tenant, due_at) WHERE done_at IS NULL;
CREATE INDEX ix_call_backs_order_id ON call_backs (order_id);
CREATE INDEX ix_call_backs_via ON call_backs (via) WHERE via IS NOT NULL;
CREATE INDEX ix_call_backs_worker_id ON call_backs (worker_id);
ALTER TABLE call_backs ENABLE ROW LEVEL SECURITY;
ALTER TABLE call_backs FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON call_backs FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON call_backs TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON call_backs FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{note}', '{"note": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON call_backs FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{note}', '{"note": {"sealed": true}}');

CREATE TABLE replacements (
  id UUID NOT NULL,
  engagement_id UUID NOT NULL,
  leader_id UUID,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  consented_at TIMESTAMP WITH TIME ZONE,
  new_engagement_id UUID,
  accepted_at TIMESTAMP WITH TIME ZONE,
  accepted_by TEXT,
  outcome TEXT,
  ended_at TIMESTAMP WITH TIME ZONE,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_replacements PRIMARY KEY (id),
  CONSTRAINT fk_replacements_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_replacements_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_replacements_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_replacements_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_replacements_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id),
  CONSTRAINT fk_replacements_new_engagement_id FOREIGN KEY(new_engagement_id) REFERENCES engagements (id),
  CONSTRAINT ck_replacements_outcome CHECK (outcome IN ('done', 'refused', 'taken_back')),
  CONSTRAINT uq_replacements_code UNIQUE (code)
);
CREATE INDEX ix_replacements_employer_id ON replacements (employer_id);
CREATE INDEX ix_replacements_leader_id ON replacements (leader_id) WHERE leader_id IS NOT NULL;
CREATE INDEX ix_replacements_new_engagement_id ON replacements (new_engagement_id);
CREATE INDEX ix_replacements_order_id ON replacements (order_id);
CREATE INDEX ix_replacements_tenant ON replacements (tenant);
CREATE INDEX ix_replacements_via ON replacements (via) WHERE via IS NOT NULL;
CREATE INDEX ix_replacements_worker_id ON replacements (worker_id);
CREATE UNIQUE INDEX uq_replacements_open ON replacements (engagement_id) WHERE ended_at IS NULL;
ALTER TABLE replacements ENABLE ROW LEVEL SECURITY;
ALTER TABLE replacements FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON replacements FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON replacements TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON replacements FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{code,reason}', '{"code": {"sealed": true}, "reason": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON replacements FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{code,reason}', '{"code": {"sealed": true}, "reason": {"sealed": true}}');


-- Transition 15: an applicant of a full order takes the next number of its waitlist; NULL while places are left. Behind the
-- order's row lock, because a worker may not see who else waits.
CREATE FUNCTION join_queue(p_engagement uuid) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  e engagements%ROWTYPE;
  o orders%ROWTYPE;
  n int;
BEGIN
  SELECT * INTO e FROM engagements WHERE id = p_engagement;
  IF NOT FOUND OR NOT (acts_on(e.tenant, e.via, e.worker_id, e.employer_id)
                       OR coalesce(e.leader_id = NULLIF(current_setting('app.actor', true), '')::uuid, false)) THEN
    RETURN NULL;
  END IF;
  SELECT * INTO o FROM orders WHERE id = e.order_id FOR NO KEY UPDATE;
  IF o.confirmed < o.headcount OR o.state NOT IN ('O_OPEN', 'O_FULL', 'O_LOCKED', 'O_ACTIVE') THEN
    RETURN NULL;
  END IF;
  SELECT coalesce(max(queue_no), 0) + 1 INTO n FROM engagements WHERE order_id = e.order_id;
  UPDATE engagements SET state = 'A_WAITLIST', queue_no = n WHERE id = p_engagement AND state = 'A_APPLIED';
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  RETURN n;
END $$;

REVOKE EXECUTE ON FUNCTION join_queue(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION join_queue(uuid) TO linggong_app;

-- As in 0002, and for a leader who signs up a member of his crew.
CREATE OR REPLACE FUNCTION link_worker(p_engagement uuid, p_id uuid, p_now timestamptz, p_until timestamptz, p_renewed timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  e engagements%ROWTYPE;
BEGIN
  SELECT * INTO e FROM engagements WHERE id = p_engagement;
  IF FOUND AND (acts_on(e.tenant, e.via, e.worker_id, e.employer_id)
                OR coalesce(e.leader_id = NULLIF(current_setting('app.actor', true), '')::uuid, false)) THEN
    INSERT INTO service_links (id, subject_id, tenant, kind, started_at, ends_at)
      VALUES (p_id, e.worker_id, e.tenant, 'order', p_now, p_until)
      ON CONFLICT (subject_id, tenant, kind) DO UPDATE SET ends_at = greatest(service_links.ends_at, excluded.ends_at);
    UPDATE service_links SET ends_at = p_renewed
      WHERE subject_id = e.worker_id AND kind = 'registered' AND tenant IN (e.tenant, e.via) AND ends_at < p_renewed;
  END IF;
END $$;

-- A member joins a crew by its code, which the leader tells him; the name is the public form. NULL for no such crew.
CREATE FUNCTION join_crew(p_code text, p_member uuid, p_id uuid, p_name text, p_via text, p_by text, p_now timestamptz)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  c crews%ROWTYPE;
BEGIN
  IF NOT acts_on(p_via, p_via, p_member, NULL) THEN
    RETURN NULL;
  END IF;
  SELECT * INTO c FROM crews WHERE code = p_code AND ended_at IS NULL;
  IF NOT FOUND OR c.leader_id = p_member THEN
    RETURN NULL;
  END IF;
  INSERT INTO crew_members (id, crew_id, leader_id, tenant, via, person_id, member_name, crew_name, joined_at, agreed_by)
    VALUES (p_id, c.id, c.leader_id, c.tenant, p_via, p_member, p_name, c.name, p_now, p_by)
    ON CONFLICT (crew_id, person_id) WHERE left_at IS NULL DO NOTHING;
  RETURN c.id;
END $$;
REVOKE EXECUTE ON FUNCTION join_crew(text, uuid, uuid, text, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION join_crew(text, uuid, uuid, text, text, text, timestamptz) TO linggong_app;

-- What members and employers may know of a crew: its name, its leader and what the employer pays him. By id, never a list.
CREATE FUNCTION crew_card(p_crew uuid, OUT name text, OUT leader_name text, OUT fee_fen bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT c.name, c.leader_name, c.fee_fen FROM crews c WHERE c.id = p_crew
$$;
REVOKE EXECUTE ON FUNCTION crew_card(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION crew_card(uuid) TO linggong_app;

-- Changes of terms. A worker who agrees may change neither the order nor its published terms: these functions do, when the
-- caller acts on a side of the proposal that he answers. Versions of one order are taken behind the order's row lock.
ALTER TABLE terms_versions ADD COLUMN is_general BOOLEAN NOT NULL DEFAULT true;

CREATE FUNCTION put_terms(p_order uuid, p_terms uuid, p_version int, p_body text, p_hash bytea, p_kind text, p_values jsonb,
                          p_general boolean, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  o orders%ROWTYPE;
  starts timestamptz; ends timestamptz;
BEGIN
  SELECT * INTO o FROM orders WHERE id = p_order FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM terms_versions WHERE order_id = p_order AND version >= p_version) THEN
    RETURN false;
  END IF;
  INSERT INTO terms_versions (id, order_id, tenant, employer_id, version, body, hash, is_general, created_at)
    VALUES (p_terms, o.id, o.tenant, o.employer_id, p_version, p_body, p_hash, p_general, p_now);
  IF NOT p_general THEN
    RETURN true;
  END IF;
  UPDATE orders SET terms_version = p_version WHERE id = p_order;
  CASE p_kind
    WHEN 'price' THEN
      UPDATE orders SET pay_fen = (p_values->>'pay_fen')::bigint, hourly_fen = (p_values->>'hourly_fen')::bigint
        WHERE id = p_order;
    WHEN 'place' THEN
      UPDATE orders SET place = p_values->>'place', latitude = NULL, longitude = NULL WHERE id = p_order;
    WHEN 'headcount' THEN
      UPDATE orders SET headcount = (p_values->>'headcount')::int,
        min_crew = least(min_crew, (p_values->>'headcount')::int) WHERE id = p_order;
    WHEN 'time' THEN
      starts := (p_values->>'starts_at')::timestamptz;
      ends := (p_values->>'ends_at')::timestamptz;
      UPDATE shifts SET work_date = ((starts_at + (starts - o.starts_at)) AT TIME ZONE 'Asia/Shanghai')::date,
        starts_at = starts_at + (starts - o.starts_at), ends_at = starts_at + (starts - o.starts_at) + (ends - starts)
        WHERE order_id = p_order;
      UPDATE orders SET work_date = (starts AT TIME ZONE 'Asia/Shanghai')::date, starts_at = starts,
        ends_at = ends + make_interval(days => o.days - 1) WHERE id = p_order;
    ELSE
      NULL;
  END CASE;
  RETURN true;
END $$;
REVOKE EXECUTE ON FUNCTION put_terms(uuid, uuid, int, text, bytea, text, jsonb, boolean, timestamptz) FROM PUBLIC;

-- Transition 25: the terms that an agreed proposal becomes; the first of a batch makes the version, the others take it.
CREATE FUNCTION adopt_terms(p_change uuid, p_terms uuid, p_version int, p_body text, p_hash bytea, p_now timestamptz,
                            OUT version int, OUT hash bytea, OUT fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  c terms_changes%ROWTYPE;
BEGIN
  SELECT * INTO c FROM terms_changes t WHERE t.id = p_change FOR NO KEY UPDATE;
  IF NOT FOUND OR c.state <> 'T_PROPOSED' OR NOT acts_on(c.tenant, c.via, c.worker_id, c.employer_id) THEN
    RETURN;
  END IF;
  PERFORM 1 FROM orders o WHERE o.id = c.order_id FOR NO KEY UPDATE;
  SELECT t.version INTO version FROM terms_changes t WHERE t.batch_id = c.batch_id AND t.version IS NOT NULL LIMIT 1;
  fresh := version IS NULL;
  IF fresh THEN
    IF NOT put_terms(c.order_id, p_terms, p_version, p_body, p_hash, c.kind, c.changes, c.is_general, p_now) THEN
      RETURN;
    END IF;
    version := p_version;
  END IF;
  SELECT v.hash INTO hash FROM terms_versions v WHERE v.order_id = c.order_id AND v.version = adopt_terms.version;
END $$;
REVOKE EXECUTE ON FUNCTION adopt_terms(uuid, uuid, int, text, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION adopt_terms(uuid, uuid, int, text, bytea, timestamptz) TO linggong_app;

-- The employer's side changes what binds nobody yet, or wants more people.
CREATE FUNCTION revise_terms(p_order uuid, p_terms uuid, p_version int, p_body text, p_hash bytea, p_kind text,
                             p_values jsonb, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  o orders%ROWTYPE;
BEGIN
  SELECT * INTO o FROM orders WHERE id = p_order;
  IF NOT FOUND OR NOT acts_on(o.tenant, NULL, NULL, o.employer_id) THEN
    RETURN false;
  END IF;
  RETURN put_terms(p_order, p_terms, p_version, p_body, p_hash, p_kind, p_values, true, p_now);
END $$;
REVOKE EXECUTE ON FUNCTION revise_terms(uuid, uuid, int, text, bytea, text, jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION revise_terms(uuid, uuid, int, text, bytea, text, jsonb, timestamptz) TO linggong_app;

-- The exchange that a code names (28), for whoever was told the code; its ids and nothing else.
CREATE FUNCTION replacement_by_code(p_code text, OUT id uuid, OUT order_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT r.id, r.order_id FROM replacements r WHERE r.code = p_code AND r.ended_at IS NULL
$$;
REVOKE EXECUTE ON FUNCTION replacement_by_code(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION replacement_by_code(text) TO linggong_app;

-- The new one has entered: once, unless an earlier one has left again; the employer's yes was for that one only.
CREATE FUNCTION enter_replacement(p_replacement uuid, p_engagement uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  e engagements%ROWTYPE;
BEGIN
  SELECT * INTO e FROM engagements WHERE id = p_engagement;
  IF NOT FOUND OR NOT (acts_on(e.tenant, e.via, e.worker_id, e.employer_id)
                       OR coalesce(e.leader_id = NULLIF(current_setting('app.actor', true), '')::uuid, false)) THEN
    RETURN false;
  END IF;
  UPDATE replacements r SET new_engagement_id = p_engagement, accepted_at = NULL, accepted_by = NULL
    WHERE r.id = p_replacement AND r.order_id = e.order_id AND r.ended_at IS NULL AND r.worker_id <> e.worker_id
      AND (r.new_engagement_id IS NULL
           OR EXISTS (SELECT 1 FROM engagements n WHERE n.id = r.new_engagement_id AND n.state LIKE 'X\_%'));
  RETURN FOUND;
END $$;
REVOKE EXECUTE ON FUNCTION enter_replacement(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_replacement(uuid, uuid) TO linggong_app;

-- Transition 28 in one step: the old one gives his place to the new one, who has just confirmed. No row when it cannot be.
CREATE FUNCTION replace_place(p_new uuid, p_now timestamptz, OUT id uuid, OUT state text, OUT worker_id uuid,
                              OUT shifts jsonb, OUT shift_ids jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  n engagements%ROWTYPE;
  r replacements%ROWTYPE;
  e engagements%ROWTYPE;
BEGIN
  SELECT * INTO n FROM engagements g WHERE g.id = p_new FOR NO KEY UPDATE;
  IF NOT FOUND OR NOT acts_on(n.tenant, n.via, n.worker_id, n.employer_id) OR n.state <> 'A_OFFERED'
     OR n.worker_confirmed_at IS NULL OR n.employer_confirmed_at IS NULL THEN
    RETURN;
  END IF;
  SELECT * INTO r FROM replacements p WHERE p.id = n.replacement_id AND p.new_engagement_id = p_new
    AND p.accepted_at IS NOT NULL AND p.ended_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  PERFORM 1 FROM orders o WHERE o.id = n.order_id AND o.state IN ('O_OPEN', 'O_FULL', 'O_LOCKED', 'O_ACTIVE') FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT * INTO e FROM engagements g WHERE g.id = r.engagement_id FOR NO KEY UPDATE;
  IF e.state NOT IN ('A_CONFIRMED', 'A_CONTRACTED') OR EXISTS (SELECT 1 FROM assignments a WHERE a.engagement_id = e.id
       AND a.state NOT IN ('A_CONFIRMED', 'A_CONTRACTED') AND a.state NOT LIKE 'X\_%') THEN
    RETURN;
  END IF;
  SELECT coalesce(jsonb_agg(jsonb_build_array(a.id, a.state)), '[]'), coalesce(jsonb_agg(a.shift_id), '[]')
    INTO shifts, shift_ids FROM assignments a
    WHERE a.engagement_id = e.id AND a.state IN ('A_CONFIRMED', 'A_CONTRACTED');
  UPDATE assignments a SET state = 'X_REPLACED', end_reason = 'replaced'
    WHERE a.engagement_id = e.id AND a.state IN ('A_CONFIRMED', 'A_CONTRACTED');
  UPDATE engagements g SET state = 'X_REPLACED', end_reason = 'replaced', ended_at = p_now WHERE g.id = e.id;
  UPDATE engagements g SET state = 'A_CONFIRMED', confirmed_at = p_now WHERE g.id = p_new;
  UPDATE replacements p SET outcome = 'done', ended_at = p_now WHERE p.id = r.id;
  id := e.id; state := e.state; worker_id := e.worker_id;
END $$;
REVOKE EXECUTE ON FUNCTION replace_place(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION replace_place(uuid, timestamptz) TO linggong_app;

-- What roles may do with it.
INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'worker', '*', 'crew', 'use', 'any', 'allow'),
  ('p', 'worker', '*', 'terms', 'change', 'any', 'allow'),
  ('p', 'employer', '*', 'terms', 'change', 'any', 'allow'),
  ('p', 'station_clerk', '*', 'order', 'suspend', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'crew', 'use', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'terms', 'change', 'down', 'allow'),
  ('p', 'street_operator', '*', 'order', 'suspend', 'down', 'allow'),
  ('p', 'county_operator', '*', 'order', 'suspend', 'down', 'allow'),
  ('p', 'county_operator', '*', 'crew', 'use', 'down', 'allow'),
  ('p', 'county_operator', '*', 'terms', 'change', 'down', 'allow'),
  ('p', 'county_operator', '*', 'order', 'decide', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'order', 'suspend', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'order', 'decide', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'order', 'takedown', 'down', 'allow'),
  ('p', 'auditor', '*', 'order', 'suspend', 'any', 'deny'),
  ('p', 'auditor', '*', 'order', 'decide', 'any', 'deny'),
  ('p', 'auditor', '*', 'order', 'takedown', 'any', 'deny'),
  ('p', 'auditor', '*', 'crew', 'use', 'any', 'deny'),
  ('p', 'auditor', '*', 'terms', 'change', 'any', 'deny');
