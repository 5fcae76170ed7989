-- Contracts: documents, the consents they rest on, and the bytes. Sealed files are public by code and by hash only.
CREATE TABLE contract_blobs (
  id UUID NOT NULL,
  engagement_id UUID NOT NULL,
  kind TEXT NOT NULL,
  media_type TEXT NOT NULL,
  sha256 BYTEA NOT NULL,
  content BYTEA NOT NULL,
  created_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_contract_blobs PRIMARY KEY (id),
  CONSTRAINT fk_contract_blobs_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_contract_blobs_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_contract_blobs_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_contract_blobs_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_contract_blobs_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id),
  CONSTRAINT ck_contract_blobs_kind CHECK (kind IN ('document', 'slip')),
  CONSTRAINT ck_contract_blobs_media_type CHECK (media_type IN ('application/pdf', 'image/jpeg', 'image/png', 'image/webp')),
  CONSTRAINT ck_contract_blobs_sha256 CHECK (octet_length(sha256) = 32)
);
CREATE INDEX ix_contract_blobs_engagement_id ON contract_blobs (engagement_id);
CREATE INDEX ix_contract_blobs_order_id ON contract_blobs (order_id);
CREATE INDEX ix_contract_blobs_tenant ON contract_blobs (tenant);
CREATE INDEX ix_contract_blobs_via ON contract_blobs (via) WHERE via IS NOT NULL;
ALTER TABLE contract_blobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE contract_blobs FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON contract_blobs FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY scope_insert ON contract_blobs FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON contract_blobs TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON contract_blobs FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE contract_files (
  id UUID NOT NULL,
  engagement_id UUID NOT NULL,
  part INTEGER NOT NULL,
  code TEXT NOT NULL,
  state TEXT NOT NULL,
  legal_form TEXT NOT NULL,
  warnings JSONB NOT NULL,
  terms_version INTEGER NOT NULL,
  terms_hash BYTEA NOT NULL,
  changes JSONB NOT NULL,
  sha256 BYTEA,
  prev_sha256 BYTEA,
  blob_id UUID,
  pages INTEGER,
  signed_at TIMESTAMP WITH TIME ZONE,
  sealed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_contract_files PRIMARY KEY (id),
  CONSTRAINT fk_contract_files_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_contract_files_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_contract_files_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_contract_files_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_contract_files_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id),
  CONSTRAINT fk_contract_files_blob_id FOREIGN KEY(blob_id) REFERENCES contract_blobs (id),
  CONSTRAINT ck_contract_files_state CHECK (state IN ('open', 'signed', 'sealed')),
  CONSTRAINT ck_contract_files_legal_form CHECK (legal_form IN ('labour_contract', 'non_full_time', 'service', 'contracted_work', 'written_agreement', 'over_age')),
  CONSTRAINT ck_contract_files_part CHECK (part >= 0),
  CONSTRAINT ck_contract_files_sealed CHECK ((state = 'sealed') = (sha256 IS NOT NULL AND blob_id IS NOT NULL)),
  CONSTRAINT uq_contract_files_engagement_id_part UNIQUE (engagement_id, part),
  CONSTRAINT uq_contract_files_code UNIQUE (code)
);
CREATE UNIQUE INDEX ix_contract_files_blob_id ON contract_files (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX ix_contract_files_employer_id_created_at ON contract_files (employer_id, created_at);
CREATE INDEX ix_contract_files_order_id ON contract_files (order_id);
CREATE UNIQUE INDEX ix_contract_files_sha256 ON contract_files (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX ix_contract_files_tenant_state ON contract_files (tenant, state);
CREATE INDEX ix_contract_files_via ON contract_files (via) WHERE via IS NOT NULL;
CREATE INDEX ix_contract_files_worker_id_created_at ON contract_files (worker_id, created_at);
ALTER TABLE contract_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE contract_files FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON contract_files FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_files TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON contract_files FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON contract_files FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE contract_consents (
  id UUID NOT NULL,
  file_id UUID NOT NULL,
  side TEXT NOT NULL,
  terms_version INTEGER NOT NULL,
  terms_hash BYTEA NOT NULL,
  legal_form TEXT NOT NULL,
  text_version TEXT NOT NULL,
  shown TEXT NOT NULL,
  text_hash BYTEA NOT NULL,
  method TEXT NOT NULL,
  given_by UUID,
  channel TEXT NOT NULL,
  station TEXT COLLATE "C",
  device TEXT NOT NULL,
  witness TEXT NOT NULL,
  slip_id UUID,
  slip_due_at TIMESTAMP WITH TIME ZONE,
  given_at TIMESTAMP WITH TIME ZONE NOT NULL,
  order_id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C",
  worker_id UUID NOT NULL,
  employer_id UUID NOT NULL,
  CONSTRAINT pk_contract_consents PRIMARY KEY (id),
  CONSTRAINT fk_contract_consents_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE,
  CONSTRAINT fk_contract_consents_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT fk_contract_consents_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id),
  CONSTRAINT fk_contract_consents_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id),
  CONSTRAINT fk_contract_consents_file_id FOREIGN KEY(file_id) REFERENCES contract_files (id),
  CONSTRAINT fk_contract_consents_slip_id FOREIGN KEY(slip_id) REFERENCES contract_blobs (id),
  CONSTRAINT fk_contract_consents_station FOREIGN KEY(station) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT ck_contract_consents_side CHECK (side IN ('worker', 'employer')),
  CONSTRAINT ck_contract_consents_method CHECK (method IN ('code', 'clerk', 'terms'))
);
CREATE INDEX ix_contract_consents_file_id_side ON contract_consents (file_id, side);
CREATE INDEX ix_contract_consents_no_slip ON contract_consents (tenant, slip_due_at) WHERE slip_due_at IS NOT NULL;
CREATE INDEX ix_contract_consents_order_id ON contract_consents (order_id);
CREATE INDEX ix_contract_consents_slip_id ON contract_consents (slip_id) WHERE slip_id IS NOT NULL;
CREATE INDEX ix_contract_consents_station ON contract_consents (station) WHERE station IS NOT NULL;
CREATE INDEX ix_contract_consents_tenant ON contract_consents (tenant);
CREATE INDEX ix_contract_consents_via ON contract_consents (via) WHERE via IS NOT NULL;
ALTER TABLE contract_consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE contract_consents FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON contract_consents FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_consents TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON contract_consents FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{witness}', '{"witness": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON contract_consents FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{witness}', '{"witness": {"sealed": true}}');

-- What a contract's form depends on, for either side: is the worker over age (by his sex) at the first shift, and how many
-- scheduled minutes would this pair have in its fullest week (Monday to Sunday in Kaifeng) and on average a day of work.
CREATE FUNCTION contract_facts(p_engagement uuid, p_men int, p_women int, OUT over_age boolean, OUT week_minutes bigint,
                               OUT day_minutes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  WITH e AS (
    SELECT * FROM engagements WHERE id = p_engagement AND acts_on(tenant, via, worker_id, employer_id)
  ), mine AS (
    SELECT s.work_date, extract(epoch FROM s.ends_at - s.starts_at) / 60 - s.meal_minutes AS minutes
      FROM e JOIN shifts s ON s.order_id = e.order_id
    UNION ALL
    SELECT a.work_date, coalesce(a.minutes, extract(epoch FROM a.ends_at - a.starts_at) / 60 - s.meal_minutes)
      FROM e JOIN assignments a ON a.worker_id = e.worker_id AND a.employer_id = e.employer_id
        AND a.engagement_id <> e.id AND a.state NOT LIKE 'X\_%'
      JOIN shifts s ON s.id = a.shift_id
      WHERE a.work_date BETWEEN (SELECT min(work_date) FROM shifts WHERE order_id = e.order_id) - 6
                            AND (SELECT max(work_date) FROM shifts WHERE order_id = e.order_id) + 6
  ), days AS (
    SELECT work_date, sum(minutes) AS minutes FROM mine GROUP BY work_date
  ), weeks AS (
    SELECT sum(minutes) AS minutes, sum(minutes) / count(*) AS daily FROM days
    WHERE date_trunc('week', work_date) IN (SELECT date_trunc('week', s.work_date) FROM e JOIN shifts s ON s.order_id = e.order_id)
    GROUP BY date_trunc('week', work_date)
  )
  SELECT extract(year FROM age((SELECT min(work_date) FROM shifts WHERE order_id = e.order_id), p.birth_date))
           >= CASE WHEN p.sex = '女' THEN p_women ELSE p_men END,
         (SELECT max(minutes)::bigint FROM weeks), (SELECT max(daily)::bigint FROM weeks)
  FROM e JOIN persons p ON p.id = e.worker_id
$$;
REVOKE EXECUTE ON FUNCTION contract_facts(uuid, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION contract_facts(uuid, int, int) TO linggong_app;

-- The public side of one document, for whoever holds its code or the file itself: never a list, no person's full name.
-- `recorded` says that the order's events name this very hash.
CREATE FUNCTION contract_card(p_code text, p_hash bytea, OUT code text, OUT part int, OUT state text, OUT title text,
                              OUT employer_name text, OUT worker_name text, OUT legal_form text, OUT starts_on date,
                              OUT ends_on date, OUT sealed_at timestamptz, OUT sha256 text, OUT contract_code text,
                              OUT later int, OUT recorded boolean)
RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT f.code, f.part, f.state, o.title, o.employer_name, g.worker_name, f.legal_form, o.work_date,
         (o.ends_at AT TIME ZONE 'Asia/Shanghai')::date, f.sealed_at, encode(f.sha256, 'hex'),
         (SELECT c.code FROM contract_files c WHERE c.engagement_id = f.engagement_id AND c.part = 0),
         (SELECT count(*)::int FROM contract_files c WHERE c.engagement_id = f.engagement_id AND c.part > f.part),
         f.sha256 IS NOT NULL AND EXISTS (
           SELECT 1 FROM events v WHERE v.subject_id = f.id AND v.type = 'contract.sealed'
             AND v.body::jsonb ->> 'sha256' = encode(f.sha256, 'hex'))
  FROM contract_files f JOIN orders o ON o.id = f.order_id JOIN engagements g ON g.id = f.engagement_id
  WHERE f.state <> 'open' AND (f.code = p_code OR f.sha256 = p_hash)
  LIMIT 1
$$;
REVOKE EXECUTE ON FUNCTION contract_card(text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION contract_card(text, bytea) TO linggong_app;
