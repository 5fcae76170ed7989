-- On site: pauses, reports with their proof, no-shows with their contest, and the weather (transitions 36 to 53, ruling 17).

-- Hours below the attendance record need the worker's word (ruling 5); hours beyond the agreed end need an agreement (48).
ALTER TABLE assignments
  ADD COLUMN proposed_minutes INTEGER,
  ADD COLUMN proposed_quantity NUMERIC(12, 2),
  ADD COLUMN proposed_reason TEXT NOT NULL DEFAULT '',
  ADD COLUMN proposed_at TIMESTAMP WITH TIME ZONE,
  ADD COLUMN overtime_until TIMESTAMP WITH TIME ZONE,
  ADD COLUMN overtime_minutes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assignments DROP CONSTRAINT ck_assignments_arrived_method;
ALTER TABLE assignments ADD CONSTRAINT ck_assignments_arrived_method CHECK (arrived_method IN ('qr', 'code', 'id_card', 'geo_photo', 'roll_call', 'clerk', 'crew'));

CREATE TABLE weather_alerts (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL,
  level TEXT NOT NULL,
  temperature_c NUMERIC(4, 1),
  begins_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  source TEXT NOT NULL,
  number TEXT NOT NULL,
  words TEXT NOT NULL,
  entered_by UUID,
  channel TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  withdrawn_at TIMESTAMP WITH TIME ZONE,
  withdrawn_why TEXT NOT NULL,
  CONSTRAINT pk_weather_alerts PRIMARY KEY (id),
  CONSTRAINT fk_weather_alerts_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT ck_weather_alerts_kind CHECK (kind IN ('rain', 'snow', 'heat', 'wind')),
  CONSTRAINT ck_weather_alerts_level CHECK (level IN ('blue', 'yellow', 'orange', 'red')),
  CONSTRAINT ck_weather_alerts_temperature CHECK (temperature_c BETWEEN -60 AND 60),
  CONSTRAINT ck_weather_alerts_times CHECK (ends_at > begins_at)
);
CREATE INDEX ix_weather_alerts_ends_at ON weather_alerts (ends_at);
CREATE INDEX ix_weather_alerts_tenant_begins_at ON weather_alerts (tenant, begins_at);
CREATE UNIQUE INDEX uq_weather_alerts_number ON weather_alerts (source, number, tenant) WHERE number <> '' AND withdrawn_at IS NULL;
ALTER TABLE weather_alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE weather_alerts FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON weather_alerts FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON weather_alerts FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON weather_alerts FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON weather_alerts FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON weather_alerts TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON weather_alerts FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON weather_alerts FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE weather_decisions (
  id UUID NOT NULL,
  alert_id UUID NOT NULL,
  order_id UUID NOT NULL,
  shift_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  employer_id UUID NOT NULL,
  work_date DATE NOT NULL,
  verdict TEXT NOT NULL,
  words TEXT NOT NULL,
  decide_at TIMESTAMP WITH TIME ZONE,
  outcome TEXT NOT NULL,
  decided_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_weather_decisions PRIMARY KEY (id),
  CONSTRAINT fk_weather_decisions_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_weather_decisions_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_weather_decisions_alert_id FOREIGN KEY(alert_id) REFERENCES weather_alerts (id),
  CONSTRAINT fk_weather_decisions_shift_id FOREIGN KEY(shift_id) REFERENCES shifts (id),
  CONSTRAINT ck_weather_decisions_verdict CHECK (verdict IN ('warn', 'limit', 'stop')),
  CONSTRAINT ck_weather_decisions_outcome CHECK (outcome IN ('open', 'told', 'moved', 'cancelled', 'lifted')),
  CONSTRAINT uq_weather_decisions_alert_id_shift_id UNIQUE (alert_id, shift_id)
);
CREATE INDEX ix_weather_decisions_employer_id_work_date ON weather_decisions (employer_id, work_date);
CREATE INDEX ix_weather_decisions_order_id_work_date ON weather_decisions (order_id, work_date);
CREATE INDEX ix_weather_decisions_shift_id ON weather_decisions (shift_id);
CREATE INDEX ix_weather_decisions_tenant_work_date ON weather_decisions (tenant, work_date);
ALTER TABLE weather_decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE weather_decisions FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON weather_decisions FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON weather_decisions TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON weather_decisions FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON weather_decisions FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE pauses (
  id UUID NOT NULL,
  assignment_id UUID NOT NULL,
  cause TEXT NOT NULL,
  fault BOOLEAN NOT NULL,
  alert_id UUID,
  began_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  outcome TEXT NOT NULL,
  said_by TEXT NOT NULL,
  side TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_pauses PRIMARY KEY (id),
  CONSTRAINT fk_pauses_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_pauses_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_pauses_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_pauses_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_pauses_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignments (id),
  CONSTRAINT fk_pauses_alert_id FOREIGN KEY(alert_id) REFERENCES weather_alerts (id),
  CONSTRAINT ck_pauses_cause CHECK (cause IN ('rain', 'heat', 'material', 'power', 'safety', 'other')),
  CONSTRAINT ck_pauses_outcome CHECK (outcome IN ('open', 'resumed', 'ended', 'left')),
  CONSTRAINT ck_pauses_times CHECK (ended_at IS NULL OR ended_at >= began_at)
);
CREATE INDEX ix_pauses_alert_id ON pauses (alert_id) WHERE alert_id IS NOT NULL;
CREATE INDEX ix_pauses_assignment_id ON pauses (assignment_id);
CREATE INDEX ix_pauses_employer_id ON pauses (employer_id);
CREATE INDEX ix_pauses_order_id ON pauses (order_id);
CREATE INDEX ix_pauses_tenant ON pauses (tenant);
CREATE INDEX ix_pauses_via ON pauses (via) WHERE via IS NOT NULL;
CREATE INDEX ix_pauses_worker_id ON pauses (worker_id);
CREATE UNIQUE INDEX uq_pauses_open ON pauses (assignment_id) WHERE ended_at IS NULL;
ALTER TABLE pauses ENABLE ROW LEVEL SECURITY;
ALTER TABLE pauses FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON pauses FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON pauses TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON pauses FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{note}', '{"note": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON pauses FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{note}', '{"note": {"sealed": true}}');

CREATE TABLE site_reports (
  id UUID NOT NULL,
  assignment_id UUID NOT NULL,
  kind TEXT NOT NULL,
  statement TEXT NOT NULL,
  details JSONB NOT NULL,
  photo_sealed BYTEA,
  photo_sha256 BYTEA,
  said_by TEXT NOT NULL,
  leader_id UUID,
  channel TEXT NOT NULL,
  late BOOLEAN NOT NULL,
  happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_site_reports PRIMARY KEY (id),
  CONSTRAINT fk_site_reports_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_site_reports_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_site_reports_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_site_reports_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_site_reports_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignments (id),
  CONSTRAINT ck_site_reports_kind CHECK (kind IN ('arrival', 'employer_no_show', 'differs', 'early_end', 'void', 'disputed', 'count'))
);
CREATE INDEX ix_site_reports_assignment_id_kind ON site_reports (assignment_id, kind);
CREATE INDEX ix_site_reports_employer_id ON site_reports (employer_id);
CREATE INDEX ix_site_reports_leader_id ON site_reports (leader_id) WHERE leader_id IS NOT NULL;
CREATE INDEX ix_site_reports_order_id ON site_reports (order_id);
CREATE INDEX ix_site_reports_tenant ON site_reports (tenant);
CREATE INDEX ix_site_reports_via ON site_reports (via) WHERE via IS NOT NULL;
CREATE INDEX ix_site_reports_worker_id ON site_reports (worker_id);
ALTER TABLE site_reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_reports FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON site_reports FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid);
CREATE POLICY scope_insert ON site_reports FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR leader_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT ON site_reports TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON site_reports FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON site_reports FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{statement,details}', '{"statement": {"sealed": true}, "details": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON site_reports FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{statement,details}', '{"statement": {"sealed": true}, "details": {"sealed": true}}');

CREATE TABLE no_shows (
  id UUID NOT NULL,
  assignment_id UUID NOT NULL,
  reported_by UUID,
  reported_side TEXT NOT NULL,
  call_note TEXT NOT NULL,
  statement TEXT NOT NULL,
  reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
  contest_until TIMESTAMP WITH TIME ZONE NOT NULL,
  contested_at TIMESTAMP WITH TIME ZONE,
  contested_by UUID,
  contest_reason TEXT NOT NULL,
  contest_words TEXT NOT NULL,
  decide_by TIMESTAMP WITH TIME ZONE,
  outcome TEXT NOT NULL,
  decided_at TIMESTAMP WITH TIME ZONE,
  decided_by UUID,
  decision_note TEXT NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_no_shows PRIMARY KEY (id),
  CONSTRAINT fk_no_shows_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_no_shows_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_no_shows_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_no_shows_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_no_shows_assignment_id FOREIGN KEY(assignment_id) REFERENCES assignments (id),
  CONSTRAINT ck_no_shows_contest_reason CHECK (contest_reason IN ('none', 'illness', 'address', 'employer_absent', 'was_there', 'other')),
  CONSTRAINT ck_no_shows_outcome CHECK (outcome IN ('open', 'upheld', 'withdrawn', 'arrived')),
  CONSTRAINT ck_no_shows_decided CHECK ((outcome = 'open') = (decided_at IS NULL)),
  CONSTRAINT uq_no_shows_assignment_id UNIQUE (assignment_id)
);
CREATE INDEX ix_no_shows_employer_id ON no_shows (employer_id);
CREATE INDEX ix_no_shows_order_id ON no_shows (order_id);
CREATE INDEX ix_no_shows_tenant ON no_shows (tenant);
CREATE INDEX ix_no_shows_via ON no_shows (via) WHERE via IS NOT NULL;
CREATE INDEX ix_no_shows_worker_id ON no_shows (worker_id);
ALTER TABLE no_shows ENABLE ROW LEVEL SECURITY;
ALTER TABLE no_shows FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON no_shows FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON no_shows TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON no_shows FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{call_note,statement,contest_words,decision_note}', '{"call_note": {"sealed": true}, "statement": {"sealed": true}, "contest_words": {"sealed": true}, "decision_note": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON no_shows FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{call_note,statement,contest_words,decision_note}', '{"call_note": {"sealed": true}, "statement": {"sealed": true}, "contest_words": {"sealed": true}, "decision_note": {"sealed": true}}');
-- After a no-show, a void or a late entry the order's taken places are those of its confirmed engagements, and no more than
-- there are (38, 38b, 40, 49): counted anew, so that asking twice changes nothing.
CREATE FUNCTION count_places(p_engagement uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  e engagements%ROWTYPE;
BEGIN
  SELECT * INTO e FROM engagements WHERE id = p_engagement;
  IF NOT FOUND OR NOT acts_on(e.tenant, e.via, e.worker_id, e.employer_id) THEN
    RETURN false;
  END IF;
  PERFORM 1 FROM orders WHERE id = e.order_id FOR NO KEY UPDATE;
  UPDATE orders SET confirmed = least(headcount, (SELECT count(*) FROM engagements
    WHERE order_id = e.order_id AND state IN ('A_CONFIRMED', 'A_CONTRACTED'))) WHERE id = e.order_id;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION count_places(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_places(uuid) TO linggong_app;

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_clerk', '*', 'assignment', 'decide', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'assignment', 'void', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'weather', 'write', 'down', 'allow'),
  ('p', 'county_operator', '*', 'assignment', 'decide', 'down', 'allow'),
  ('p', 'county_operator', '*', 'assignment', 'void', 'down', 'allow'),
  ('p', 'county_operator', '*', 'weather', 'write', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'assignment', 'void', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'weather', 'write', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'weather', 'write', 'down', 'allow'),
  ('p', 'auditor', '*', 'assignment', 'decide', 'any', 'deny'),
  ('p', 'auditor', '*', 'assignment', 'void', 'any', 'deny'),
  ('p', 'auditor', '*', 'weather', 'write', 'any', 'deny');
