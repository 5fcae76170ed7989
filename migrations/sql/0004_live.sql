-- What a transaction told is said to the processes that serve live pages, ids only, when it commits: in the call that appends
-- it, so that it costs no round trip. More than a payload holds: everybody fetches again.
CREATE OR REPLACE FUNCTION close_transaction(events jsonb) RETURNS TABLE (id bigint, personal text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
  IF events IS NOT NULL THEN
    PERFORM append_events(events);
    PERFORM pg_notify('live', CASE WHEN jsonb_array_length(events) > 20 THEN '[]' ELSE (
      SELECT jsonb_agg(jsonb_build_array(e->'type', e->'tenant', e->'via', e->'person_id', e->'employer_id'))::text
      FROM jsonb_array_elements(events) e) END);
  END IF;
  IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
    RETURN QUERY SELECT p.id, p.personal FROM audit_pending p
      WHERE p.xid = pg_current_xact_id()::text::bigint AND p.personal IS NOT NULL;
  END IF;
END $$;
