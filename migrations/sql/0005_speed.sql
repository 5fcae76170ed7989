-- What a unit of work did to timers: those that ended, then those that start, in the order in which they are given. It runs as
-- the writer, whose rows alone row security lets it touch.
CREATE FUNCTION keep_timers(
  p_now timestamptz, ended uuid[], ended_keys text[], ids uuid[], subjects uuid[], regions text[], keys text[], dues timestamptz[],
  tenants text[], vias text[], persons uuid[], employers uuid[], deputies uuid[], moving boolean[]
) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF ended <> '{}' THEN
    UPDATE timers t SET state = 'cancelled', ended_at = p_now WHERE t.state = 'live' AND t.subject_id = ANY (ended) AND EXISTS (
      SELECT FROM unnest(ended, ended_keys) e (subject_id, key)
      WHERE e.subject_id = t.subject_id AND (e.key IS NULL OR e.key = t.key));
  END IF;
  IF true = ANY (moving) THEN
    INSERT INTO timers (id, subject_id, region, key, due_at, tenant, via, person_id, employer_id, deputy_id, state, created_at)
      SELECT n.id, n.subject_id, n.region, n.key, n.due_at, n.tenant, n.via, n.person_id, n.employer_id, n.deputy_id, 'live', p_now
      FROM unnest(ids, subjects, regions, keys, dues, tenants, vias, persons, employers, deputies, moving)
        n (id, subject_id, region, key, due_at, tenant, via, person_id, employer_id, deputy_id, moves) WHERE n.moves
      ON CONFLICT (subject_id, region, key) WHERE state = 'live' DO UPDATE SET due_at = excluded.due_at;
  END IF;
  IF false = ANY (moving) THEN
    INSERT INTO timers (id, subject_id, region, key, due_at, tenant, via, person_id, employer_id, deputy_id, state, created_at)
      SELECT n.id, n.subject_id, n.region, n.key, n.due_at, n.tenant, n.via, n.person_id, n.employer_id, n.deputy_id, 'live', p_now
      FROM unnest(ids, subjects, regions, keys, dues, tenants, vias, persons, employers, deputies, moving)
        n (id, subject_id, region, key, due_at, tenant, via, person_id, employer_id, deputy_id, moves) WHERE NOT n.moves
      ON CONFLICT (subject_id, region, key) WHERE state = 'live' DO NOTHING;
  END IF;
END $$;
-- The end of a unit of work in one round trip: its timers, then its events, and back the personal values that wait for their seal.
CREATE FUNCTION end_transaction(
  p_now timestamptz, ended uuid[], ended_keys text[], ids uuid[], subjects uuid[], regions text[], keys text[], dues timestamptz[],
  tenants text[], vias text[], persons uuid[], employers uuid[], deputies uuid[], moving boolean[], events jsonb
) RETURNS TABLE (id bigint, personal text)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM keep_timers(p_now, ended, ended_keys, ids, subjects, regions, keys, dues, tenants, vias, persons, employers, deputies,
                      moving);
  RETURN QUERY SELECT c.id, c.personal FROM close_transaction(events) c;
END $$;
REVOKE EXECUTE ON FUNCTION keep_timers, end_transaction FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_timers, end_transaction TO linggong_app;
