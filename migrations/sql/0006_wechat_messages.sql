-- Notices by WeChat: the account that a worker bound may be for messages too, or for them alone, and each message is one that he allowed.
ALTER TABLE notices DROP CONSTRAINT ck_notices_channel;
ALTER TABLE notices ADD CONSTRAINT ck_notices_channel CHECK (channel IN ('', 'wechat', 'sms', 'keypad', 'call', 'page'));

ALTER TABLE wechat_bindings ALTER COLUMN consent_id DROP NOT NULL;
ALTER TABLE wechat_bindings ADD COLUMN messages_consent_id UUID;
ALTER TABLE wechat_bindings ADD COLUMN message_grants INTEGER NOT NULL DEFAULT 0;
ALTER TABLE wechat_bindings ALTER COLUMN message_grants DROP DEFAULT;
ALTER TABLE wechat_bindings ADD CONSTRAINT fk_wechat_bindings_messages_consent_id FOREIGN KEY(messages_consent_id) REFERENCES consents (id);
ALTER TABLE wechat_bindings ADD CONSTRAINT ck_wechat_bindings_purpose CHECK (consent_id IS NOT NULL OR messages_consent_id IS NOT NULL);
ALTER TABLE wechat_bindings ADD CONSTRAINT ck_wechat_bindings_grants CHECK (message_grants >= 0);
CREATE INDEX ix_wechat_bindings_messages_consent_id ON wechat_bindings (messages_consent_id);

-- Wages go to an account only where that was agreed to.
CREATE OR REPLACE FUNCTION wechat_payees_of(p_bills uuid[]) RETURNS TABLE (bill_id uuid, worker_id uuid, openid_sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT b.id, b.worker_id, w.openid_sealed FROM bills b JOIN wechat_bindings w ON w.person_id = b.worker_id
  WHERE b.id = ANY (p_bills) AND w.consent_id IS NOT NULL AND b.employer_id = NULLIF(current_setting('app.employer', true), '')::uuid
$$;

-- Where a worker agreed to be told, sealed, for the line to WeChat, which works as the system, and for nobody else.
CREATE FUNCTION wechat_message_to(p_person uuid) RETURNS TABLE (openid_sealed bytea, grants integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT w.openid_sealed, w.message_grants FROM wechat_bindings w
  WHERE w.person_id = p_person AND w.messages_consent_id IS NOT NULL AND current_setting('app.kind', true) = 'system'
$$;
REVOKE EXECUTE ON FUNCTION wechat_message_to(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wechat_message_to(uuid) TO linggong_app;

-- One message is taken, given back, or (null) none is left; returns what is left, null where nothing could be taken.
CREATE FUNCTION wechat_message_grants(p_person uuid, p_change integer) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  UPDATE wechat_bindings w SET message_grants = COALESCE(w.message_grants + p_change, 0)
  WHERE w.person_id = p_person AND w.messages_consent_id IS NOT NULL AND w.message_grants + COALESCE(p_change, 0) >= 0
    AND current_setting('app.kind', true) = 'system'
  RETURNING w.message_grants
$$;
REVOKE EXECUTE ON FUNCTION wechat_message_grants(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wechat_message_grants(uuid, integer) TO linggong_app;
