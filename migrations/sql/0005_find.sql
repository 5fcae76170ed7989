-- Finding: posts that say the same thing carry one key, decided when a post is written, so that a page needs no comparison.
-- The key is of the employer, trade, pay, settlement, hours and the letters of the title; numbers, marks and the names of the
-- post's own places are left out. A long text that another open post has letter by letter takes over that post's key.
CREATE OR REPLACE FUNCTION post_letters(words text, places text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
DECLARE
  said text := lower(normalize(words, NFKC) COLLATE "C");
  one text;
BEGIN
  FOREACH one IN ARRAY places LOOP
    IF length(one) >= 2 THEN
      said := replace(said, lower(normalize(one, NFKC) COLLATE "C"), '');
    END IF;
  END LOOP;
  RETURN regexp_replace(said COLLATE "C", '[^a-z\u3400-\u9fff]|[零〇一二两三四五六七八九十百千万]', '', 'g');
END $$;
REVOKE EXECUTE ON FUNCTION post_letters(text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION post_group(o orders, OUT group_key bigint, OUT text_key bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  places text[];
  same text := concat_ws('|', o.trade_code, o.pay_fen, o.pay_unit, o.piece_name, o.settlement,
    extract(epoch FROM o.starts_at), extract(epoch FROM o.ends_at));
  letters text;
BEGIN
  SELECT array_agg(named ORDER BY length(named) DESC, named) INTO places FROM (
    SELECT o.place AS named
    UNION SELECT unnest(ARRAY[n.name, n.short_name, regexp_replace(n.short_name, '(街道|乡|镇|县|区|市)$', '')]) FROM nodes n
      WHERE n.path = ANY (ARRAY(SELECT left(o.tenant, i) FROM generate_series(2, length(o.tenant)) i
        WHERE substr(o.tenant, i, 1) = '/'))) p WHERE named IS NOT NULL;
  letters := post_letters(o.title, places);
  group_key := ('x' || left(md5(concat_ws('|', o.employer_id, same, letters)), 16))::bit(64)::bigint;
  letters := letters || post_letters(o.description, places);
  IF length(letters) >= 24 THEN
    text_key := ('x' || left(md5(concat_ws('|', same, letters)), 16))::bit(64)::bigint;
    group_key := coalesce((SELECT b.group_key FROM board_posts b WHERE b.text_key = post_group.text_key AND b.listed
      AND b.order_id <> o.id ORDER BY b.published_at, b.order_id LIMIT 1), group_key);
  END IF;
END $$;
REVOKE EXECUTE ON FUNCTION post_group(orders) FROM PUBLIC;

ALTER TABLE board_posts ADD COLUMN group_key BIGINT;
ALTER TABLE board_posts ADD COLUMN text_key BIGINT;
DO $$
DECLARE
  one orders;
BEGIN
  FOR one IN SELECT o.* FROM orders o JOIN board_posts b ON b.order_id = o.id ORDER BY o.published_at, o.id LOOP
    UPDATE board_posts b SET group_key = g.group_key, text_key = g.text_key FROM post_group(one) g WHERE b.order_id = one.id;
  END LOOP;
END $$;
ALTER TABLE board_posts ALTER COLUMN group_key SET NOT NULL;
CREATE INDEX ix_board_group ON board_posts (group_key, published_at, order_id) WHERE listed;
CREATE INDEX ix_board_text ON board_posts (text_key) WHERE listed AND text_key IS NOT NULL;

ALTER TABLE saved_searches ADD COLUMN job_form TEXT NOT NULL DEFAULT '';
ALTER TABLE saved_searches ALTER COLUMN job_form DROP DEFAULT;
ALTER TABLE saved_searches ADD CONSTRAINT ck_saved_searches_job_form CHECK (job_form IN ('', 'part_time', 'temporary', 'phased'));
ALTER TABLE saved_searches ADD COLUMN benefits JSONB NOT NULL DEFAULT '[]';
ALTER TABLE saved_searches ALTER COLUMN benefits DROP DEFAULT;

CREATE OR REPLACE FUNCTION board_sync() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  near record;
  grouped record;
BEGIN
  IF NEW.published_at IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT NEW.latitude, NEW.longitude INTO near;
  IF NEW.latitude IS NULL THEN
    SELECT latitude, longitude INTO near FROM point_near(NEW.tenant);
  END IF;
  SELECT b.group_key, b.text_key INTO grouped FROM board_posts b WHERE b.order_id = NEW.id;
  IF NOT FOUND OR TG_OP = 'INSERT' OR (OLD.title, OLD.description, OLD.place, OLD.tenant, OLD.employer_id, OLD.trade_code, OLD.pay_fen, OLD.pay_unit,
      OLD.piece_name, OLD.settlement, OLD.starts_at, OLD.ends_at) IS DISTINCT FROM (NEW.title, NEW.description, NEW.place, NEW.tenant, NEW.employer_id,
      NEW.trade_code, NEW.pay_fen, NEW.pay_unit, NEW.piece_name, NEW.settlement, NEW.starts_at, NEW.ends_at) THEN
    SELECT * INTO grouped FROM post_group(NEW);
  END IF;
  INSERT INTO board_posts AS b (order_id, tenant, state, listed, trace_code, title, trade_code, headcount, places_left, place,
      latitude, longitude, near_latitude, near_longitude, work_date, starts_at, ends_at, pay_fen, pay_unit, piece_name, hourly_fen, settlement, pay_channel, job_form,
      benefits, conditions, min_age, max_age, employer_id, employer_name, employer_level, description, published_at,
      refreshed_at, search, group_key, text_key)
    VALUES (NEW.id, NEW.tenant, NEW.state, (NEW.state IN ('O_OPEN', 'O_LOCKED') OR NEW.state = 'O_ACTIVE' AND coalesce(NEW.crew_choice, '') IN ('split', 'ask_around'))
        AND NEW.confirmed < NEW.headcount AND NEW.hiring,
      NEW.trace_code, NEW.title, NEW.trade_code, NEW.headcount, NEW.headcount - NEW.confirmed, NEW.place,
      NEW.latitude, NEW.longitude, near.latitude, near.longitude, NEW.work_date, NEW.starts_at, NEW.ends_at, NEW.pay_fen, NEW.pay_unit, NEW.piece_name, NEW.hourly_fen,
      NEW.settlement, NEW.pay_channel, NEW.job_form, NEW.benefits, NEW.conditions, NEW.min_age, NEW.max_age,
      NEW.employer_id, NEW.employer_name, NEW.employer_level, NEW.description, NEW.published_at,
      coalesce(NEW.refreshed_at, NEW.published_at),
      array_to_tsvector(array_remove(string_to_array(NEW.search_tokens, ' '), '')), grouped.group_key, grouped.text_key)
    ON CONFLICT (order_id) DO UPDATE SET
      tenant = excluded.tenant, state = excluded.state, listed = excluded.listed, title = excluded.title,
      trade_code = excluded.trade_code, headcount = excluded.headcount, places_left = excluded.places_left,
      place = excluded.place, latitude = excluded.latitude, longitude = excluded.longitude,
      near_latitude = excluded.near_latitude, near_longitude = excluded.near_longitude, work_date = excluded.work_date,
      starts_at = excluded.starts_at, ends_at = excluded.ends_at, pay_fen = excluded.pay_fen, pay_unit = excluded.pay_unit,
      hourly_fen = excluded.hourly_fen, settlement = excluded.settlement, pay_channel = excluded.pay_channel,
      job_form = excluded.job_form, benefits = excluded.benefits, conditions = excluded.conditions,
      min_age = excluded.min_age, max_age = excluded.max_age, employer_name = excluded.employer_name,
      employer_level = excluded.employer_level, description = excluded.description, refreshed_at = excluded.refreshed_at,
      group_key = excluded.group_key, text_key = excluded.text_key,
      search = CASE WHEN b.search IS DISTINCT FROM excluded.search THEN excluded.search ELSE b.search END;
  IF TG_OP = 'INSERT' OR OLD.state IS DISTINCT FROM NEW.state OR OLD.published_at IS NULL THEN
    INSERT INTO trace_entries (order_id, at, state, what)
      VALUES (NEW.id, coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, clock_timestamp()), NEW.state, NEW.end_reason);
  ELSIF OLD.refreshed_at IS DISTINCT FROM NEW.refreshed_at THEN
    INSERT INTO trace_entries (order_id, at, state, what) VALUES (NEW.id, NEW.refreshed_at, NEW.state, 'refreshed');
  END IF;
  RETURN NULL;
END $$;
