-- Where a chain lies follows its node, as a foreign key's cascade would do it.
CREATE FUNCTION audit_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE audit_log SET tenant = NEW.path WHERE tenant = OLD.path;
  RETURN NULL;
END $$;
CREATE TRIGGER audit_follows AFTER UPDATE OF path ON nodes FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
  EXECUTE FUNCTION audit_follow();

-- Anchors: the heads of all chains that grew since the anchor before, hashed onto it.
CREATE FUNCTION audit_anchor_hash(prev bytea, p_id bigint, p_taken_at timestamptz) RETURNS bytea
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT sha256(prev || convert_to(concat_ws(E'\x1f', p_id, extract(epoch FROM p_taken_at), (
    SELECT string_agg(concat_ws(' ', log, chain, n, encode(hash, 'hex')), E'\n' ORDER BY log COLLATE "C", chain COLLATE "C", n)
    FROM audit_anchor_heads WHERE anchor_id = p_id)), 'UTF8'))
$$;

CREATE FUNCTION take_anchor() RETURNS SETOF audit_anchors
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  before audit_anchors%ROWTYPE;
  a audit_anchors%ROWTYPE;
BEGIN
  IF current_setting('app.kind', true) IS DISTINCT FROM 'system' AND NOT audit_is_owner() THEN
    RAISE EXCEPTION 'an anchor is taken by the background job' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('linggong.audit_anchor'));
  SELECT * INTO before FROM audit_anchors ORDER BY id DESC LIMIT 1;
  a.id := coalesce(before.id, 0) + 1;
  a.taken_at := coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, clock_timestamp());
  INSERT INTO audit_anchor_heads (log, chain, n, hash, anchor_id)
    SELECT h.log, h.chain, h.n, h.hash, a.id
    FROM (SELECT 'events' AS log, e.chain, e.n, e.hash FROM event_heads e
          UNION ALL SELECT 'audit', t.chain::text, t.n, t.hash FROM audit_heads t) h
    WHERE h.n > 0 AND NOT EXISTS (SELECT FROM audit_anchor_heads o WHERE o.log = h.log AND o.chain = h.chain AND o.n = h.n);
  GET DIAGNOSTICS a.heads = ROW_COUNT;
  a.prev_hash := coalesce(before.hash, '');
  a.hash := audit_anchor_hash(a.prev_hash, a.id, a.taken_at);
  INSERT INTO audit_anchors SELECT a.*;
  RETURN NEXT a;
END $$;

