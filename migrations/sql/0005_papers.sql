-- Photos of employers' licences (R049); the newest of an employer counts.
CREATE TABLE employer_papers (
  id UUID NOT NULL,
  employer_id UUID NOT NULL,
  media_type TEXT NOT NULL,
  sha256 BYTEA NOT NULL,
  size INTEGER NOT NULL,
  content_sealed BYTEA NOT NULL,
  added_by TEXT NOT NULL,
  added_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_employer_papers PRIMARY KEY (id),
  CONSTRAINT fk_employer_papers_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT ck_employer_papers_added_by CHECK (added_by IN ('employer', 'staff'))
);
CREATE INDEX ix_employer_papers_employer_id_added_at ON employer_papers (employer_id, added_at);
ALTER TABLE employer_papers ENABLE ROW LEVEL SECURITY;
ALTER TABLE employer_papers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON employer_papers FOR SELECT TO PUBLIC USING (employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = employer_papers.employer_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
CREATE POLICY scope_insert ON employer_papers FOR INSERT TO PUBLIC WITH CHECK (employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = employer_papers.employer_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON employer_papers TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON employer_papers FOR EACH ROW EXECUTE FUNCTION refuse_change();

