-- Whom one can trust: prints of posts, ratings, credit points, restrictions.
CREATE TABLE post_prints (
	order_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	employer_id UUID NOT NULL, 
	phone_index BYTEA NOT NULL, 
	sketch INTEGER[] NOT NULL, 
	bands INTEGER[] NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_post_prints PRIMARY KEY (order_id), 
	CONSTRAINT fk_post_prints_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE, 
	CONSTRAINT fk_post_prints_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id)
);
CREATE INDEX ix_post_prints_bands ON post_prints USING gin (bands);
CREATE INDEX ix_post_prints_employer_id_made_at ON post_prints (employer_id, made_at);
CREATE INDEX ix_post_prints_phone_index_made_at ON post_prints (phone_index, made_at);
CREATE INDEX ix_post_prints_tenant_order_id ON post_prints (tenant, order_id);
ALTER TABLE post_prints ENABLE ROW LEVEL SECURITY;
ALTER TABLE post_prints FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON post_prints FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT ON post_prints TO linggong_app;

-- Keeps a post's print and tells how many other employers use its telephone, and how many posted the same text before this
-- employer did. The caller must act on the order; he learns numbers, and the code of a look-alike that the board shows anyway.
CREATE OR REPLACE FUNCTION post_kin(p_order uuid, p_phone bytea, p_sketch int[], p_bands int[], p_since timestamptz,
    p_alike int, OUT phone_employers int, OUT echo int, OUT echo_of text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  o orders%ROWTYPE;
  made timestamptz := coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, clock_timestamp());
  first_own timestamptz;
BEGIN
  phone_employers := 0;
  echo := 0;
  SELECT * INTO o FROM orders WHERE id = p_order;
  IF NOT FOUND OR NOT acts_on(o.tenant, NULL, NULL, o.employer_id) THEN
    RETURN;
  END IF;
  INSERT INTO post_prints (order_id, tenant, employer_id, phone_index, sketch, bands, made_at)
    VALUES (o.id, o.tenant, o.employer_id, p_phone, p_sketch, p_bands, made)
    ON CONFLICT (order_id) DO UPDATE SET phone_index = excluded.phone_index, sketch = excluded.sketch, bands = excluded.bands;
  SELECT count(DISTINCT employer_id) INTO phone_employers FROM post_prints
    WHERE phone_index = p_phone AND made_at >= p_since AND employer_id <> o.employer_id;
  IF cardinality(p_bands) = 0 THEN
    RETURN;
  END IF;
  WITH alike AS (
    SELECT p.employer_id, p.made_at, b.trace_code FROM post_prints p LEFT JOIN board_posts b ON b.order_id = p.order_id
      WHERE p.bands && p_bands AND p.made_at >= p_since AND cardinality(p.sketch) = cardinality(p_sketch)
        AND (SELECT count(*) FROM unnest(p.sketch, p_sketch) AS s(one, other) WHERE s.one = s.other) >= p_alike
  ), own AS (SELECT min(made_at) AS at FROM alike WHERE employer_id = o.employer_id)
  SELECT count(DISTINCT a.employer_id), max(a.trace_code) INTO echo, echo_of FROM alike a, own
    WHERE a.employer_id <> o.employer_id AND a.made_at < own.at;
