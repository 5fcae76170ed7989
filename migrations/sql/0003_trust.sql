-- Whom one can trust: prints of posts, ratings, credit points, restrictions.
CREATE TABLE post_prints (
	order_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	employer_id UUID NOT NULL, 
	phone_index BYTEA NOT NULL, 
	sketch INTEGER[] NOT NULL, 
	bands INTEGER[] NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_post_prints PRIMARY KEY (order_id), 
	CONSTRAINT fk_post_prints_tenant_order_id FOREIGN KEY(tenant, order_id) REFERENCES orders (tenant, id) ON UPDATE CASCADE, 
	CONSTRAINT fk_post_prints_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id)
);
CREATE INDEX ix_post_prints_bands ON post_prints USING gin (bands);
CREATE INDEX ix_post_prints_employer_id_made_at ON post_prints (employer_id, made_at);
CREATE INDEX ix_post_prints_phone_index_made_at ON post_prints (phone_index, made_at);
CREATE INDEX ix_post_prints_tenant_order_id ON post_prints (tenant, order_id);
ALTER TABLE post_prints ENABLE ROW LEVEL SECURITY;
ALTER TABLE post_prints FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON post_prints FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT ON post_prints TO linggong_app;

-- Keeps a post's print and tells how many other employers use its telephone, and how many posted the same text before this
-- employer did. The caller must act on the order; he learns numbers, and the code of a look-alike that the board shows anyway.
CREATE OR REPLACE FUNCTION post_kin(p_order uuid, p_phone bytea, p_sketch int[], p_bands int[], p_since timestamptz,
    p_alike int, OUT phone_employers int, OUT echo int, OUT echo_of text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  o orders%ROWTYPE;
  made timestamptz := coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, clock_timestamp());
  first_own timestamptz;
BEGIN
  phone_employers := 0;
  echo := 0;
  SELECT * INTO o FROM orders WHERE id = p_order;
  IF NOT FOUND OR NOT acts_on(o.tenant, NULL, NULL, o.employer_id) THEN
    RETURN;
  END IF;
  INSERT INTO post_prints (order_id, tenant, employer_id, phone_index, sketch, bands, made_at)
    VALUES (o.id, o.tenant, o.employer_id, p_phone, p_sketch, p_bands, made)
    ON CONFLICT (order_id) DO UPDATE SET phone_index = excluded.phone_index, sketch = excluded.sketch, bands = excluded.bands;
  SELECT count(DISTINCT employer_id) INTO phone_employers FROM post_prints
    WHERE phone_index = p_phone AND made_at >= p_since AND employer_id <> o.employer_id;
  IF cardinality(p_bands) = 0 THEN
    RETURN;
  END IF;
  WITH alike AS (
    SELECT p.employer_id, p.made_at, b.trace_code FROM post_prints p LEFT JOIN board_posts b ON b.order_id = p.order_id
      WHERE p.bands && p_bands AND p.made_at >= p_since AND cardinality(p.sketch) = cardinality(p_sketch)
        AND (SELECT count(*) FROM unnest(p.sketch, p_sketch) AS s(one, other) WHERE s.one = s.other) >= p_alike
  ), own AS (SELECT min(made_at) AS at FROM alike WHERE employer_id = o.employer_id)
  SELECT count(DISTINCT a.employer_id), max(a.trace_code) INTO echo, echo_of FROM alike a, own
    WHERE a.employer_id <> o.employer_id AND a.made_at < own.at;
END $$;
REVOKE ALL ON FUNCTION post_kin(uuid, bytea, int[], int[], timestamptz, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION post_kin(uuid, bytea, int[], int[], timestamptz, int) TO linggong_app;
