-- Owner functions of the loop. A worker may not see or change an order's row, a clerk may apply for his worker at another
-- station's order: so places and derived states are kept by these few reviewed functions and by nothing else.

-- May the caller, as the transaction's settings say who he is, act on a two-sided row?
CREATE OR REPLACE FUNCTION acts_on(p_tenant text, p_via text, p_worker uuid, p_employer uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(
       (p_tenant COLLATE "C" >= NULLIF(current_setting('app.scope', true), '')
        AND p_tenant COLLATE "C" < NULLIF(current_setting('app.scope', true), '') || '~')
    OR (p_via COLLATE "C" >= NULLIF(current_setting('app.scope', true), '')
        AND p_via COLLATE "C" < NULLIF(current_setting('app.scope', true), '') || '~')
    OR p_worker = NULLIF(current_setting('app.actor', true), '')::uuid
    OR p_employer = NULLIF(current_setting('app.employer', true), '')::uuid, false)
$$;

-- One person per city: returns the person to whom the number belongs, which is p_person when it is new (R005).
CREATE OR REPLACE FUNCTION claim_identity(p_index bytea, p_person uuid, p_now timestamptz) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  found uuid;
BEGIN
  INSERT INTO identities (id_index, person_id, created_at) VALUES (p_index, p_person, p_now)
    ON CONFLICT (id_index) DO NOTHING;
  SELECT person_id INTO found FROM identities WHERE id_index = p_index;
  RETURN found;
END $$;

-- Transition 18: both sides agree; takes one of the order's places. True when a place was taken, false when none was left.
CREATE OR REPLACE FUNCTION take_place(p_engagement uuid, p_now timestamptz, p_late_minutes int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  e engagements%ROWTYPE;
BEGIN
  SELECT * INTO e FROM engagements WHERE id = p_engagement FOR NO KEY UPDATE;
  IF NOT FOUND OR NOT acts_on(e.tenant, e.via, e.worker_id, e.employer_id) OR e.state <> 'A_OFFERED'
     OR e.worker_confirmed_at IS NULL OR e.employer_confirmed_at IS NULL THEN
    RETURN false;
  END IF;
  UPDATE orders SET confirmed = confirmed + 1
    WHERE id = e.order_id AND confirmed < headcount AND state IN ('O_OPEN', 'O_LOCKED', 'O_ACTIVE')
      AND p_now <= starts_at + make_interval(mins => p_late_minutes);
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE engagements SET state = 'A_CONFIRMED', confirmed_at = p_now WHERE id = p_engagement;
  RETURN true;
END $$;

-- A confirmed engagement ends before work: gives the place back and ends its shifts that have not begun.
CREATE OR REPLACE FUNCTION release_place(p_engagement uuid, p_state text, p_reason text, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  e engagements%ROWTYPE;
BEGIN
  SELECT * INTO e FROM engagements WHERE id = p_engagement FOR NO KEY UPDATE;
  IF NOT FOUND OR NOT acts_on(e.tenant, e.via, e.worker_id, e.employer_id)
     OR e.state NOT IN ('A_CONFIRMED', 'A_CONTRACTED') THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT 1 FROM assignments WHERE engagement_id = p_engagement
             AND state NOT IN ('A_CONFIRMED', 'A_CONTRACTED') AND state NOT LIKE 'X\_%') THEN
    RETURN false;
  END IF;
  UPDATE assignments SET state = p_state, end_reason = p_reason
    WHERE engagement_id = p_engagement AND state IN ('A_CONFIRMED', 'A_CONTRACTED');
  UPDATE engagements SET state = p_state, end_reason = p_reason, ended_at = p_now WHERE id = p_engagement;
  UPDATE orders SET confirmed = confirmed - 1 WHERE id = e.order_id;
  RETURN true;
END $$;

-- Section 3 of the order's life, with ruling 6: the state that follows from confirmed places, shifts and bills.
-- Returns the state before and after; explicit states (draft, review, cancelled, suspended, ...) stay as they are.
CREATE OR REPLACE FUNCTION derive_order(p_order uuid, p_now timestamptz, p_lock_minutes int,
                                        OUT before text, OUT after text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  o orders%ROWTYPE;
  begun int; on_site int; ahead int; finished int; unsettled int; unbilled int;
BEGIN
  -- NO KEY: rows that reference the order hold a key share on it, and upgrading that to a full lock would deadlock.
  SELECT * INTO o FROM orders WHERE id = p_order FOR NO KEY UPDATE;
  before := o.state;
  after := o.state;
  IF o.state NOT IN ('O_OPEN', 'O_FULL', 'O_LOCKED', 'O_ACTIVE', 'O_DONE', 'O_SETTLING', 'O_CLOSED') THEN
    RETURN;
  END IF;
  SELECT count(*) FILTER (WHERE state IN ('A_ARRIVED', 'A_WORKING', 'A_PAUSED', 'A_FINISHED', 'A_ACCEPTED')),
         count(*) FILTER (WHERE state IN ('A_ARRIVED', 'A_WORKING', 'A_PAUSED')),
         count(*) FILTER (WHERE state IN ('A_CONFIRMED', 'A_CONTRACTED')),
         count(*) FILTER (WHERE state = 'A_FINISHED')
    INTO begun, on_site, ahead, finished FROM assignments WHERE order_id = p_order;
  IF begun = 0 THEN
    after := CASE WHEN p_now >= o.starts_at - make_interval(mins => p_lock_minutes) THEN 'O_LOCKED'
                  WHEN o.confirmed >= o.headcount THEN 'O_FULL' ELSE 'O_OPEN' END;
  ELSIF on_site > 0 OR ahead > 0 THEN
    after := 'O_ACTIVE';
  ELSIF finished > 0 THEN
    after := 'O_DONE';
  ELSE
    SELECT count(*) INTO unsettled FROM bills WHERE order_id = p_order AND state <> 'SETTLED';
    SELECT count(*) INTO unbilled FROM assignments a WHERE a.order_id = p_order AND a.state = 'A_ACCEPTED'
      AND NOT EXISTS (SELECT 1 FROM bills b WHERE b.assignment_id = a.id);
    after := CASE WHEN unsettled + unbilled > 0 THEN 'O_SETTLING' ELSE 'O_CLOSED' END;
  END IF;
  IF after <> before THEN
    UPDATE orders SET state = after, closed_at = CASE WHEN after = 'O_CLOSED' THEN p_now END WHERE id = p_order;
  END IF;
END $$;

-- The shifts of a published order, for a worker who may not see the order's own rows: dates and hours, nothing else.
CREATE OR REPLACE FUNCTION shifts_of(p_order uuid)
RETURNS TABLE (id uuid, work_date date, starts_at timestamptz, ends_at timestamptz, meal_minutes int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT s.id, s.work_date, s.starts_at, s.ends_at, s.meal_minutes FROM shifts s JOIN orders o ON o.id = s.order_id
  WHERE s.order_id = p_order AND o.published_at IS NOT NULL ORDER BY s.starts_at
$$;

-- The staff of the order's node may see the worker who takes part in it (a service link of kind order), also when a clerk
-- of another station entered him.
CREATE OR REPLACE FUNCTION link_worker(p_engagement uuid, p_id uuid, p_now timestamptz, p_until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  e engagements%ROWTYPE;
BEGIN
  SELECT * INTO e FROM engagements WHERE id = p_engagement;
  IF FOUND AND acts_on(e.tenant, e.via, e.worker_id, e.employer_id) THEN
    INSERT INTO service_links (id, subject_id, tenant, kind, started_at, ends_at)
      VALUES (p_id, e.worker_id, e.tenant, 'order', p_now, p_until)
      ON CONFLICT (subject_id, tenant, kind) DO UPDATE SET ends_at = greatest(service_links.ends_at, excluded.ends_at);
  END IF;
END $$;

-- R049: telephones open between two parties who have both confirmed, to the other side of that engagement only.
CREATE OR REPLACE FUNCTION order_contact(p_engagement uuid, OUT contact_name text, OUT phone_sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT o.contact_name, o.phone_sealed FROM engagements e JOIN orders o ON o.id = e.order_id
  WHERE e.id = p_engagement AND e.confirmed_at IS NOT NULL AND e.worker_id = NULLIF(current_setting('app.actor', true), '')::uuid
$$;

CREATE OR REPLACE FUNCTION worker_contact(p_engagement uuid, OUT id uuid, OUT kind text, OUT number_sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT c.id, c.kind, c.number_sealed FROM engagements e JOIN contacts c ON c.person_id = e.worker_id
  WHERE e.id = p_engagement AND e.confirmed_at IS NOT NULL AND c.ended_at IS NULL
    AND (e.employer_id = NULLIF(current_setting('app.employer', true), '')::uuid
         OR acts_on(e.tenant, e.via, NULL, NULL))
  ORDER BY (c.kind = 'mobile') DESC, c.created_at LIMIT 1
$$;
