-- Stations that help one another out with people (31c).
CREATE TABLE help_calls (
	id UUID NOT NULL, 
	order_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	employer_id UUID NOT NULL, 
	missing INTEGER NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_help_calls PRIMARY KEY (id), 
	CONSTRAINT fk_help_calls_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_help_calls_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE, 
	CONSTRAINT fk_help_calls_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT ck_help_calls_missing CHECK (missing > 0), 
	CONSTRAINT uq_help_calls_order_id UNIQUE (order_id)
);
CREATE INDEX ix_help_calls_employer_id ON help_calls (employer_id);
CREATE INDEX ix_help_calls_tenant_order_id ON help_calls (tenant, order_id);
ALTER TABLE help_calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE help_calls FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON help_calls FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON help_calls FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system' OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY city_update ON help_calls FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system' OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system' OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY city_delete ON help_calls FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system' OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON help_calls TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON help_calls FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON help_calls FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE help_answers (
	id UUID NOT NULL, 
	call_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	people INTEGER NOT NULL, 
	answered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_help_answers PRIMARY KEY (id), 
	CONSTRAINT fk_help_answers_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_help_answers_call_id FOREIGN KEY(call_id) REFERENCES help_calls (id), 
	CONSTRAINT ck_help_answers_people CHECK (people BETWEEN 0 AND 500), 
	CONSTRAINT uq_help_answers_call_id_tenant UNIQUE (call_id, tenant)
);
CREATE INDEX ix_help_answers_tenant ON help_answers (tenant);
ALTER TABLE help_answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE help_answers FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON help_answers FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON help_answers FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON help_answers FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON help_answers FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON help_answers TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON help_answers FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON help_answers FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

-- Some have begun and more are wanted still: the employer said that others come later, or asked other stations (31).
CREATE OR REPLACE FUNCTION board_sync() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  near record;
BEGIN
  IF NEW.published_at IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT NEW.latitude, NEW.longitude INTO near;
  IF NEW.latitude IS NULL THEN
    SELECT latitude, longitude INTO near FROM point_near(NEW.tenant);
  END IF;
  INSERT INTO board_posts AS b (order_id, tenant, state, listed, trace_code, title, trade_code, headcount, places_left, place,
      latitude, longitude, near_latitude, near_longitude, work_date, starts_at, ends_at, pay_fen, pay_unit, piece_name, hourly_fen, settlement, pay_channel, job_form,
      benefits, conditions, min_age, max_age, employer_id, employer_name, employer_level, description, published_at,
      refreshed_at, search)
    VALUES (NEW.id, NEW.tenant, NEW.state, (NEW.state IN ('O_OPEN', 'O_LOCKED') OR NEW.state = 'O_ACTIVE' AND coalesce(NEW.crew_choice, '') IN ('split', 'ask_around'))
        AND NEW.confirmed < NEW.headcount AND NEW.hiring,
      NEW.trace_code, NEW.title, NEW.trade_code, NEW.headcount, NEW.headcount - NEW.confirmed, NEW.place,
      NEW.latitude, NEW.longitude, near.latitude, near.longitude, NEW.work_date, NEW.starts_at, NEW.ends_at, NEW.pay_fen, NEW.pay_unit, NEW.piece_name, NEW.hourly_fen,
      NEW.settlement, NEW.pay_channel, NEW.job_form, NEW.benefits, NEW.conditions, NEW.min_age, NEW.max_age,
      NEW.employer_id, NEW.employer_name, NEW.employer_level, NEW.description, NEW.published_at,
      coalesce(NEW.refreshed_at, NEW.published_at),
      array_to_tsvector(array_remove(string_to_array(NEW.search_tokens, ' '), '')))
    ON CONFLICT (order_id) DO UPDATE SET
      tenant = excluded.tenant, state = excluded.state, listed = excluded.listed, title = excluded.title,
      trade_code = excluded.trade_code, headcount = excluded.headcount, places_left = excluded.places_left,
      place = excluded.place, latitude = excluded.latitude, longitude = excluded.longitude,
      near_latitude = excluded.near_latitude, near_longitude = excluded.near_longitude, work_date = excluded.work_date,
      starts_at = excluded.starts_at, ends_at = excluded.ends_at, pay_fen = excluded.pay_fen, pay_unit = excluded.pay_unit,
      hourly_fen = excluded.hourly_fen, settlement = excluded.settlement, pay_channel = excluded.pay_channel,
      job_form = excluded.job_form, benefits = excluded.benefits, conditions = excluded.conditions,
      min_age = excluded.min_age, max_age = excluded.max_age, employer_name = excluded.employer_name,
      employer_level = excluded.employer_level, description = excluded.description, refreshed_at = excluded.refreshed_at,
      search = CASE WHEN b.search IS DISTINCT FROM excluded.search THEN excluded.search ELSE b.search END;
  IF TG_OP = 'INSERT' OR OLD.state IS DISTINCT FROM NEW.state OR OLD.published_at IS NULL THEN
    INSERT INTO trace_entries (order_id, at, state, what)
      VALUES (NEW.id, coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, clock_timestamp()), NEW.state, NEW.end_reason);
  ELSIF OLD.refreshed_at IS DISTINCT FROM NEW.refreshed_at THEN
    INSERT INTO trace_entries (order_id, at, state, what) VALUES (NEW.id, NEW.refreshed_at, NEW.state, 'refreshed');
  END IF;
  RETURN NULL;
END $$;

