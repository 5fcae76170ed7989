-- The hall of a station: tickets of its queue, the screens that stand in it, the hours in which they were alive.
CREATE TABLE screens (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	token_hash BYTEA NOT NULL, 
	made_by UUID, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	ended_by UUID, 
	CONSTRAINT pk_screens PRIMARY KEY (id), 
	CONSTRAINT fk_screens_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_screens_kind CHECK (kind IN ('wall', 'kiosk')), 
	CONSTRAINT uq_screens_token_hash UNIQUE (token_hash), 
	CONSTRAINT uq_screens_tenant_id UNIQUE (tenant, id)
);
CREATE UNIQUE INDEX uq_screens_tenant_name ON screens (tenant, name) WHERE ended_at IS NULL;
ALTER TABLE screens ENABLE ROW LEVEL SECURITY;
ALTER TABLE screens FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON screens FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON screens TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON screens FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON screens FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE tickets (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	day DATE NOT NULL, 
	number INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	person_id UUID, 
	who_index BYTEA, 
	channel TEXT NOT NULL, 
	trades JSONB NOT NULL, 
	came_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	late BOOLEAN NOT NULL, 
	state TEXT NOT NULL, 
	called_at TIMESTAMP WITH TIME ZONE, 
	calls INTEGER NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	screen_id UUID, 
	CONSTRAINT pk_tickets PRIMARY KEY (id), 
	CONSTRAINT fk_tickets_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_tickets_person_id FOREIGN KEY(person_id) REFERENCES persons (id), 
	CONSTRAINT fk_tickets_tenant_screen_id FOREIGN KEY(tenant, screen_id) REFERENCES screens (tenant, id) ON UPDATE CASCADE, 
	CONSTRAINT ck_tickets_channel CHECK (channel IN ('desk', 'kiosk', 'phone', 'offline')), 
	CONSTRAINT ck_tickets_state CHECK (state IN ('waiting', 'called', 'placed', 'left')), 
	CONSTRAINT ck_tickets_number CHECK (number > 0), 
	CONSTRAINT ck_tickets_somebody CHECK (person_id IS NOT NULL OR who_index IS NOT NULL), 
	CONSTRAINT ck_tickets_times CHECK (came_at <= recorded_at), 
	CONSTRAINT uq_tickets_tenant_day_number UNIQUE (tenant, day, number), 
	CONSTRAINT uq_tickets_tenant_day_person_id UNIQUE (tenant, day, person_id), 
	CONSTRAINT uq_tickets_tenant_day_who_index UNIQUE (tenant, day, who_index)
);
CREATE INDEX ix_tickets_person_id ON tickets (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX ix_tickets_tenant_screen_id ON tickets (tenant, screen_id) WHERE screen_id IS NOT NULL;
ALTER TABLE tickets ENABLE ROW LEVEL SECURITY;
ALTER TABLE tickets FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON tickets FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON tickets TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON tickets FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON tickets FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE screen_beats (
	screen_id UUID NOT NULL, 
	hour TIMESTAMP WITH TIME ZONE NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	first_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	last_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	beats INTEGER NOT NULL, 
	CONSTRAINT pk_screen_beats PRIMARY KEY (screen_id, hour), 
	CONSTRAINT fk_screen_beats_tenant_screen_id FOREIGN KEY(tenant, screen_id) REFERENCES screens (tenant, id) ON UPDATE CASCADE, 
	CONSTRAINT ck_screen_beats_beats CHECK (beats > 0), 
	CONSTRAINT ck_screen_beats_order CHECK (first_at <= last_at)
);
CREATE INDEX ix_screen_beats_tenant_hour ON screen_beats (tenant, hour);
ALTER TABLE screen_beats ENABLE ROW LEVEL SECURITY;
ALTER TABLE screen_beats FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON screen_beats FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON screen_beats TO linggong_app;

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_clerk', '*', 'queue', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'queue', 'serve', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'screen', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'screen', 'manage', 'down', 'allow'),
  ('p', 'county_operator', '*', 'queue', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'queue', 'serve', 'down', 'allow'),
  ('p', 'county_operator', '*', 'screen', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'screen', 'manage', 'down', 'allow'),
  ('p', 'worker', '*', 'queue', 'join', 'any', 'allow'),
  ('p', 'street_operator', '*', 'screen', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'screen', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'screen', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'queue', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'screen', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'queue', 'serve', 'any', 'deny'),
  ('p', 'auditor', '*', 'queue', 'join', 'any', 'deny'),
  ('p', 'auditor', '*', 'screen', 'manage', 'any', 'deny')
  ON CONFLICT DO NOTHING;
