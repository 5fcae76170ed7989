-- What a transaction told is said to the processes that serve live pages, ids only and each once, when it commits: in the call
-- that appends it, so that it costs no round trip. More than a payload holds: everybody fetches again.
CREATE OR REPLACE FUNCTION close_transaction(events jsonb) RETURNS TABLE (id bigint, personal text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
  IF events IS NOT NULL THEN
    PERFORM append_events(events);
    PERFORM pg_notify('live', (
      SELECT CASE WHEN octet_length(told) < 7900 THEN told ELSE '{}' END FROM (
        SELECT jsonb_strip_nulls(jsonb_build_object(
          't', jsonb_agg(DISTINCT split_part(e->>'type', '.', 1)),
          'n', jsonb_agg(DISTINCT n.path) FILTER (WHERE n.path IS NOT NULL),
          'p', jsonb_agg(DISTINCT e->>'person_id') FILTER (WHERE e->>'person_id' IS NOT NULL),
          'e', jsonb_agg(DISTINCT e->>'employer_id') FILTER (WHERE e->>'employer_id' IS NOT NULL)))::text AS told
        FROM jsonb_array_elements(events) e
        CROSS JOIN LATERAL (VALUES (e->>'tenant'), (e->>'via')) AS n (path)) x));
  END IF;
  IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
    RETURN QUERY SELECT p.id, p.personal FROM audit_pending p
      WHERE p.xid = pg_current_xact_id()::text::bigint AND p.personal IS NOT NULL;
  END IF;
END $$;
