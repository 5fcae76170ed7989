-- Photos kept as proof at a place, with the time they were taken (tenants.evidence).
CREATE TABLE evidence_photos (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	about TEXT NOT NULL, 
	subject_id UUID NOT NULL, 
	media_type TEXT NOT NULL, 
	sha256 BYTEA NOT NULL, 
	content BYTEA NOT NULL, 
	taken_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	latitude DOUBLE PRECISION, 
	longitude DOUBLE PRECISION, 
	note TEXT NOT NULL, 
	added_by UUID, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_evidence_photos PRIMARY KEY (id), 
	CONSTRAINT fk_evidence_photos_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_evidence_photos_point CHECK ((latitude IS NULL) = (longitude IS NULL))
);
CREATE INDEX ix_evidence_photos_subject_id ON evidence_photos (subject_id);
CREATE INDEX ix_evidence_photos_tenant_about_taken_at ON evidence_photos (tenant, about, taken_at);
ALTER TABLE evidence_photos ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_photos FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON evidence_photos FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON evidence_photos FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON evidence_photos TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON evidence_photos FOR EACH ROW EXECUTE FUNCTION refuse_change();

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_clerk', '*', 'evidence', 'read', 'down', 'allow'),
  ('p', 'street_operator', '*', 'evidence', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'evidence', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'evidence', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'evidence', 'read', 'down', 'allow'),
  ('p', 'department_viewer', '*', 'evidence', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'evidence', 'read', 'down', 'allow')
ON CONFLICT DO NOTHING;
