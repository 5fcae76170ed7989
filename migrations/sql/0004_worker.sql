-- How far a post is (R062): many posts tell a street and no point. They are near the station that serves them: good enough to
-- sort by, too coarse to check an arrival against, so it stands beside the post's own point and not in its place.
CREATE FUNCTION point_near(at text) RETURNS TABLE (latitude double precision, longitude double precision)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT n.latitude, n.longitude
  FROM (SELECT string_to_array(trim(BOTH '/' FROM at), '/') AS parts) p, generate_series(cardinality(p.parts), 1, -1) k
  JOIN nodes n ON n.path = '/' || array_to_string((SELECT string_to_array(trim(BOTH '/' FROM at), '/'))[1:k], '/') || '/'
  WHERE n.latitude IS NOT NULL AND n.kind NOT IN ('city', 'county', 'zone')
  ORDER BY k DESC LIMIT 1
$$;
REVOKE EXECUTE ON FUNCTION point_near(text) FROM PUBLIC;

ALTER TABLE board_posts ADD COLUMN near_latitude DOUBLE PRECISION;
ALTER TABLE board_posts ADD COLUMN near_longitude DOUBLE PRECISION;
UPDATE board_posts SET near_latitude = latitude, near_longitude = longitude WHERE latitude IS NOT NULL;
UPDATE board_posts b SET near_latitude = p.latitude, near_longitude = p.longitude
  FROM board_posts o, LATERAL point_near(o.tenant) p WHERE o.order_id = b.order_id AND b.latitude IS NULL;
DROP INDEX ix_board_point;
CREATE INDEX ix_board_near ON board_posts (near_latitude, near_longitude) WHERE listed;

CREATE TABLE own_places (
	person_id UUID NOT NULL,
	latitude DOUBLE PRECISION NOT NULL,
	longitude DOUBLE PRECISION NOT NULL,
	source TEXT NOT NULL,
	label TEXT NOT NULL,
	said_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_own_places PRIMARY KEY (person_id),
	CONSTRAINT fk_own_places_person_id FOREIGN KEY(person_id) REFERENCES persons (id),
	CONSTRAINT ck_own_places_source CHECK (source IN ('phone', 'street'))
);
ALTER TABLE own_places ENABLE ROW LEVEL SECURITY;
ALTER TABLE own_places FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON own_places FOR ALL TO PUBLIC USING (person_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK (person_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON own_places TO linggong_app;

CREATE TABLE saved_searches (
	id UUID NOT NULL,
	tenant TEXT COLLATE "C" NOT NULL,
	person_id UUID NOT NULL,
	label TEXT NOT NULL,
	words TEXT NOT NULL,
	search TEXT NOT NULL,
	area TEXT COLLATE "C",
	trade_code TEXT NOT NULL,
	settlement TEXT NOT NULL,
	pay_min_fen BIGINT NOT NULL,
	latitude DOUBLE PRECISION,
	longitude DOUBLE PRECISION,
	radius_m INTEGER NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	looked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_saved_searches PRIMARY KEY (id),
	CONSTRAINT fk_saved_searches_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
	CONSTRAINT fk_saved_searches_area FOREIGN KEY(area) REFERENCES nodes (path) ON UPDATE CASCADE,
	CONSTRAINT fk_saved_searches_person_id FOREIGN KEY(person_id) REFERENCES persons (id),
	CONSTRAINT ck_saved_searches_settlement CHECK (settlement IN ('', 'daily', 'per_job', 'weekly', 'on_completion'))
);
CREATE INDEX ix_saved_searches_area ON saved_searches (area) WHERE area IS NOT NULL;
CREATE INDEX ix_saved_searches_person_id_created_at ON saved_searches (person_id, created_at);
CREATE INDEX ix_saved_searches_tenant ON saved_searches (tenant);
ALTER TABLE saved_searches ENABLE ROW LEVEL SECURITY;
ALTER TABLE saved_searches FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON saved_searches FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_searches TO linggong_app;

CREATE TABLE search_hits (
	id UUID NOT NULL,
	tenant TEXT COLLATE "C" NOT NULL,
	person_id UUID NOT NULL,
	search_id UUID NOT NULL,
	order_id UUID NOT NULL,
	found_at TIMESTAMP WITH TIME ZONE NOT NULL,
	told_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_search_hits PRIMARY KEY (id),
	CONSTRAINT fk_search_hits_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
	CONSTRAINT fk_search_hits_search_id FOREIGN KEY(search_id) REFERENCES saved_searches (id) ON DELETE CASCADE,
	CONSTRAINT fk_search_hits_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
	CONSTRAINT uq_search_hits_person_id_order_id UNIQUE (person_id, order_id)
);
CREATE INDEX ix_search_hits_order_id ON search_hits (order_id);
CREATE INDEX ix_search_hits_search_id_found_at ON search_hits (search_id, found_at);
CREATE INDEX ix_search_hits_tenant ON search_hits (tenant);
CREATE INDEX ix_search_hits_untold ON search_hits (person_id) WHERE told_at IS NULL;
ALTER TABLE search_hits ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_hits FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON search_hits FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON search_hits TO linggong_app;

CREATE TABLE benefits (
	id UUID NOT NULL,
	tenant TEXT COLLATE "C" NOT NULL,
	kind TEXT NOT NULL,
	title TEXT NOT NULL,
	who TEXT NOT NULL,
	what TEXT NOT NULL,
	how TEXT NOT NULL,
	phone TEXT NOT NULL,
	source TEXT NOT NULL,
	valid_from DATE NOT NULL,
	valid_to DATE,
	written_by UUID,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_benefits PRIMARY KEY (id),
	CONSTRAINT fk_benefits_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
	CONSTRAINT ck_benefits_kind CHECK (kind IN ('training', 'subsidy', 'insurance', 'help')),
	CONSTRAINT ck_benefits_days CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX ix_benefits_tenant_valid_from ON benefits (tenant, valid_from);
ALTER TABLE benefits ENABLE ROW LEVEL SECURITY;
ALTER TABLE benefits FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON benefits FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON benefits FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON benefits FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON benefits FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON benefits TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON benefits FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON benefits FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

