-- As before, with somebody's employers found by his own id: an OR over both ways read every employer of the city, at every
-- request of every worker.
CREATE OR REPLACE FUNCTION session_of(p_token_hash bytea, p_now timestamptz)
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
                       FROM employers e WHERE e.status <> 'closed' AND e.id IN (
                         SELECT o.id FROM employers o WHERE o.person_id = p.id
                         UNION
                         SELECT m.employer_id FROM employer_members m WHERE m.person_id = p.id AND m.ended_at IS NULL)), '[]'::jsonb),
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
