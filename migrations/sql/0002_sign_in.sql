-- The door: second factors, set-up codes, PINs, shared computers, counted tries, and who is behind a session.
ALTER TABLE staff_credentials DROP COLUMN failed, DROP COLUMN locked_until,
  ADD COLUMN setup_until TIMESTAMP WITH TIME ZONE, ADD COLUMN pin_hash TEXT, ADD COLUMN pin_failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff_credentials ALTER COLUMN pin_failed DROP DEFAULT;
-- A secret that was offered and never confirmed is nobody's second factor.
UPDATE staff_credentials SET totp_sealed = NULL WHERE totp_enrolled_at IS NULL;

CREATE TABLE printed_codes (
  id UUID NOT NULL,
  staff_id UUID NOT NULL,
  n INTEGER NOT NULL,
  code_hash BYTEA NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  made_by UUID NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_printed_codes PRIMARY KEY (id),
  CONSTRAINT uq_printed_codes_staff_id_n UNIQUE (staff_id, n),
  CONSTRAINT fk_printed_codes_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id)
);
ALTER TABLE printed_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE printed_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON printed_codes FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON printed_codes TO linggong_app;

CREATE TABLE sign_in_tries (
  key BYTEA NOT NULL,
  failed INTEGER NOT NULL,
  locked_until TIMESTAMP WITH TIME ZONE,
  tried_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_sign_in_tries PRIMARY KEY (key)
);
ALTER TABLE sign_in_tries ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_tries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON sign_in_tries FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_tries TO linggong_app;

CREATE TABLE address_tries (
  key BYTEA NOT NULL,
  tries INTEGER NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_address_tries PRIMARY KEY (key)
);
CREATE INDEX ix_address_tries_ends_at ON address_tries (ends_at);
ALTER TABLE address_tries ENABLE ROW LEVEL SECURITY;
ALTER TABLE address_tries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON address_tries FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON address_tries TO linggong_app;

CREATE TABLE desk_devices (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  name TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  made_by UUID NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_by UUID,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_desk_devices PRIMARY KEY (id),
  CONSTRAINT fk_desk_devices_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
  CONSTRAINT uq_desk_devices_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_desk_devices_tenant ON desk_devices (tenant);
ALTER TABLE desk_devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE desk_devices FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON desk_devices FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON desk_devices TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON desk_devices FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON desk_devices FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE desk_sign_ins (
  id UUID NOT NULL,
  device_id UUID NOT NULL,
  staff_id UUID NOT NULL,
  day DATE NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_desk_sign_ins PRIMARY KEY (id),
  CONSTRAINT fk_desk_sign_ins_device_id FOREIGN KEY(device_id) REFERENCES desk_devices (id),
  CONSTRAINT fk_desk_sign_ins_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id),
  CONSTRAINT uq_desk_sign_ins_device_id_staff_id_day UNIQUE (device_id, staff_id, day)
);
CREATE INDEX ix_desk_sign_ins_staff_id ON desk_sign_ins (staff_id);
ALTER TABLE desk_sign_ins ENABLE ROW LEVEL SECURITY;
ALTER TABLE desk_sign_ins FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON desk_sign_ins FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON desk_sign_ins TO linggong_app;

-- Staff sign in anew: their sessions now say what was shown and how long they may idle.
DELETE FROM web_sessions WHERE kind <> 'person';
ALTER TABLE web_sessions DROP CONSTRAINT pk_web_sessions, DROP CONSTRAINT ck_web_sessions_kind,
  ADD COLUMN id UUID NOT NULL DEFAULT gen_random_uuid(), ADD COLUMN proof TEXT NOT NULL DEFAULT 'phone',
  ADD COLUMN device_id UUID, ADD COLUMN idle INTERVAL;
