-- What a dawn asks most, in one round trip each and without a transaction of its own.

-- The place that runs the deployment stands at the top of the tree; without this each question sorted the whole tree.
CREATE INDEX ix_nodes_depth ON nodes ((length(path) - length(replace(path, '/', ''))), path);

-- Count a try of a secret from one address (or by one person) in the table of all processes; returns how many it is in its window.
CREATE FUNCTION count_try(p_key bytea, p_ends_at timestamptz)
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  INSERT INTO address_tries AS t (key, tries, ends_at) VALUES (p_key, 1, p_ends_at)
  ON CONFLICT (key) DO UPDATE SET tries = t.tries + 1
  RETURNING t.tries
$$;
REVOKE EXECUTE ON FUNCTION count_try(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_try(bytea, timestamptz) TO linggong_app;

-- The screen behind the hash of its secret address, which nobody guesses.
CREATE FUNCTION screen_of(p_token_hash bytea, p_kind text)
RETURNS TABLE (id uuid, kind text, tenant text, node_id uuid, station text, phone text, opening_hours text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT s.id, s.kind, s.tenant, n.id, n.name, n.phone, n.opening_hours
  FROM screens s JOIN nodes n ON n.path = s.tenant
  WHERE s.token_hash = p_token_hash AND s.kind = p_kind AND s.ended_at IS NULL
$$;
REVOKE EXECUTE ON FUNCTION screen_of(bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION screen_of(bytea, text) TO linggong_app;
