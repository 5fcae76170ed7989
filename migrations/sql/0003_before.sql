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


ALTER TABLE engagements ADD COLUMN queue_no INTEGER, ADD COLUMN crew_id UUID, ADD COLUMN leader_id UUID;
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
