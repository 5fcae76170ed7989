-- Personal data: every look is a row that its subject can read, service links end, a shown code opens one.

-- A link without an end would let a station see somebody for ever. Nobody vanishes on the night of the upgrade.
UPDATE service_links l SET ends_at = CASE l.kind
    WHEN 'signed_in' THEN l.started_at + interval '30 days'
    WHEN 'showed_code' THEN l.started_at + interval '1 day'
    WHEN 'order' THEN greatest(now(), coalesce((SELECT max(o.ends_at) FROM orders o WHERE o.employer_id = l.subject_id
                                                AND o.tenant = l.tenant), l.started_at)) + interval '90 days'
    ELSE greatest(l.started_at + interval '730 days', now() + interval '180 days') END
  WHERE l.ends_at IS NULL;
ALTER TABLE service_links ALTER COLUMN ends_at SET DEFAULT now() + interval '730 days';
ALTER TABLE service_links ADD CONSTRAINT ck_service_links_ends CHECK (ends_at IS NOT NULL) NOT VALID;
ALTER TABLE service_links VALIDATE CONSTRAINT ck_service_links_ends;
ALTER TABLE service_links ALTER COLUMN ends_at SET NOT NULL;
ALTER TABLE service_links DROP CONSTRAINT ck_service_links_ends;

-- The staff of the order's node may see the worker who takes part in it; working through a station that registered him
-- renews that registration, too.
DROP FUNCTION link_worker(uuid, uuid, timestamptz, timestamptz);
CREATE FUNCTION link_worker(p_engagement uuid, p_id uuid, p_now timestamptz, p_until timestamptz, p_renewed timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  e engagements%ROWTYPE;
BEGIN
  SELECT * INTO e FROM engagements WHERE id = p_engagement;
  IF FOUND AND acts_on(e.tenant, e.via, e.worker_id, e.employer_id) THEN
    INSERT INTO service_links (id, subject_id, tenant, kind, started_at, ends_at)
      VALUES (p_id, e.worker_id, e.tenant, 'order', p_now, p_until)
      ON CONFLICT (subject_id, tenant, kind) DO UPDATE SET ends_at = greatest(service_links.ends_at, excluded.ends_at);
    UPDATE service_links SET ends_at = p_renewed
      WHERE subject_id = e.worker_id AND kind = 'registered' AND tenant IN (e.tenant, e.via) AND ends_at < p_renewed;
  END IF;
END $$;
REVOKE EXECUTE ON FUNCTION link_worker(uuid, uuid, timestamptz, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION link_worker(uuid, uuid, timestamptz, timestamptz, timestamptz) TO linggong_app;

-- The public card of one worker, for staff of any station and by his id only: no list can be had from it. Of the name only
-- the surname comes out; the caller makes 李师傅 of it.
CREATE FUNCTION public_card(p_person uuid, p_today date, OUT id uuid, OUT surname text, OUT sex text, OUT age int,
                            OUT verified_level int, OUT trades jsonb, OUT skill_level int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT p.id,
         CASE WHEN length(p.name) > 2 THEN coalesce(substring(p.name FROM '^(?:欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘|令狐|轩辕|呼延|百里|东郭|南门|西门)'), left(p.name, 1))
              ELSE left(p.name, 1) END,
         p.sex, extract(year FROM age(p_today, p.birth_date))::int, p.verified_level, w.trades, w.skill_level
  FROM persons p JOIN workers w ON w.person_id = p.id
  WHERE p.id = p_person AND p.status = 'active' AND current_setting('app.kind', true) = 'staff'
$$;
REVOKE EXECUTE ON FUNCTION public_card(uuid, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_card(uuid, date) TO linggong_app;

CREATE TABLE reveals (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  subject TEXT NOT NULL,
  person_id UUID,
  employer_id UUID,
  order_id UUID,
  fields JSONB NOT NULL,
  purpose TEXT NOT NULL,
  reason TEXT NOT NULL,
  viewer_kind TEXT NOT NULL,
  viewer_id UUID NOT NULL,
  viewer_role TEXT NOT NULL,
  viewer_office TEXT NOT NULL,
  post_id UUID,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_reveals PRIMARY KEY (id),
  CONSTRAINT fk_reveals_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT ck_reveals_subject CHECK (subject IN ('person', 'employer')),
  CONSTRAINT ck_reveals_viewer_kind CHECK (viewer_kind IN ('staff', 'employer', 'worker')),
  CONSTRAINT ck_reveals_purpose CHECK (purpose IN ('reach', 'identify', 'pay', 'dispute', 'injury', 'lawful', 'other')),
  CONSTRAINT ck_reveals_other_says_why CHECK (purpose <> 'other' OR reason <> ''),
  CONSTRAINT ck_reveals_ends CHECK (expires_at > at),
  CONSTRAINT ck_reveals_looked_at CHECK (CASE subject WHEN 'person' THEN person_id IS NOT NULL ELSE employer_id IS NOT NULL END)
);
CREATE INDEX ix_reveals_employer_id_at ON reveals (employer_id, at) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_reveals_person_id_at ON reveals (person_id, at) WHERE person_id IS NOT NULL;
CREATE INDEX ix_reveals_tenant_at ON reveals (tenant, at);
CREATE INDEX ix_reveals_viewer_id_at ON reveals (viewer_id, at);
ALTER TABLE reveals ENABLE ROW LEVEL SECURITY;
ALTER TABLE reveals FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON reveals FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
CREATE POLICY scope_insert ON reveals FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON reveals TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON reveals FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE shown_codes (
  id UUID NOT NULL,
  person_id UUID NOT NULL,
  code_index BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_shown_codes PRIMARY KEY (id),
  CONSTRAINT fk_shown_codes_person_id FOREIGN KEY(person_id) REFERENCES persons (id)
);
CREATE INDEX ix_shown_codes_code_index_created_at ON shown_codes (code_index, created_at);
CREATE INDEX ix_shown_codes_person_id_created_at ON shown_codes (person_id, created_at);
ALTER TABLE shown_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE shown_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON shown_codes FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON shown_codes TO linggong_app;

CREATE TABLE shown_code_misses (
  id UUID NOT NULL,
  staff_id UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_shown_code_misses PRIMARY KEY (id)
);
CREATE INDEX ix_shown_code_misses_staff_id_at ON shown_code_misses (staff_id, at);
ALTER TABLE shown_code_misses ENABLE ROW LEVEL SECURITY;
ALTER TABLE shown_code_misses FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON shown_code_misses FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON shown_code_misses TO linggong_app;