-- What is wrong with the chains of a log ('audit', 'events'), or with one of them: every fault with its place.
CREATE FUNCTION audit_faults(p_log text, p_chain text)
RETURNS TABLE (chain text, n bigint, kind text, subject text, detail text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
  source text := CASE p_log WHEN 'audit' THEN
    $q$SELECT r.chain::text AS chain, r.n, r.prev_hash, r.hash, r.table_name || '/' || r.row_id AS subject,
       sha256(r.prev_hash || convert_to(audit_content(r.chain, r.n, r.id, r.table_name, r.row_id, r.op, r.before, r.after, r.personal,
         audit_actor(r.actor_kind, r.actor_id, r.on_behalf_of, r.role, r.post_id, r.post_node, r.channel, r.request_id,
                     r.occurred_at, r.recorded_at)), 'UTF8')) AS own FROM audit_log r$q$
    ELSE
    $q$SELECT r.chain, r.n, r.prev_hash, r.hash, concat_ws('/', r.type, r.subject_id) AS subject,
       event_hash(r.prev_hash, r) AS own FROM events r$q$ END;
  heads text := CASE p_log WHEN 'audit' THEN 'SELECT chain::text AS chain, n, hash FROM audit_heads'
                           ELSE 'SELECT chain, n, hash FROM event_heads' END;
  one text := CASE WHEN p_chain IS NULL THEN '' WHEN p_log = 'audit' THEN format(' WHERE chain = %L::uuid', p_chain)
                   ELSE format(' WHERE chain = %L', p_chain) END;
BEGIN
  RETURN QUERY EXECUTE format($q$
    WITH told AS MATERIALIZED (
      SELECT s.*, lag(n) OVER w AS n_before, lag(hash) OVER w AS hash_before
      FROM (%s%s) s WINDOW w AS (PARTITION BY chain ORDER BY n)
    ), placed AS (
      -- `follows`: the number of the row from whose hash this one was made; 0 for the first of a chain.
      SELECT f.*, CASE WHEN f.prev_hash = '' THEN 0 ELSE o.n END AS follows
      FROM (SELECT * FROM told
            WHERE own <> hash OR n <> coalesce(n_before, 0) + 1 OR prev_hash <> coalesce(hash_before, '')) f
        LEFT JOIN told o ON o.chain = f.chain AND o.hash = f.prev_hash
    ), heads AS (%s%s), ends AS (SELECT DISTINCT ON (chain) chain, n, hash FROM told ORDER BY chain, n DESC)
    SELECT chain, n, 'removed', subject, format('rows %%s to %%s before it are missing', coalesce(n_before, 0) + 1, n - 1)
      FROM placed WHERE n > coalesce(n_before, 0) + 1
    UNION ALL
    SELECT chain, n, 'altered', subject, 'its content does not fit its hash'
      FROM placed WHERE own <> hash AND coalesce(follows + 1 = n, true)
    UNION ALL
    SELECT chain, n, 'reordered', subject, format('it was written after what stands as number %%s', follows)
      FROM placed WHERE own <> hash AND follows + 1 <> n
    UNION ALL
    SELECT chain, n, 'broken', subject, CASE WHEN follows IS NULL
        THEN 'it does not follow from the row before it: that one was rewritten, or this one forged'
        ELSE format('it was written after what stands as number %%s', follows) END
      FROM placed WHERE own = hash AND prev_hash <> coalesce(hash_before, '') AND n = coalesce(n_before, 0) + 1
    UNION ALL
    SELECT coalesce(h.chain, e.chain), coalesce(e.n, 0) + 1, 'removed', '',
      format('rows %%s to %%s at the end are missing', coalesce(e.n, 0) + 1, h.n)
      FROM heads h LEFT JOIN ends e ON e.chain = h.chain WHERE coalesce(e.n, 0) < h.n
    UNION ALL
    SELECT e.chain, e.n, 'forged', '', format('the head knows %%s rows only', coalesce(h.n, 0))
      FROM ends e LEFT JOIN heads h ON e.chain = h.chain WHERE e.n > coalesce(h.n, 0)
    UNION ALL
    SELECT h.chain, h.n, 'head', '', 'the head does not fit the last row'
      FROM heads h JOIN ends e ON e.chain = h.chain AND e.n = h.n WHERE e.hash <> h.hash
    UNION ALL
    SELECT a.chain, a.n, CASE WHEN t.n IS NULL THEN 'removed' ELSE 'rewritten' END, coalesce(t.subject, ''),
      format(CASE WHEN t.n IS NULL THEN 'anchor %%s saw it, and it is gone' ELSE 'anchor %%s saw another row here' END, a.anchor_id)
      FROM (SELECT * FROM audit_anchor_heads%s) a LEFT JOIN told t ON t.chain = a.chain AND t.n = a.n
      WHERE t.n IS NULL OR t.hash <> a.hash
    ORDER BY 1, 2, 3$q$, source, one, heads, one,
    format(' WHERE log = %L', p_log) || CASE WHEN p_chain IS NULL THEN '' ELSE format(' AND chain = %L', p_chain) END);
END $$;

-- The check of one chain for whoever may read it: one of its rows must lie under the caller's post. The first row counts.
CREATE FUNCTION audit_check(p_log text, p_chain text)
RETURNS TABLE (rows bigint, n bigint, kind text, subject text, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
  scope text := NULLIF(current_setting('app.scope', true), '');
  held bigint;
  seen boolean;
BEGIN
  IF p_log = 'audit' THEN
    SELECT count(*), bool_or(r.tenant >= scope AND r.tenant < scope || '~') INTO held, seen FROM audit_log r
      WHERE r.chain = p_chain::uuid;
  ELSE
    SELECT count(*), bool_or(r.tenant >= scope AND r.tenant < scope || '~') INTO held, seen FROM events r
      WHERE r.chain = p_chain;
  END IF;
  IF seen IS NOT TRUE THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT held, NULL::bigint, NULL, NULL, NULL;
  RETURN QUERY SELECT held, f.n, f.kind, f.subject, f.detail FROM audit_faults(p_log, p_chain) f;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_anchor() TO linggong_app;
GRANT EXECUTE ON FUNCTION audit_check(text, text) TO linggong_app;