END $$;
REVOKE ALL ON FUNCTION post_kin(uuid, bytea, int[], int[], timestamptz, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION post_kin(uuid, bytea, int[], int[], timestamptz, int) TO linggong_app;

CREATE TABLE credit_entries (
	id UUID NOT NULL, 
	reason TEXT NOT NULL, 
	points INTEGER NOT NULL, 
	order_id UUID, 
	subject_id UUID NOT NULL, 
	part INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	occurred_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	counts_from TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	noted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	object_until TIMESTAMP WITH TIME ZONE NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	via TEXT COLLATE "C", 
	person_id UUID, 
	employer_id UUID, 
	state TEXT NOT NULL, 
	objection TEXT NOT NULL, 
	objected_at TIMESTAMP WITH TIME ZONE, 
	decision TEXT NOT NULL, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	decided_by UUID, 
	CONSTRAINT pk_credit_entries PRIMARY KEY (id), 
	CONSTRAINT fk_credit_entries_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_credit_entries_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_credit_entries_person_id FOREIGN KEY(person_id) REFERENCES persons (id), 
	CONSTRAINT fk_credit_entries_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT ck_credit_entries_one_side CHECK ((person_id IS NULL) <> (employer_id IS NULL)), 
	CONSTRAINT ck_credit_entries_state CHECK (state IN ('K_NOTED', 'K_CONTESTED', 'K_COUNTED', 'K_LIFTED')), 
	CONSTRAINT ck_credit_entries_reason CHECK (reason IN ('late_cancel', 'no_show', 'cancel', 'employer_no_show', 'differs', 'late_pay', 'arrears', 'false_post')), 
	CONSTRAINT ck_credit_entries_points CHECK (points > 0), 
	CONSTRAINT ck_credit_entries_decays CHECK (expires_at > occurred_at), 
	CONSTRAINT uq_credit_entries_subject_id_reason_part UNIQUE (subject_id, reason, part)
);
CREATE INDEX ix_credit_entries_employer_id ON credit_entries (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_credit_entries_person_id ON credit_entries (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX ix_credit_entries_tenant_state ON credit_entries (tenant, state);
CREATE INDEX ix_credit_entries_via ON credit_entries (via) WHERE via IS NOT NULL;
ALTER TABLE credit_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE credit_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON credit_entries FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON credit_entries TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON credit_entries FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{objection,decision}', '{"objection": {"sealed": true}, "decision": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON credit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{objection,decision}', '{"objection": {"sealed": true}, "decision": {"sealed": true}}');

CREATE TABLE restrictions (
	id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	level INTEGER NOT NULL, 
	points INTEGER NOT NULL, 
	grounds TEXT NOT NULL, 
	evidence TEXT NOT NULL, 
	proposed_by UUID, 
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ends_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	object_until TIMESTAMP WITH TIME ZONE, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	via TEXT COLLATE "C", 
	person_id UUID, 
	employer_id UUID, 
	state TEXT NOT NULL, 
	objection TEXT NOT NULL, 
	objected_at TIMESTAMP WITH TIME ZONE, 
	decision TEXT NOT NULL, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	decided_by UUID, 
	CONSTRAINT pk_restrictions PRIMARY KEY (id), 
	CONSTRAINT fk_restrictions_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_restrictions_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_restrictions_person_id FOREIGN KEY(person_id) REFERENCES persons (id), 
	CONSTRAINT fk_restrictions_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT ck_restrictions_one_side CHECK ((person_id IS NULL) <> (employer_id IS NULL)), 
	CONSTRAINT ck_restrictions_state CHECK (state IN ('L_PROPOSED', 'L_LIVE', 'L_CONTESTED', 'L_LIFTED', 'L_EXPIRED', 'L_REFUSED')), 
	CONSTRAINT ck_restrictions_kind CHECK (kind IN ('points', 'decision')), 
	CONSTRAINT ck_restrictions_level CHECK (level BETWEEN 1 AND 3), 
	CONSTRAINT ck_restrictions_never_lifelong CHECK (ends_at > starts_at), 
	CONSTRAINT ck_restrictions_evidence CHECK (kind = 'points' OR evidence <> '')
);
CREATE INDEX ix_restrictions_employer_id ON restrictions (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_restrictions_person_id ON restrictions (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX ix_restrictions_tenant_state ON restrictions (tenant, state);
CREATE INDEX ix_restrictions_via ON restrictions (via) WHERE via IS NOT NULL;
ALTER TABLE restrictions ENABLE ROW LEVEL SECURITY;
ALTER TABLE restrictions FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON restrictions FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON restrictions TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON restrictions FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{objection,decision,grounds,evidence}', '{"objection": {"sealed": true}, "decision": {"sealed": true}, "grounds": {"sealed": true}, "evidence": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON restrictions FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{objection,decision,grounds,evidence}', '{"objection": {"sealed": true}, "decision": {"sealed": true}, "grounds": {"sealed": true}, "evidence": {"sealed": true}}');

CREATE TABLE worker_stars (
	person_id UUID NOT NULL, 
	trade_group TEXT NOT NULL, 
	stars NUMERIC(3, 2) NOT NULL, 
	ratings INTEGER NOT NULL, 
	completed INTEGER NOT NULL, 
	failed INTEGER NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_worker_stars PRIMARY KEY (person_id, trade_group), 
	CONSTRAINT fk_worker_stars_person_id FOREIGN KEY(person_id) REFERENCES persons (id)
);
ALTER TABLE worker_stars ENABLE ROW LEVEL SECURITY;
ALTER TABLE worker_stars FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON worker_stars FOR ALL TO PUBLIC USING (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = worker_stars.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system') WITH CHECK (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = worker_stars.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON worker_stars TO linggong_app;

CREATE TABLE listed_workers (
	id UUID NOT NULL, 
	county TEXT COLLATE "C" NOT NULL, 
	name TEXT NOT NULL, 
	trade_group TEXT NOT NULL, 
	stars NUMERIC(3, 2) NOT NULL, 
	ratings INTEGER NOT NULL, 
	completed INTEGER NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_listed_workers PRIMARY KEY (id)
);
CREATE INDEX ix_listed_workers_trade_group_stars ON listed_workers (trade_group, stars);
ALTER TABLE listed_workers ENABLE ROW LEVEL SECURITY;
ALTER TABLE listed_workers FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON listed_workers FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON listed_workers FOR INSERT TO PUBLIC WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON listed_workers FOR UPDATE TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON listed_workers FOR DELETE TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON listed_workers TO linggong_app;

CREATE TABLE pay_records (
	employer_id UUID NOT NULL, 
	due INTEGER NOT NULL, 
	on_time INTEGER NOT NULL, 
	confirmed INTEGER NOT NULL, 
	same_day_due INTEGER NOT NULL, 
	same_day_on_time INTEGER NOT NULL, 
	late INTEGER NOT NULL, 
	open INTEGER NOT NULL, 
	rating NUMERIC(3, 2), 
	ratings INTEGER NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_pay_records PRIMARY KEY (employer_id), 
	CONSTRAINT fk_pay_records_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT ck_pay_records_counts CHECK (on_time <= due AND confirmed <= on_time)
);
ALTER TABLE pay_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE pay_records FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON pay_records FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON pay_records FOR INSERT TO PUBLIC WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON pay_records FOR UPDATE TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON pay_records FOR DELETE TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON pay_records TO linggong_app;

ALTER TABLE ratings ADD COLUMN reply TEXT NOT NULL DEFAULT '';
ALTER TABLE ratings ALTER COLUMN reply DROP DEFAULT;
ALTER TABLE ratings ADD COLUMN replied_at TIMESTAMP WITH TIME ZONE;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON ratings FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words,reply}', '{"words": {"sealed": true}, "reply": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON ratings FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words,reply}', '{"words": {"sealed": true}, "reply": {"sealed": true}}');

-- The highest level in force of one party: its county's own, and every county's from 2 on (shared with the city). Asked by the
-- party itself, by staff, by an employer of that worker, and by the background; it tells a level and its end, never why.
CREATE OR REPLACE FUNCTION standing_of(p_person uuid, p_employer uuid, p_place text, OUT level int, OUT until timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  me uuid := NULLIF(current_setting('app.actor', true), '')::uuid;
  mine uuid := NULLIF(current_setting('app.employer', true), '')::uuid;
  at timestamptz := coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, clock_timestamp());
BEGIN
  IF NOT coalesce(current_setting('app.kind', true) IN ('system', 'staff') OR me = p_person OR mine = p_employer
      OR EXISTS (SELECT 1 FROM engagements e WHERE e.worker_id = p_person AND (e.employer_id = mine OR e.leader_id = me)), false) THEN
    RETURN;
  END IF;
  SELECT r.level, r.ends_at INTO level, until FROM restrictions r
    WHERE (r.person_id = p_person OR r.employer_id = p_employer) AND r.starts_at <= at AND r.ends_at > at
      AND (r.state = 'L_LIVE' OR (r.state = 'L_CONTESTED' AND r.employer_id IS NOT NULL))
      AND (r.level >= 2 OR (p_place COLLATE "C" >= r.tenant AND p_place COLLATE "C" < r.tenant || '~'))
    ORDER BY r.level DESC, r.ends_at DESC LIMIT 1;
END $$;
REVOKE ALL ON FUNCTION standing_of(uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION standing_of(uuid, uuid, text) TO linggong_app;

-- A worker's stars in the trade of an order, for the sides of that engagement.
CREATE OR REPLACE FUNCTION stars_of(p_engagement uuid, OUT trade_group text, OUT stars numeric, OUT ratings int, OUT completed int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT s.trade_group, s.stars, s.ratings, s.completed
  FROM engagements e JOIN orders o ON o.id = e.order_id
    JOIN worker_stars s ON s.person_id = e.worker_id AND s.trade_group = substr(o.trade_code, 1, 4)
  WHERE e.id = p_engagement AND acts_on(e.tenant, e.via, e.worker_id, e.employer_id)
$$;
REVOKE ALL ON FUNCTION stars_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION stars_of(uuid) TO linggong_app;

INSERT INTO duty_separations (key, first, second, words, first_roles, second_roles) VALUES
  ('credit-decide',
   'assignment.no_show assignment.differs assignment.employer_no_show takedown.proposed order.taken_down credit_entry.object restriction.propose restriction.confirm restriction.object',
   'credit_entry.uphold credit_entry.lift credit_entry.correct restriction.confirm restriction.refuse restriction.uphold restriction.lift restriction.correct',
   '自己登记、提出或代写申诉的，不能自己决定，请同事来决定。', '[]', '[]');
INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'worker', '*', 'credit', 'read', 'any', 'allow'),
  ('p', 'worker', '*', 'credit', 'object', 'any', 'allow'),
  ('p', 'employer', '*', 'credit', 'read', 'any', 'allow'),
  ('p', 'employer', '*', 'credit', 'object', 'any', 'allow'),
  ('p', 'station_clerk', '*', 'credit', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'credit', 'object', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'credit', 'propose', 'down', 'allow'),
  ('p', 'county_operator', '*', 'credit', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'credit', 'object', 'down', 'allow'),
  ('p', 'county_operator', '*', 'credit', 'propose', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'credit', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'credit', 'propose', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'credit', 'decide', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'credit', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'credit', 'decide', 'down', 'allow'),
  ('p', 'auditor', '*', 'credit', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'credit', 'object', 'any', 'deny'),
  ('p', 'auditor', '*', 'credit', 'propose', 'any', 'deny'),
  ('p', 'auditor', '*', 'credit', 'decide', 'any', 'deny');
