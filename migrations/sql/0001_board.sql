-- The city board is a projection of published orders with public columns only (R006). This trigger is its one writer, so no
-- cross-tenant read needs a bypass and no line can differ from its order. It also writes the public history (R048).
CREATE OR REPLACE FUNCTION board_sync() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF NEW.published_at IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO board_posts AS b (order_id, tenant, state, listed, trace_code, title, trade_code, headcount, places_left, place,
      latitude, longitude, work_date, starts_at, ends_at, pay_fen, pay_unit, piece_name, hourly_fen, settlement, pay_channel, job_form,
      benefits, conditions, min_age, max_age, employer_id, employer_name, employer_level, description, published_at,
      refreshed_at, search)
    VALUES (NEW.id, NEW.tenant, NEW.state, NEW.state IN ('O_OPEN', 'O_LOCKED') AND NEW.confirmed < NEW.headcount AND NEW.hiring,
      NEW.trace_code, NEW.title, NEW.trade_code, NEW.headcount, NEW.headcount - NEW.confirmed, NEW.place,
      NEW.latitude, NEW.longitude, NEW.work_date, NEW.starts_at, NEW.ends_at, NEW.pay_fen, NEW.pay_unit, NEW.piece_name, NEW.hourly_fen,
      NEW.settlement, NEW.pay_channel, NEW.job_form, NEW.benefits, NEW.conditions, NEW.min_age, NEW.max_age,
      NEW.employer_id, NEW.employer_name, NEW.employer_level, NEW.description, NEW.published_at,
      coalesce(NEW.refreshed_at, NEW.published_at),
      array_to_tsvector(array_remove(string_to_array(NEW.search_tokens, ' '), '')))
    ON CONFLICT (order_id) DO UPDATE SET
      tenant = excluded.tenant, state = excluded.state, listed = excluded.listed, title = excluded.title,
      trade_code = excluded.trade_code, headcount = excluded.headcount, places_left = excluded.places_left,
      place = excluded.place, latitude = excluded.latitude, longitude = excluded.longitude, work_date = excluded.work_date,
      starts_at = excluded.starts_at, ends_at = excluded.ends_at, pay_fen = excluded.pay_fen, pay_unit = excluded.pay_unit,
      hourly_fen = excluded.hourly_fen, settlement = excluded.settlement, pay_channel = excluded.pay_channel,
      job_form = excluded.job_form, benefits = excluded.benefits, conditions = excluded.conditions,
      min_age = excluded.min_age, max_age = excluded.max_age, employer_name = excluded.employer_name,
      employer_level = excluded.employer_level, description = excluded.description, refreshed_at = excluded.refreshed_at,
      search = CASE WHEN b.search IS DISTINCT FROM excluded.search THEN excluded.search ELSE b.search END;
  IF TG_OP = 'INSERT' OR OLD.state IS DISTINCT FROM NEW.state OR OLD.published_at IS NULL THEN
    INSERT INTO trace_entries (order_id, at, state, what)
      VALUES (NEW.id, coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, clock_timestamp()), NEW.state, NEW.end_reason);
  ELSIF OLD.refreshed_at IS DISTINCT FROM NEW.refreshed_at THEN
    INSERT INTO trace_entries (order_id, at, state, what) VALUES (NEW.id, NEW.refreshed_at, NEW.state, 'refreshed');
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER board_sync AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION board_sync();