ALTER TABLE web_sessions ALTER COLUMN id DROP DEFAULT, ALTER COLUMN proof DROP DEFAULT,
  ADD CONSTRAINT pk_web_sessions PRIMARY KEY (id),
  ADD CONSTRAINT uq_web_sessions_token_hash UNIQUE (token_hash),
  ADD CONSTRAINT ck_web_sessions_kind CHECK (kind IN ('person', 'staff', 'half', 'enrol')),
  ADD CONSTRAINT ck_web_sessions_proof CHECK (proof IN ('phone', 'password', 'factor', 'pin')),
  ADD CONSTRAINT fk_web_sessions_device_id FOREIGN KEY (device_id) REFERENCES desk_devices (id);
CREATE INDEX ix_web_sessions_device_id ON web_sessions (device_id);

-- Whoever loses his password for good (an account that ends, one that is opened anew) loses what stood beside it.
CREATE FUNCTION credential_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM printed_codes WHERE staff_id = OLD.staff_id;
  DELETE FROM desk_sign_ins WHERE staff_id = OLD.staff_id;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION credential_gone() FROM PUBLIC;
CREATE TRIGGER credential_gone AFTER DELETE ON staff_credentials FOR EACH ROW EXECUTE FUNCTION credential_gone();

-- Who is behind a session cookie, in one round trip before any scope is known. The caller must know the token (its hash is
-- the key), so nothing can be listed or guessed; only what a principal is made of comes back. A session of staff that is
-- older than the password is dead, whoever forgot to end it.
DROP FUNCTION session_of(bytea, timestamptz, interval);
CREATE FUNCTION session_of(p_token_hash bytea, p_now timestamptz)
RETURNS TABLE (kind text, account_id uuid, acting jsonb, name text, posts jsonb, employers jsonb,
               policy_version bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
  s web_sessions%ROWTYPE;
BEGIN
  SELECT * INTO s FROM web_sessions w WHERE w.token_hash = p_token_hash AND w.expires_at > p_now;
  IF NOT FOUND OR s.seen_at < p_now - s.idle THEN
    RETURN;
  END IF;
  IF s.seen_at < p_now - interval '1 minute' THEN
    UPDATE web_sessions w SET seen_at = p_now,
           expires_at = CASE WHEN w.kind = 'person' THEN p_now + (w.expires_at - w.seen_at) ELSE w.expires_at END
     WHERE w.token_hash = p_token_hash;
  END IF;
  IF s.kind = 'person' THEN
    RETURN QUERY
      SELECT s.kind, s.account_id, s.acting, p.name, '[]'::jsonb,
             coalesce((SELECT jsonb_agg(jsonb_build_object('id', e.id, 'name', e.name) ORDER BY e.name)
                       FROM employers e WHERE e.status <> 'closed'
                         AND (e.person_id = p.id OR EXISTS (SELECT 1 FROM employer_members m
                              WHERE m.employer_id = e.id AND m.person_id = p.id AND m.ended_at IS NULL))), '[]'::jsonb),
             (SELECT version FROM policy_state)
      FROM persons p WHERE p.id = s.account_id AND p.status = 'active';
  ELSE
    RETURN QUERY
      SELECT s.kind, s.account_id, s.acting, f.name,
             coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'role', r.role, 'path', r.tenant,
                                                           'node_id', n.id, 'node', n.name, 'stands_in_for', r.stands_in_for) ORDER BY r.starts_at, r.id)
                       FROM role_assignments r JOIN nodes n ON n.path = r.tenant
                       WHERE r.staff_id = f.id AND r.starts_at <= p_now AND (r.ends_at IS NULL OR r.ends_at > p_now)),
                      '[]'::jsonb),
             '[]'::jsonb, (SELECT version FROM policy_state)
      FROM staff f WHERE f.id = s.account_id AND f.status = 'active'
        AND NOT EXISTS (SELECT 1 FROM staff_credentials c WHERE c.staff_id = f.id AND c.changed_at > s.created_at);
  END IF;
END $$;
REVOKE EXECUTE ON FUNCTION session_of(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION session_of(bytea, timestamptz) TO linggong_app;
